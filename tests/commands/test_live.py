"""Whoever watches a site sees its commands come and end, where they may see their assets."""

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from commands import moves
from journal.actors import Actor
from tests.api.city import build
from tests.api.watching import rows, watch
from tests.factories import make_command

pytestmark = pytest.mark.django_db(transaction=True)
CHIEF = Actor("person", "shift_supervisor", "pupitre 1")


@pytest.fixture
async def town(valkey, transactional_db):
    yield await sync_to_async(build)()
    await sync_to_async(connections.close_all)()


async def test_a_command_comes_and_ends_by_right(town):
    first = await sync_to_async(make_command)(town.assets["sud"], CHIEF)
    desks = {name: await watch(await sync_to_async(town.client)(name)) for name in ("operator", "nord")}
    for name, seen in (("operator", [first.pk]), ("nord", [])):
        snapshot = await desks[name].until(lambda frame: frame["type"] == "snapshot")
        assert [row["id"] for row in rows(snapshot, "command")] == seen
    second = await sync_to_async(make_command)(town.assets["nord"], CHIEF)
    ended = await sync_to_async(moves.cancel)(first.pk, by=CHIEF, role="shift_supervisor", now=timezone.now())
    told = {}
    for name, desk in desks.items():
        await desk.reach(ended.seq)
        told[name] = [
            (row["id"], row["state"])
            for frame in desk.frames if frame["type"] == "entries" for row in rows(frame, "command")
        ]  # fmt: skip
        await desk.socket.disconnect()
    assert told == {
        "operator": [(second.pk, "authorised"), (first.pk, "cancelled")], "nord": [(second.pk, "authorised")],
    }  # fmt: skip
