"""A noun that no file of the product knows, added by one entry of settings.NOUNS: journaled, live, caught up with, by right."""

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from journal import nouns
from journal.reading import lines_about, verify
from tests import barriers
from tests.api.watching import rows, watch
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(valkey, city, settings):
    """The city, and a room of barriers. One stands open in the north, one in the south, one in no sector; one is closed again."""
    settings.NOUNS = settings.NOUNS | {"barrier": "tests.barriers.BarrierNoun"}
    barriers.make_table()
    barriers.move(city.site.pk, "barrier.opened", NOON, barrier_1="nord/gare", barrier_2="sud", barrier_3=None, barrier_4="nord")
    barriers.move(city.site.pk, "barrier.closed", NOON, barrier_4="nord")
    yield city
    barriers.drop_table()


@pytest.fixture(autouse=True)
async def _leave_no_connection(town):
    yield
    await sync_to_async(connections.close_all)()


async def started(town, name: str = "operator", **options: object):
    desk = await watch(await sync_to_async(town.client)(name), **options)
    await desk.until(lambda frame: frame["type"] == "pulse")
    return desk


async def told(desk):
    return await desk.until(lambda frame: frame["type"] == "entries")


def ids(frame) -> list[int]:
    return [row["id"] for row in rows(frame, "barrier")]


def test_its_lines_are_in_the_journal_and_its_rows_leave_with_them(town):
    lines = lines_about(town.site.pk, "barrier", [4]).order_by("seq")
    assert [line.kind for line in lines] == ["barrier.opened", "barrier.closed"]
    assert [row["id"] for row in nouns.rows("barrier", [4])] == [4]
    assert list(verify(town.site.pk)) == []


@pytest.mark.parametrize(("name", "seen"), [("operator", [4, 4, 3, 2, 1]), ("nord", [4, 4, 1])])
def test_the_journal_shows_its_lines_to_whom_they_concern(town, name, seen):
    lines = town.client(name).get("/api/v1/sites/quai/journal?kind=barrier").json()["results"]
    assert [line["about"]["barrier"][0] for line in lines] == seen


@pytest.mark.parametrize(("name", "seen"), [("operator", [1, 2, 3]), ("nord", [1])])
async def test_a_snapshot_has_what_is_open_and_ones_own_to_see(town, name, seen):
    desk = await started(town, name)
    assert ids(desk.frames[0]) == seen
    assert rows(desk.frames[0], "alarm")
    await desk.socket.disconnect()


async def test_a_change_is_told_live_and_by_right(town):
    whole, north = await started(town), await started(town, "nord")
    reached = await sync_to_async(barriers.move)(town.site.pk, "barrier.opened", NOON, barrier_5="nord", barrier_6="sud")
    for desk, seen in ((whole, [5, 6]), (north, [5])):
        frame = await told(desk)
        assert (ids(frame), frame["to"]) == (seen, reached)
        assert [entry["about"] for entry in frame["entries"]] == [{"barrier": [id_]} for id_ in seen]
        assert "alarm" not in frame["rows"]
    await sync_to_async(barriers.move)(town.site.pk, "barrier.closed", NOON, barrier_5="nord")
    for desk in (whole, north):
        [row] = rows(await told(desk), "barrier")
        assert (row["id"], row["closed_at"]) == (5, "2026-03-01T12:00:00.000Z")
        await desk.socket.disconnect()


async def test_who_was_cut_is_told_what_was_missed_and_no_more(town):
    desk = await started(town, "nord")
    await desk.socket.disconnect()
    await sync_to_async(barriers.move)(town.site.pk, "barrier.opened", NOON, barrier_5="nord", barrier_6="sud")
    last = await sync_to_async(barriers.move)(town.site.pk, "barrier.closed", NOON, barrier_1="nord/gare")
    back = await watch(await sync_to_async(town.client)("nord"), since=desk.seq)
    back.seq = desk.seq
    frame = await back.hear()
    assert (frame["type"], frame["from"], frame["to"], ids(frame)) == ("entries", desk.seq + 1, last, [1, 5])
    assert [entry["kind"] for entry in frame["entries"]] == ["barrier.opened", "barrier.closed"]
    await back.socket.disconnect()


async def test_what_moves_leaves_the_desks_of_its_old_sector(town):
    desk = await started(town, "nord")
    await sync_to_async(barriers.move)(town.site.pk, "barrier.moved", NOON, barrier_1="sud")
    frame = await told(desk)
    assert (frame["rows"], frame["entries"], frame["gone"]) == ({}, [], {"barrier": [1]})
    await desk.socket.disconnect()


async def test_a_line_about_what_has_no_row_in_the_change_is_told_by_where_it_lies(town, settings):
    settings.NOUNS = settings.NOUNS | {"barrier": "tests.barriers.CrowdedNoun"}
    desk = await started(town, "nord")
    await sync_to_async(barriers.move)(town.site.pk, "barrier.opened", NOON, barrier_5="nord", barrier_6="nord", barrier_7="sud")
    frame = await told(desk)
    assert ids(frame) == [5]
    assert [entry["about"] for entry in frame["entries"]] == [{"barrier": [5]}, {"barrier": [6]}]
    await desk.socket.disconnect()


async def test_a_burst_is_fetched_and_paged_without_a_gap(town):
    desk = await started(town)
    many = {f"barrier_{n}": "nord" for n in range(100, 2100)}
    last = await sync_to_async(barriers.move)(town.site.pk, "barrier.opened", NOON, **many)
    await desk.reach(last)
    heard = [id_ for frame in desk.frames if frame["type"] == "entries" for id_ in ids(frame)]
    assert heard == list(range(100, 2100))
    assert sum(frame["type"] == "entries" for frame in desk.frames) > 2
    await desk.socket.disconnect()
