"""Vehicles at the pretend gates: read, let in by an opened barrier, sent away by a closed one; and the scenarios of the gates."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from demo.city.permits import document, passes
from demo.city.plates import message
from demo.city.play import Choices, City
from demo.city.world import World
from demo.inventory.files import SEED
from passages.permits.imports import Sent, of_sent
from passages.sources.plain import decode as read

NOON = dt.datetime(2026, 11, 24, 11, 0, tzinfo=dt.UTC).timestamp()


@pytest.fixture
def city(small_city: Path, small_world: World) -> City:
    return City(small_world, Choices(small_city, "http://127.0.0.1:9", 0, "", True, SEED), httpx.AsyncClient(), lambda line: None)


def _play(city: City, start: float, seconds: int, opens: bool) -> list[dict[str, Any]]:
    """What was read; `opens`: each vehicle is let in two seconds after its first read."""
    found: list[dict[str, Any]] = []
    for second in range(seconds):
        now = start + second
        city._changed += city.faults.step(now, spontaneous=False)
        city._obey(now)
        for gate in city.visits.gates:
            mine = list(city.readers[gate.slug]._items)
            city.readers[gate.slug]._items.clear()
            found += [item | {"gate": gate.slug} for item in mine]
            if opens and any(item["phase"] == "new" for item in mine):
                city.take("access", {"asset": gate.asset, "do": "open", "key": f"{gate.slug}-{second}"}, now)
    return found


def _of(reads: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    by: dict[str, list[dict[str, Any]]] = {}
    for item in reads:
        by.setdefault(item["arrival"], []).append(item)
    return by


def test_a_vehicle_is_read_three_times_and_goes_in_once_the_barrier_is_open(city: City) -> None:
    vehicles = _of(_play(city, NOON, 3600, opens=True))
    assert len(vehicles) > 5
    assert {tuple(item["phase"] for item in each) for each in vehicles.values() if len(each) == 4} == {
        ("new", "update", "update", "end")
    }
    assert city.visits.passed > 5


def test_nobody_goes_in_while_the_barrier_stays_closed(city: City) -> None:
    vehicles = _of(_play(city, NOON, 3600, opens=False))
    assert (len(vehicles) > 2, city.visits.passed) == (True, 0)


def test_some_reads_are_wrong_and_some_vehicles_have_no_permit_that_holds(city: City) -> None:
    vehicles = _of(_play(city, NOON, 6 * 3600, opens=True))
    assert any(len({item["plate"] for item in each}) > 1 for each in vehicles.values())
    listed = {plate for each in city.visits.passes if each.holds() for plate in each.plates}
    assert any(not {item["plate"] for item in each} & listed for each in vehicles.values())


def test_the_loop_is_occupied_while_a_vehicle_stands_on_it(city: City) -> None:
    gate = city.visits.call(NOON)
    assert gate is not None
    city._obey(NOON + 1)
    loop = lambda at: city.values(np.array([gate.loop]), at)[0]  # noqa: E731
    assert loop(NOON + 1) == 1.0
    seen = []
    for second in range(2, 300):
        _play(city, NOON + second, 1, opens=False)
        seen.append(loop(NOON + second))
    assert seen[0] == 1.0
    assert 0.0 in seen


def test_a_refused_truck_comes_back_twice(city: City) -> None:
    city.start("truck-refused", NOON)
    ended = {plate for each in city.visits.passes if not each.holds() for plate in each.plates}
    vehicles = _of(_play(city, NOON, 900, opens=False))
    mine = [each for each in vehicles.values() if each[0]["gate"] == "entree-1" and each[0]["plate"] in ended]
    assert len(mine) >= 3


def test_a_forced_barrier_opens_without_an_order_and_closes_again(city: City) -> None:
    gate = city.visits.gates[0]
    reads = lambda at: city.values(np.array([gate.barrier]), at)[0]  # noqa: E731
    assert reads(NOON) == 0.0
    city.start("barrier-forced", NOON)
    assert (reads(NOON + 1), city.orders.obeyed) == (1.0, 0)
    city.faults.step(NOON + 121, spontaneous=False)
    assert reads(NOON + 121) == 0.0


def test_a_barrier_that_does_not_obey_takes_the_order_and_stays_closed(city: City) -> None:
    city.start("barrier-disobeys", NOON)
    gate = city.visits.gates[0]
    assert city.take("access", {"asset": gate.asset, "do": "open", "key": "k"}, NOON + 5)[0] == 202
    vehicles = _play(city, NOON + 5, 60, opens=False)
    assert any(item["gate"] == gate.slug for item in vehicles)
    assert city.values(np.array([gate.barrier]), NOON + 60)[0] == 0.0


def test_the_scenarios_of_the_gates_follow_one_another(city: City) -> None:
    gate = city.visits.gates[0]
    city.start("barrier-disobeys", NOON)
    city.start("barrier-forced", NOON + 10)
    assert city.values(np.array([gate.barrier]), NOON + 11)[0] == 1.0
    assert set(city.stage.started) == {"barrier-forced"}


def test_the_product_takes_every_permit_of_the_access_system(small_city: Path) -> None:
    gates = [
        each["slug"] for each in json.loads((small_city / "stand.json").read_text("utf-8"))["gates"] if each["direction"] == "in"
    ]
    for month in (1, 6, 12):
        at = dt.datetime(2026, month, 28, 11, 0, tzinfo=dt.UTC)
        told = document(passes(SEED, len(gates)), gates, at.timestamp())
        described = [of_sent(msgspec.convert(each, Sent), set(gates)) for each in told["permits"]]
        assert sum(each.valid_until <= at for each in described) == 5
        assert all(each.valid_from is not None and each.valid_from < at for each in described)


def test_a_reader_sends_one_picture_of_each_vehicle_with_its_plate_as_it_is_whatever_was_read(city: City) -> None:
    vehicles = _of(_play(city, NOON, 3600, opens=True))
    items = [{name: told for name, told in item.items() if name != "gate"} for each in vehicles.values() for item in each]
    drawn = [(item, read(*message([item]))) for item in items]
    assert all(told.reads[0].raw == item["plate"] for item, told in drawn)
    pictures = [(item, told.picture) for item, told in drawn if told.picture]
    assert {item["arrival"] for item, _ in pictures} == {
        arrival for arrival, each in vehicles.items() if each[0]["phase"] == "new"
    }
    assert len(pictures) == len({item["arrival"] for item, _ in pictures})
    assert all(picture.startswith(b"\x89PNG") and len(picture) < 8_000 for _, picture in pictures)
    first = dict(pictures[0][0])
    assert b"drawn" not in message([first])[0]
    misread = first | {"plate": "ZZ999ZZ"}
    assert read(*message([misread])).picture == pictures[0][1], "the picture shows the plate, not what was read"
    assert read(*message([first | {"drawn": "ZZ999ZZ"}])).picture != pictures[0][1]
