"""What the site's log is told of sirens: that one is not reached, and that it is again or nobody wants it any more."""

from collections.abc import Mapping

import msgspec

from assets.instants import microseconds
from assets.log import Event
from journal.events import EventFollower
from journal.followers import Follower
from journal.models import JournalEntry

NAME = "response.siren.events"


def of_site(site: int) -> list[Follower]:
    return [SirenEvents(site, NAME)]


class SirenEvents(EventFollower):
    kinds = ("siren.",)

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        details = msgspec.json.decode(line.details)
        kind = {"siren.unreachable": "siren_unreachable"}.get(line.kind)
        if details.get("recovered"):
            kind = "siren_reached"
        at = microseconds(line.at)
        return [] if kind is None else [Event("siren", at, max(received, at), kind, None, {"siren": details["siren"]})]
