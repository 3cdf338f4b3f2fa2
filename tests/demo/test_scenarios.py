"""Each scenario against the demo's own rules, in the engine of production: what must be raised is, and calm raises nothing."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from alarms.engine import Engine, Happening, Profiles, ScopedRule, Transition, decode
from alarms.engine.profiles import HourOfWeek
from alarms.engine.scope import PointColumns, rows_in_scope
from alarms.site.usual import HOUR, HourlyReadings, learned
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from demo.city.play import Choices, City
from demo.city.scenarios import SILENT
from demo.city.world import World
from demo.inventory.files import SEED
from demo.inventory.habits import FIRST

SECOND = 1_000_000
NIGHT = dt.datetime(2026, 11, 23, 22, 30, tzinfo=dt.UTC).timestamp()
NOON = dt.datetime(2026, 11, 24, 11, 0, tzinfo=dt.UTC).timestamp()
STEP = 10
EXPECTED = {
    "flood": {"flood-level", "river-rising", "river-forecast", "heavy-rain"},
    "cabinet-blackout": {"cabinet-dead", "cabinet-voltage", "lamp-failure", "lamps-dark"},
    "silent-supervisor": {"feed-silent"},
    "escalator-stop": {"escalator-stopped", "escalator-slipping"},
    "access-breach": {"door-forced", "door-after-refusal", "call-unanswered"},
    "energy-peak": {"energy-unusual"},
}
ALL_KINDS = {
    "threshold", "state", "silence", "condition", "rate", "forecast", "anomaly", "count", "sequence", "missing",
}  # fmt: skip


class Played:
    """A city whose readings and events go straight into an engine with its rules; nobody sends anything."""

    def __init__(self, folder: Path, world: World, start: float) -> None:
        choices = Choices(folder, "http://127.0.0.1:9", 0, "", False, SEED)
        self.world, self.now = world, start
        self.city = City(world, choices, httpx.AsyncClient(), lambda line: None)
        self.codes = list(world.assets)
        self.feeds = list(world.feeds)
        self.rules = json.loads((folder / "rules.json").read_text("utf-8"))
        self._asset = {code: index for index, code in enumerate(self.codes, 1)}
        register = self._register()
        scoped = [ScopedRule(number, decode(rule["spec"]), *self._scope(rule["spec"])) for number, rule in enumerate(self.rules)]
        scoped = [
            ScopedRule(each.version, each.spec, each.rows, self.rules[each.version]["slug"], each.assets) for each in scoped
        ]
        self.engine = Engine(register, scoped, round(start * SECOND), "Europe/Paris", _habits(folder, world))

    def _register(self) -> Register:
        world = self.world
        parents = np.array([self._asset.get(asset.depends_on, 0) for asset in world.assets.values()], np.int64)
        feed_of = {slug: number for number, slug in enumerate(self.feeds, 1)}
        limits = {name for own in world.limits for name in own}
        return Register(
            Points(
                np.arange(1, len(world) + 1), np.array([self._asset[code] for code in world.code]),
                np.array([feed_of[slug] for slug in world.feed.tolist()]), world.quantity.tolist(), world.interval * SECOND,
                {name: np.array([own.get(name, np.nan) for own in world.limits]) for name in limits},
            ),
            Assets(
                np.arange(1, len(self.codes) + 1), [asset.kind for asset in world.assets.values()], [""] * len(self.codes),
                parents,
                np.array([asset.longitude for asset in world.assets.values()]),
                np.array([asset.latitude for asset in world.assets.values()]),
            ),
            Feeds(
                np.arange(1, len(self.feeds) + 1),
                np.array([feed["expected_interval"] for feed in world.feeds.values()], np.int64) * SECOND,
            ),
        )  # fmt: skip

    def _scope(self, spec: dict[str, Any]) -> tuple[Any, str, Any]:
        decoded, world = decode(spec), self.world
        columns = PointColumns(
            kind=world.kind.tolist(), sector=[""] * len(world), quantity=world.quantity.tolist(), asset=world.code,
            attributes=[{}] * len(world),
        )  # fmt: skip
        rows = rows_in_scope(decoded.scope, columns)
        kinds = decoded.scope.kinds
        inside = [index for index, asset in enumerate(world.assets.values()) if not kinds or asset.kind in kinds]
        return rows, "", np.array(inside, np.int32)

    def go(self, seconds: float) -> Iterator[tuple[float, str, Transition]]:
        """(instant, slug, transition) of what is told in this time."""
        city, end = self.city, self.now + seconds
        while self.now < end:
            before, self.now = self.now, self.now + STEP
            changed = city.faults.step(self.now, spontaneous=False) + city._changed
            city._changed = []
            city.stage.step(self.now)
            turn, last = (np.floor((at - city._phase) / self.world.interval) for at in (self.now, before))
            due = np.unique(np.concatenate((np.flatnonzero(turn > last), np.array(changed, np.intp))))
            if "silent-supervisor" in city.stage.started:
                due = due[self.world.feed[due] != SILENT]
            at = round(self.now * SECOND)
            readings = Readings.of(due + 1, np.full(len(due), at), city.values(due, self.now), received=at)
            events = [*city.events.between(before, self.now), *city.events.due(self.now)]
            for move in self.engine.step(readings, at, [self._happening(len(due), *each) for each in events]).transitions:
                yield self.now, self.rules[move.rule]["slug"], move

    def _happening(self, place: int, feed: str, item: dict[str, Any]) -> Happening:
        at = round(dt.datetime.fromisoformat(item["at"]).timestamp() * SECOND)
        number = self.feeds.index(feed) + 1
        return Happening(
            place, number, self._asset[item["address"]], item["address"], at, round(self.now * SECOND), item["kind"],
            item["attributes"],
        )  # fmt: skip


def _habits(folder: Path, world: World) -> Profiles:
    """As alarms.site.profiles makes them of the figures that the city comes with."""
    figures = np.load(folder / "habits.npy").astype(float)
    whose = json.loads((folder / "habits.json").read_text("utf-8"))["points"]
    first = round(FIRST.timestamp()) * SECOND
    assert HourOfWeek("Europe/Paris").of(np.array([first])).tolist() == [0]
    points = np.repeat([world.rows[code, quantity] + 1 for code, quantity in whose], 672)
    at = np.tile(first + np.arange(672) * HOUR, len(whose))
    return learned(HourlyReadings(points, at, *figures.reshape(-1, 3).T), "Europe/Paris", first + 672 * HOUR, 4)


def test_the_rules_of_the_demo_are_of_every_kind(small_city: Path) -> None:
    rules = json.loads((small_city / "rules.json").read_text("utf-8"))
    assert {rule["spec"]["kind"] for rule in rules} == ALL_KINDS


@pytest.mark.parametrize("start", [NIGHT, NOON])
@pytest.mark.timeout(240)
def test_a_calm_city_raises_nothing_by_night_nor_at_noon(full_city: Path, full_world: World, start: float) -> None:
    played = Played(full_city, full_world, start)
    assert [(slug, move.subject) for _, slug, move in played.go(2400)] == []


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.timeout(240)
def test_a_scenario_raises_what_it_is_for(full_city: Path, full_world: World, name: str) -> None:
    played = Played(full_city, full_world, NIGHT)
    assert list(played.go(900)) == []
    played.city.start(name, played.now)
    began, first = played.now, {}
    for at, slug, move in played.go(900):
        if move.kind == "raise":
            first.setdefault(slug, at - began)
    assert set(first) >= EXPECTED[name] - {"heavy-rain"}
    assert set(first) <= EXPECTED[name]
    if name == "flood":
        assert max(first["river-rising"], first["river-forecast"]) < first["flood-level"]
