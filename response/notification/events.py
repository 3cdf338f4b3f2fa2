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
TOLD = frozenset(
    {"escalation.nobody", "escalation.exhausted", "escalation.step", "message.failed", "message.undelivered", "message.sent"}
)
"""What reached nobody, and what says that it goes on."""


def of_site(site: int) -> list[Follower]:
    return [NotificationEvents(site, NAME)]


class NotificationEvents(EventFollower):
    kinds = ("escalation.", "message.")

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        """One of each line that is told, about no asset: rules meet them by `policy` or by `means`. The reason stays out, it may
        name an address."""
        if line.kind not in TOLD:
            return []
        details = msgspec.json.decode(line.details)
        at = microseconds(line.at)
        attributes = {name: details[name] for name in KEPT if name in details}
        return [Event("notification", at, max(received, at), line.kind.replace(".", "_"), None, attributes)]
