"""Commands to a server that others wrote, and its state back by a feed that asks it."""

import datetime as dt

import pytest
from django.utils import timezone

from assets.feeds.ways import pull
from assets.models import Feed
from commands import connectors, moves, watching
from commands.delivery import worker
from commands.models import Command
from journal.models import JournalEntry
from journal.reading import verify
from tests.commands.field import CHIEF, OPERATOR, again, make_field
from tests.commands.peer import RECORDS, credentials, peer
from tests.correlating import correlating

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]

MAPPING = {
    "protocol": "http", "method": "PATCH", "path": f"{RECORDS}/{{asset}}", "headers": {"authorization": credentials()},
    "answer": {"message": "message"},
    "types": {"open": {"body": {"data": {"state": 1}}}, "close": {"body": {"data": {"state": 0}}}},
}  # fmt: skip
STATES = {
    "items": "data", "address": "id", "value": "state", "at": "last_modified", "at_format": "ms",
    "headers": {"authorization": credentials()},
}  # fmt: skip


@pytest.fixture(scope="module")
def kinto(tmp_path_factory):
    with peer(tmp_path_factory.mktemp("kinto")) as told:
        yield told


@pytest.fixture
def field(kinto, settings):
    """A field whose first gate Kinto carries, and is asked about by a pull."""
    settings.ALLOW_PRIVATE_PULL = True
    made, now = make_field(timezone.now()), timezone.now()
    kinto.says("B-1", 0)
    feed = made.point.feed
    Feed.objects.filter(pk=feed.pk).update(
        protocol="pull", address=kinto.url + RECORDS, mapping=STATES, allow_private_address=True, token_hash=""
    )
    made.point.address = "B-1"
    made.point.save()
    connect(made, kinto.url, MAPPING, now)
    return made


def connect(field, url: str, mapping: dict[str, object], now: dt.datetime) -> None:
    connectors.set_up(field.gate.supervisor, url, mapping, by=CHIEF, now=now, allow_private_address=True)


def sent(field, slug: str = "open") -> Command:
    command = moves.request(field.gate, slug, by=OPERATOR, role="operator", now=timezone.now())
    worker.deliver(command.pk)
    return again(command)


def test_what_it_was_told_comes_back_as_the_proof(field, kinto, wait_until):
    with correlating(field.site):
        pull.pull_feed(field.point.feed_id, timezone.now().timestamp())
        command = sent(field)
        assert (command.state, kinto.state("B-1")) == ("accepted", 1)
        pull.pull_feed(field.point.feed_id, timezone.now().timestamp())

        def confirmed() -> bool:
            watching.look(field.site.pk, timezone.now())
            return again(command).state == "confirmed"

        wait_until(confirmed)
    kinds = [line.kind for line in JournalEntry.objects.order_by("seq") if command.pk in line.ids("command")]
    assert kinds == ["command.authorised", "command.sent", "command.accepted", "command.confirmed"]
    assert list(verify(field.site.pk)) == []


@pytest.mark.parametrize(
    ("otherwise", "why"),
    [
        ({"headers": {"authorization": credentials("wrong")}}, "This user cannot access this resource."),
        ({"headers": {"authorization": credentials(), "if-match": '"12"'}}, "Resource was modified meanwhile"),
        ({"path": f"{RECORDS}/B-9"}, ""),
    ],
    ids=["another password", "changed meanwhile", "unknown gate"],
)
def test_its_refusals_are_refusals_in_its_own_words(field, kinto, otherwise, why):
    connect(field, kinto.url, {**MAPPING, **otherwise}, timezone.now())
    command = sent(field)
    assert command.state == "refused"
    assert why in command.said_en
    assert kinto.state("B-1") == 0
