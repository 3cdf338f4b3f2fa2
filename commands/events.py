"""What the site's log is told of commands, overrides and scenarios: each line is an event of its own."""

from collections.abc import Mapping

import msgspec

from assets.instants import microseconds
from assets.log import Event
from journal.events import EventFollower
from journal.followers import Follower
from journal.models import JournalEntry

NAME = "commands.events"
CONFIRMED = {"command_confirmed_late": "command_confirmed"}
"""Rules wait for the confirmation, late or not."""
KEPT = ("command", "override", "scenario_run", "scenario", "type", "kind", "reason", "origin", "cause", "dangerous")
"""What of a line's details an event carries: the parameters may be a text of any length."""


def of_site(site: int) -> list[Follower]:
    return [CommandEvents(site, NAME)]


class CommandEvents(EventFollower):
    kinds = ("command.", "override.", "scenario.")

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        """Its own state, and those it passed through at once."""
        details = msgspec.json.decode(line.details)
        asset = next(iter(line.ids("asset")), None)
        asset = asset if asset in codes else None
        attributes = {name: details[name] for name in KEPT if name in details} | {"actor_kind": line.actor_kind}
        noun, _, what = line.kind.partition(".")
        names = [f"{noun}_{each}" for each in (*details.get("passed", ()), what)]
        at = microseconds(line.at)
        return [
            Event(
                codes.get(asset, noun) if asset else noun, at, max(received, at), CONFIRMED.get(name, name), asset,
                attributes | ({"late": True} if name in CONFIRMED else {}),
            )
            for name in names
        ]  # fmt: skip
