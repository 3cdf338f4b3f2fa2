"""However many ask at once, each is answered or told to come back: the connections of PostgreSQL do not run out."""

import asyncio

import pytest

from hypervisor.serving.crowd import Full, Lane, Lanes, bounded

AT_ONCE = 300


def test_three_hundred_requests_at_once_are_answered_without_a_mistake_of_ours(transactional_db, served, dial):
    wires = [dial() for _ in range(AT_ONCE)]
    for wire in wires:
        wire.send("GET", "/", Cookie="sessionid=whatever")
    assert {wire.answer()[0] for wire in wires} == {302}


def test_a_process_whose_lanes_are_full_is_not_taken_for_a_dead_one(transactional_db, served, dial):
    wires = [dial() for _ in range(AT_ONCE)]
    for wire in wires:
        wire.send("GET", "/", Cookie="sessionid=whatever")
    asking = dial()
    asking.send("GET", "/health/ready")
    assert asking.answer()[0] == 200
    assert {wire.answer()[0] for wire in wires} == {302}


async def test_a_lane_takes_as_many_as_it_is_wide_and_the_others_in_their_order():
    lane, under_way, order, most = Lane(2), 0, [], 0

    async def one(number):
        nonlocal under_way, most
        async with lane.turn():
            under_way += 1
            most = max(most, under_way)
            order.append(number)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*map(one, range(20)))
    assert (most, order) == (2, list(range(20)))


async def test_who_finds_too_many_waiting_is_sent_away_at_once_and_who_waits_too_long_after_a_while():
    lane = Lane(1, most_waiting=1, patience=0.05)
    async with lane.turn():
        waiting = asyncio.create_task(_enter(lane))
        await asyncio.sleep(0)
        with pytest.raises(Full):
            await _enter(lane)
        with pytest.raises(Full):
            await waiting
    await _enter(lane)


async def test_a_request_that_fails_or_is_given_up_leaves_its_turn_to_the_next():
    lane = Lane(1)
    with pytest.raises(ZeroDivisionError):
        async with lane.turn():
            raise ZeroDivisionError
    async with lane.turn():
        waiting = asyncio.create_task(_enter(lane))
        await asyncio.sleep(0)
        waiting.cancel()
    await _enter(lane)


@pytest.mark.parametrize(
    ("path", "kind"), [("/api/v1/me", b"application/problem+json"), ("/sites/quai/", b"text/plain; charset=utf-8")]
)
async def test_who_is_sent_away_learns_when_to_come_back(path, kind):
    lanes, told = Lanes(), []
    lanes.pages = Lane(1, most_waiting=0)

    async def send(message):
        told.append(message)

    await bounded(_never, lanes)({"type": "http", "path": path, "method": "GET"}, None, send)
    headers = dict(told[0]["headers"])
    assert (told[0]["status"], headers[b"retry-after"], headers[b"content-type"]) == (503, b"2", kind)


def test_what_waits_for_others_has_a_lane_of_its_own():
    lanes = Lanes()
    apart = {lanes.of(path) for path in ("/health/ready", "/static/js/desk.js", "/sites/quai/cameras/3/picture", "/sites/quai/")}
    assert len(apart) == 4
    assert lanes.of("/api/v1/me") is lanes.of("/tiles/quai/key.json") is lanes.pages


async def _enter(lane):
    async with lane.turn():
        pass


async def _never(scope, receive, send):
    raise AssertionError("it was let in")
