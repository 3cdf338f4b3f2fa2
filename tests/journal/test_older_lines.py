"""Journals that were begun before lines were about any noun stay whole, and go on."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from assets.models import Site
from journal.actors import Actor
from journal.page import Line, open_page
from journal.reading import lines_about, verify
from tests.factories import NOON, make_site

SITE = 901
HASHES = (  # as 0.1.0 made them of these very lines
    "765e89bf9f8fa0d4db8fb7fc3bcd9ff274bba316b7bcba9c2c0b95bc1d63fcc3",
    "b286de267c14e64c7562cd424167c18e3282f335e27ff9a329d68be6dff8033d",
    "576f1f2636d45c235bdaf1d42899b1178e5a5ca2b6b3bfdd9da26debc0a63578",
)
LINES = (
    ("rule.activated", None, None, "admin", "", "Règle activée", "Rule activated", '{"rule":"gel"}'),
    ("alarm.raised", 7, None, "", "", "Gel", "Frost", '{"severity":"high"}'),
    ("alarm.attached", 7, 3, "operator", "pupitre 1", "Rattachée", "Attached", "{}"),
)


def migrate(*targets: tuple[str, str | None]) -> None:
    executor = MigrationExecutor(connection)
    executor.loader.build_graph()
    executor.migrate(list(targets))


@pytest.fixture
def older(transactional_db):
    """A journal of 0.1.0, brought to today's tables: a minute, as all migrations since are run."""
    make_site("vieux", pk=SITE)
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    migrate(("alarms", "0016_stake"), ("journal", None))
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO alarms_ledger (site_id, seq, hash) VALUES (%s, 3, %s)", [SITE, HASHES[-1]])
            for seq, (line, hash_) in enumerate(zip(LINES, HASHES, strict=True), 1):
                cursor.execute(
                    "INSERT INTO alarms_journalentry (site_id, seq, at, kind, alarm_id, incident_id, actor, desk, text_fr,"
                    " text_en, details, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [SITE, seq, dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC), *line, hash_],
                )
    finally:
        migrate(*newest)
    return Site.objects.get(pk=SITE)


ALTERED = (
    (1, {"text_fr": "autre"}), (3, {"about": '[["alarm",8],["incident",3]]'}), (2, {"format": 2}), (2, {"format": 9}),
)  # fmt: skip


def test_a_journal_of_0_1_0_verifies_tells_what_was_altered_and_goes_on(older):
    assert list(verify(older.pk)) == []
    for seq, change in ALTERED:
        with transaction.atomic():
            older.journal.filter(seq=seq).update(**change)
            assert seq in {flaw.seq for flaw in verify(older.pk)}, change
            transaction.set_rollback(True)
    assert [line.ids("alarm") for line in older.journal.order_by("seq")] == [[], [7], [7]]
    assert [line.actor_kind for line in older.journal.order_by("seq")] == ["person", "system", "person"]
    assert list(lines_about(older.pk, "incident", [3]).values_list("seq", flat=True)) == [3]
    page = open_page(older.pk)
    by = Actor("rule", "gel", "")
    assert page.write(Line("feed.changed", NOON, "Flux", "Feed", [("feed", 1), ("feed", 2), ("rule", 4)], by)) == 4
    page.close()
    assert list(verify(older.pk)) == []
    assert list(lines_about(older.pk, "feed", [2]).values_list("kind", flat=True)) == ["feed.changed"]
