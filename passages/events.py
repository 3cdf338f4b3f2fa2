"""What the site's log is told of passages: each line is one event of the gate's barrier. It carries the token of the vehicle,
never its plate."""

from collections.abc import Mapping

import msgspec

from assets.instants import microseconds
from assets.log import Event
from journal.events import EventFollower
from journal.followers import Follower
from journal.models import JournalEntry

NAME = "passages.events"
KEPT = ("passage", "gate", "vehicle", "verdict", "direction", "recommended", "against", "automatic", "area", "outcome", "read")


def of_site(site: int) -> list[Follower]:
    return [PassageEvents(site, NAME)]


class PassageEvents(EventFollower):
    kinds = ("passage.",)

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        details = msgspec.json.decode(line.details)
        asset = next((id_ for id_ in line.ids("asset") if id_ in codes), None)
        at = microseconds(line.at)
        attributes = {name: details[name] for name in KEPT if name in details}
        name = line.kind.replace(".", "_")
        return [Event(codes[asset] if asset else "passage", at, max(received, at), name, asset, attributes)]
