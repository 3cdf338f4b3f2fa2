"""What the site's log is told of work orders: each step is an event of the asset, and so is being late, and late no longer."""

from collections.abc import Mapping

import msgspec

from assets.instants import microseconds
from assets.log import Event
from journal.events import EventFollower
from journal.followers import Follower
from journal.models import JournalEntry

NAME = "response.orders.events"
KEPT = ("number", "priority", "contractor", "step")
"""What of a line's details an event carries: words that people wrote may be of any length."""


def of_site(site: int) -> list[Follower]:
    return [OrderEvents(site, NAME)]


class OrderEvents(EventFollower):
    kinds = ("work_order.",)

    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        """Its own step; and where it was late, that no order of its asset is late any longer."""
        details = msgspec.json.decode(line.details)
        asset = next(iter(line.ids("asset")), None)
        asset = asset if asset in codes else None
        told = {name: details[name] for name in KEPT if name in details} | {
            "work_order": next(iter(line.ids("work_order")), 0), "of": "site" if asset is None else "asset",
        }  # fmt: skip
        address = codes[asset] if asset is not None else "work_order"
        names = [line.kind.replace(".", "_", 1)] + ["work_order_caught_up"] * bool(details.get("caught_up"))
        at = microseconds(line.at)
        return [Event(address, at, max(received, at), name, asset, told) for name in names]
