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
    {
        "escalation.nobody", "escalation.exhausted", "escalation.step", "message.failed", "message.undelivered", "message.sent",
        "notification.unreachable", "notification.reachable",
    }
)  # fmt: skip
"""What reached nobody or would reach nobody, and what says that it goes on."""
CHECK = {"notification.unreachable": "reach", "notification.reachable": "reach"}
"""What rules meet the hourly look at all steps by: it is of no policy and of no means."""


def of_site(site: int) -> list[Follower]:
    return [NotificationEvents(site, NAME)]


class NotificationEvents(EventFollower):
    kinds = ("escalation.", "message.", "notification.")

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        """One of each line that is told, about no asset: rules meet them by `policy`, by `means` or by `check`. The reason stays
        out, it may name an address."""
        if line.kind not in TOLD:
            return []
        details = msgspec.json.decode(line.details)
        at = microseconds(line.at)
        attributes = {name: details[name] for name in KEPT if name in details}
        if line.kind in CHECK:
            attributes["check"] = CHECK[line.kind]
        return [Event("notification", at, max(received, at), line.kind.replace(".", "_"), None, attributes)]
