"""Counts within metres: who counts is looked up around a centre, the asset whose fact made enough of them.

While an alarm stands, its centre stays where it is, and what begins within the distance of it joins it instead of raising
another. Distances are those of a plane laid on the site at its mean latitude: wrong by less than a thousandth over a city.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from alarms.engine.count import Counts, Crowd, GroupMember
from alarms.engine.facts import BEGAN, MOMENT, Fact
from alarms.engine.gathering import SITE, Key
from alarms.engine.layout import ScopedRule
from alarms.engine.spec import Count
from alarms.engine.transitions import Active
from assets.register import NONE, AssetRow, Register

METRES_PER_DEGREE = 111_320.0


class Clusters(Counts):
    """One count rule by distance. All members are in one group; each alarm is a zone around its centre."""

    def __init__(self, register: Register, rule: ScopedRule[Count]) -> None:
        super().__init__(register, rule)
        self.subject_kind = "asset"
        mean = np.radians(register.lat.mean()) if len(register.lat) else 0.0
        self._x: list[float] = (register.lon * METRES_PER_DEGREE * np.cos(mean)).tolist()
        self._y: list[float] = (register.lat * METRES_PER_DEGREE).tolist()
        self._cells: dict[tuple[int, int], dict[str, GroupMember]] = {}
        self._zones: dict[AssetRow, Crowd] = {}

    def subject(self, key: Key) -> int | str:
        assert isinstance(key, int)
        return int(self.register.asset_id[key])

    def key_of(self, subject: int | str) -> AssetRow | None:
        row = NONE if isinstance(subject, str) else self.register.asset_row(subject)
        return None if row == NONE else AssetRow(row)

    def keys(self, fact: Fact) -> tuple[Key, ...]:
        return () if fact.asset == NONE else (SITE,)

    def idle(self, group: Crowd) -> bool:
        return not group.members and not self._zones

    def join(self, group: Crowd, name: str, asset: AssetRow) -> GroupMember:
        member = super().join(group, name, asset)
        self._cells.setdefault(self._cell(asset), {})[name] = member
        return member

    def drop_if_gone(self, group: Crowd, name: str, member: GroupMember) -> None:
        super().drop_if_gone(group, name, member)
        if name not in group.members:
            cell = self._cells[self._cell(member.asset)]
            del cell[name]
            if not cell:
                del self._cells[self._cell(member.asset)]

    def weigh(self, group: Crowd, fact: Fact, at: int, learned: int) -> None:
        around = [(centre, zone) for centre, zone in self._zones.items() if self._near(centre, fact.asset)]
        if not around and fact.turns[0][1] in (BEGAN, MOMENT):
            around = [(fact.asset, self.new(fact.asset))]
        for centre, zone in around:
            self._weigh_zone(centre, zone, at, learned)

    def lapse(self, group: Crowd, gone: list[GroupMember], at: int, learned: int) -> None:
        for centre, zone in list(self._zones.items()):
            over = zone.grace is not None and zone.grace <= at
            if over:
                zone.grace = None
            if over or any(self._near(centre, member.asset) for member in gone):
                self._weigh_zone(centre, zone, at, learned)

    def _weigh_zone(self, centre: AssetRow, zone: Crowd, at: int, learned: int) -> None:
        members = list(self._around(centre))
        recent = sum(member.began is not None for _, member in members)
        self.level(zone, members, recent, len(members), at, learned)
        if zone.severity is not None:
            self._zones[centre] = zone
        else:
            self._zones.pop(centre, None)

    # -- distance ---------------------------------------------------------------------------------------------------

    def _cell(self, asset: AssetRow) -> tuple[int, int]:
        return int(self._x[asset] // self._metres), int(self._y[asset] // self._metres)

    def _near(self, centre: AssetRow, asset: AssetRow) -> bool:
        return (self._x[centre] - self._x[asset]) ** 2 + (self._y[centre] - self._y[asset]) ** 2 <= self._metres**2

    def _around(self, centre: AssetRow) -> Iterator[tuple[str, GroupMember]]:
        column, row = self._cell(centre)
        for x in range(column - 1, column + 2):
            for y in range(row - 1, row + 2):
                for name, member in self._cells.get((x, y), {}).items():
                    if self._near(centre, member.asset):
                        yield name, member

    # -- alarms -----------------------------------------------------------------------------------------------------

    def active(self) -> Iterator[Active]:
        for centre, zone in self._zones.items():
            if zone.severity is not None:
                yield Active(self.version, "asset", self.subject(centre), zone.severity, zone.opened)

    def deadline(self, group: Crowd) -> int | None:
        graces = [zone.grace for zone in self._zones.values() if zone.grace is not None]
        end = super().deadline(group)
        return min([*graces, *([] if end is None else [end])], default=None)

    def hold(self, standing: Iterable[Active]) -> None:
        lag = 0
        for alarm in standing:
            centre = self.key_of(alarm.subject) if alarm.subject_kind == "asset" else None
            if centre is not None:
                zone = self._zones[centre] = self.new(centre)
                zone.severity, zone.opened = alarm.severity, alarm.since
                self.held(zone, alarm)
                lag = max(lag, alarm.lag)
        if self._zones:
            group = self.groups.setdefault(SITE, self.new(SITE))
            group.lag = lag
            self._plan(group, self.deadline(group))
