"""What the site's log is told of messages between rooms: each step, and of a question that is late that it is so no longer."""

from collections.abc import Mapping

import msgspec

from assets.instants import microseconds
from assets.log import Event
from journal.events import EventFollower
from journal.followers import Follower
from journal.models import JournalEntry

NAME = "response.entities.events"
KEPT = ("number", "entity", "entities", "kind", "late")
"""What of a line's details an event carries: what people wrote stays in the house."""


def of_site(site: int) -> list[Follower]:
    return [EntityEvents(site, NAME)]


class EntityEvents(EventFollower):
    kinds = ("entity_message.",)

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        """Its own step; and where it was late, that it is so no longer. None is about an asset: rules meet them by `number`."""
        details = msgspec.json.decode(line.details)
        told = {name: details[name] for name in KEPT if name in details}
        names = [line.kind.replace(".", "_", 1)] + ["entity_message_settled"] * bool(details.get("settled"))
        at = microseconds(line.at)
        return [Event("entity_message", at, max(received, at), name, None, told) for name in names]
