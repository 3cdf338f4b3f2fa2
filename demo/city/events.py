"""The discrete things the city's supervisors report: plates read at gates, calls, forced doors, motion."""

import heapq
from collections.abc import Iterator
from itertools import count

import numpy as np

from demo.chance import stream
from demo.city.moment import moment
from demo.city.pulls import iso
from demo.city.senders import Item
from demo.city.world import World

_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"


class Events:
    """Draws what happens between two instants, more by day than by night."""

    def __init__(self, world: World, seed: int) -> None:
        self._chance = stream(seed, "events")
        of: dict[str, list[str]] = {}
        for code, asset in world.assets.items():
            of.setdefault(asset.kind, []).append(code)
        self._of = of
        self._world = world
        self._numbers = count()
        self._planned: list[tuple[float, int, str, Item]] = []
        self._plates = [_plate(self._chance) for _ in range(900)]

    def between(self, start: float, end: float) -> Iterator[tuple[str, Item]]:
        """Feed and event, in no order finer than the interval. Rates per second at noon: 0.5 plates, 0.05 calls, 0.3 motions."""
        now = moment(end)
        busy = 0.08 + now.rush
        span = end - start
        for _ in range(self._chance.poisson(0.5 * busy * span)):
            reader = self._pick("anpr_camera")
            attributes = {
                "plate": str(self._chance.choice(self._plates)), "country": "FR",
                "confidence": round(float(self._chance.uniform(0.82, 0.99)), 2),
                "gate": str(self._world.assets[reader].attributes.get("gate", "")),
                "direction": "in" if self._chance.random() < 0.6 else "out",
            }  # fmt: skip
            yield "video", self._event(reader, start, end, "plate_read", attributes)
        for _ in range(self._chance.poisson(0.3 * (0.3 + now.activity) * span)):
            count = int(self._chance.integers(1, 14))
            yield "video", self._event(self._pick("camera"), start, end, "motion", {"objects": count})
        for _ in range(self._chance.poisson(0.01 * (0.2 + now.activity) * span)):
            code = self._pick("intercom")
            yield "access", self._event(code, start, end, "call_button", {"language": "fr"})
            self.plan(end + float(self._chance.uniform(5, 45)), "access", code, "call_answered", {})
        for _ in range(self._chance.poisson(0.4 * (0.05 + now.activity) * span)):
            badge = f"B{int(self._chance.integers(10_000, 13_000))}"
            yield (
                "access",
                self._event(
                    self._pick("door"), start, end, "badge_read", {"badge": badge, "granted": bool(self._chance.random() < 0.985)}
                ),
            )

    def plan(self, at: float, feed: str, code: str, kind: str, attributes: dict[str, object]) -> None:
        """Let one given event happen at its time."""
        item: Item = {"address": code, "at": iso(at), "kind": kind, "attributes": attributes}
        heapq.heappush(self._planned, (at, next(self._numbers), feed, item))

    def due(self, now: float) -> Iterator[tuple[str, Item]]:
        """Feed and event of what was planned until now."""
        while self._planned and self._planned[0][0] <= now:
            _, _, feed, item = heapq.heappop(self._planned)
            yield feed, item

    def _pick(self, kind: str) -> str:
        codes = self._of[kind]
        return codes[int(self._chance.integers(len(codes)))]

    def _event(self, code: str, start: float, end: float, kind: str, attributes: dict[str, object]) -> Item:
        at = float(self._chance.uniform(start, end))
        return {"address": code, "at": iso(at), "kind": kind, "attributes": attributes}


def _plate(chance: np.random.Generator) -> str:
    letters = "".join(_LETTERS[int(index)] for index in chance.integers(len(_LETTERS), size=4))
    return f"{letters[:2]}-{int(chance.integers(1, 1000)):03d}-{letters[2:]}"
