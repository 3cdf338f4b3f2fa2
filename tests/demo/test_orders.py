"""What the pretend supervisors are ordered: the field does it a moment later, once, and its feeds say so."""

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from demo.city.http import Request
from demo.city.orders import DEEDS
from demo.city.play import Choices, City, Front
from demo.city.world import World
from demo.inventory.files import SEED

NOON = dt.datetime(2026, 11, 24, 11, 0, tzinfo=dt.UTC).timestamp()


@pytest.fixture
def city(small_city: Path, small_world: World) -> City:
    return City(
        small_world, Choices(small_city, "http://127.0.0.1:9", 0, "", False, SEED), httpx.AsyncClient(), lambda line: None
    )


@pytest.fixture
def reads(city: City) -> Callable[[str, str, float], float]:
    return lambda code, quantity, at: float(city.values(np.array([city.world.rows[code, quantity]]), at)[0])


def _one(city: City, kind: str, quantity: str) -> str:
    gates = {gate.asset for gate in city.visits.gates}
    codes = zip(city.world.code, city.world.kind.tolist(), city.world.quantity.tolist(), strict=True)
    return next(code for code, of, name in codes if (of, name) == (kind, quantity) and code not in gates)


def _order(code: str, do: str, **told: object) -> dict[str, object]:
    return {"asset": code, "do": do, "key": f"{code}-{do}", **told}


@pytest.mark.parametrize(
    ("kind", "do", "told", "quantity", "value"),
    [
        ("barrier", "open", {}, "barrier_state", 1.0),
        ("escalator", "stop", {}, "run_state", 0.0),
        ("escalator", "stop", {}, "speed", 0.0),
        ("lamp", "switch-on", {}, "lamp_state", 1.0),
        ("lamp", "set-level", {"with": {"level": 40}}, "dim_level", 40.0),
        ("bollard", "lower", {}, "bollard_state", 1.0),
    ],
)
def test_what_is_ordered_is_what_is_read(
    city: City, reads: Any, kind: str, do: str, told: Any, quantity: str, value: float
) -> None:
    code = _one(city, kind, "dim_level" if kind == "lamp" else quantity)
    supervisor = str(city.world.feed[city.world.rows[code, quantity]])
    status, answer = city.take(supervisor, _order(code, do, **told), NOON)
    assert (status, answer["state"]) == (202, "queued")
    city._obey(NOON + 0.1)
    before = reads(code, quantity, NOON + 0.1)
    city._obey(NOON + 6)
    assert reads(code, quantity, NOON + 6) == value
    assert before != value or quantity == "speed"


def test_it_is_told_at_once_by_the_supervisor_that_speaks_first(city: City) -> None:
    code = _one(city, "barrier", "barrier_state")
    city.take("access", _order(code, "hold-open"), NOON)
    city.step(NOON + 1, NOON + 3)
    told = [item for item in city.posters["access", "readings"]._items if item["address"] == f"{code}/barrier_state"]
    assert told[-1]["value"] == 1.0


def test_a_polled_supervisor_knows_it_before_its_next_turn(city: City) -> None:
    code = _one(city, "escalator", "run_state")
    row = np.array([city.world.rows[code, "run_state"]])
    city.take("transport", _order(code, "stop"), NOON)
    city._obey(NOON + 4)
    values, instants = city.latest(row, NOON + 5)
    assert (values, instants[0] >= NOON) == ([0.0], True)


def test_the_same_key_is_obeyed_once_and_an_unknown_order_is_denied(city: City) -> None:
    code = _one(city, "barrier", "barrier_state")
    first = city.take("access", _order(code, "open"), NOON)
    assert city.take("access", _order(code, "open"), NOON + 1) == first
    assert city.orders.obeyed == 1
    for supervisor, order in (
        ("access", _order(code, "fly")),
        ("access", _order("X", "open")),
        ("lighting", _order(code, "close")),
    ):
        assert city.take(supervisor, order, NOON)[0] == 404


def test_a_barrier_closes_behind_by_itself_and_the_newest_order_counts(city: City, reads: Any) -> None:
    code = _one(city, "barrier", "barrier_state")
    city.take("access", _order(code, "open"), NOON)
    city._obey(NOON + 3)
    city.take("access", _order(code, "hold-open"), NOON + 5)
    city._obey(NOON + 60)
    assert reads(code, "barrier_state", NOON + 60) == 1.0
    city.take("access", _order(code, "close"), NOON + 61)
    city._obey(NOON + 70)
    assert reads(code, "barrier_state", NOON + 70) == 0.0


def test_what_stands_ends_at_the_end_it_was_told(city: City, reads: Any) -> None:
    code = _one(city, "lamp", "dim_level")
    until = dt.datetime.fromtimestamp(NOON + 600, dt.UTC).isoformat()
    city.take("lighting", _order(code, "set-level", until=until, **{"with": {"level": 30}}), NOON)
    city._obey(NOON + 599)
    assert reads(code, "dim_level", NOON + 599) == 30.0
    city._obey(NOON + 601)
    assert reads(code, "dim_level", NOON + 601) == 0.0  # by day


def test_what_is_at_fault_takes_an_order_and_does_not_move_until_it_is_mended(city: City, reads: Any) -> None:
    code = _one(city, "escalator", "run_state")
    city.faults.hold({city.world.rows[code, "run_state"]: 2.0}, NOON + 900, "test")
    assert city.take("transport", _order(code, "start"), NOON)[0] == 202
    city._obey(NOON + 10)
    assert reads(code, "run_state", NOON + 10) == 2.0
    city.take("transport", _order(code, "reset"), NOON + 11)
    city._obey(NOON + 20)
    assert reads(code, "run_state", NOON + 20) == 0.0


def test_every_order_sets_points_that_its_kind_has(full_world: World) -> None:
    measured = set(zip(full_world.kind.tolist(), full_world.quantity.tolist(), strict=True))
    for (kind, word), deed in DEEDS.items():
        assert {(kind, name) for name in deed.effect({})} & measured, (kind, word)


def test_orders_over_http_need_the_supervisors_token(city: City) -> None:
    front, code = Front(city, lambda: NOON), _one(city, "barrier", "barrier_state")
    body = json.dumps(_order(code, "open")).encode()
    good = {"authorization": f"Token {city.world.feeds['access']['token']}"}
    for headers, sent, status in ((good, body, 202), ({}, body, 401), (good, b"[]", 400), (good, b"{", 400)):
        answer = asyncio.run(front(Request("POST", "/access/orders", {}, headers, sent)))
        assert answer.status == status
    permits = json.loads(asyncio.run(front(Request("GET", "/access/permits", {}, {}))).body)
    assert (len(permits["permits"]), permits["whole"]) == (42, True)


async def test_the_pretend_sms_provider_keeps_what_it_is_given_and_sends_none(city: City) -> None:
    front = Front(city, lambda: NOON)
    for text in ("première", "seconde"):
        body = json.dumps({"to": "+33639980101", "text": text}).encode()
        assert (await front(Request("POST", "/sms", {}, {}, body))).status == 200
    assert (await front(Request("POST", "/sms", {}, {}, b"[]"))).status == 400
    told = json.loads((await front(Request("GET", "/messages", {}, {}))).body)["messages"]
    assert [(each["id"], each["text"], each["at"]) for each in told] == [
        (2, "seconde", "2026-11-24T11:00:00Z"),
        (1, "première", "2026-11-24T11:00:00Z"),
    ]
