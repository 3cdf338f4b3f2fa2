"""What the site's log is told of duty: hand-overs given and ended, positions vacant and covered, critical alarms that wait."""

from collections.abc import Mapping

import msgspec

from assets.instants import microseconds
from assets.log import Event
from journal.events import EventFollower
from journal.followers import Follower
from journal.models import JournalEntry

NAME = "duty.events"
KINDS = {
    "handover.given": "handover_given",
    "handover.accepted": "handover_closed",
    "handover.withdrawn": "handover_closed",
    "position.vacant": "position_vacant",
    "position.covered": "position_covered",
    "attention.overdue": "attention_overdue",
    "attention.restored": "attention_restored",
}
"""Kind of the line → kind of the event."""


def of_site(site: int) -> list[Follower]:
    return [DutyEvents(site, NAME)]


class DutyEvents(EventFollower):
    kinds = ("handover.", "position.", "attention.")

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        """One of each line that is told. None is about an asset: rules meet them by `position`, or by site."""
        kind = KINDS.get(line.kind)
        if kind is None:
            return []
        details = msgspec.json.decode(line.details)
        attributes = {"position": details["position"]} if "position" in details else {"watch": "critical"}
        at = microseconds(line.at)
        return [Event("duty", at, max(received, at), kind, None, attributes)]
