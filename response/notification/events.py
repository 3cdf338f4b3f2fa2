"""What the site's log is told of notification: what reached nobody. Rules judge it like anything else that happens."""

from collections.abc import Mapping

import msgspec

from assets.instants import microseconds
from assets.log import Event
from journal.events import EventFollower
from journal.followers import Follower
from journal.models import JournalEntry

NAME = "notification.events"
KEPT = ("alarm", "policy", "step", "means", "kind")
TOLD = frozenset({"escalation.nobody", "escalation.exhausted", "message.failed", "message.undelivered"})


def of_site(site: int) -> list[Follower]:
    return [NotificationEvents(site, NAME)]


class NotificationEvents(EventFollower):
    kinds = ("escalation.", "message.")

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        """One of the asset of the alarm, where it has one; without the reason, which may name an address."""
        if line.kind not in TOLD:
            return []
        details = msgspec.json.decode(line.details)
        asset = next((id_ for id_ in line.ids("asset") if id_ in codes), None)
        at = microseconds(line.at)
        attributes = {name: details[name] for name in KEPT if name in details}
        name = line.kind.replace(".", "_")
        return [Event(codes[asset] if asset else "notification", at, max(received, at), name, asset, attributes)]
