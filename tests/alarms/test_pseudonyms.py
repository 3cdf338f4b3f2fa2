"""Plates and badges that rules count by: named on the screen while they may be, a keyed hash in all that stays."""

import datetime as dt

import msgspec
import pytest
from django.db import connection

from alarms import pseudonyms
from alarms.models import Alarm, PersonalAttribute, PersonalValue, PseudonymKey
from alarms.rows import alarm_rows
from journal.models import JournalEntry
from journal.reading import verify
from tests.alarms.byhand import SECOND, by_hand
from tests.factories import make_asset, make_feed, make_rule, make_sector, make_site

pytestmark = pytest.mark.django_db(transaction=True)
PLATE = "AB-123-CD"
REFUSED_THRICE = {
    "kind": "count",
    "scope": {"kinds": ["gate"]},
    "of": {"event": "plate_refused"},
    "by": {"attribute": "plate"},
    "distinct": "occurrence",
    "within": 600,
    "limits": [{"severity": "high", "at_least": 3}],
}
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture
def gate(monkeypatch, valkey):
    site = make_site()
    feed = make_feed(site)
    asset = make_asset(site, "P-1", "gate", sector=make_sector(site))
    make_rule(site, "refus", REFUSED_THRICE)
    with by_hand(monkeypatch, site, int(dt.datetime.now(dt.UTC).timestamp()) * SECOND) as hand:
        hand.feed, hand.asset = feed, asset
        hand.turn()
        yield hand


def refuse(hand, times: int = 3, **attributes: object) -> None:
    for _ in range(times):
        hand.now += SECOND
        hand.happen(hand.feed, hand.asset, "plate_refused", **attributes)
        hand.turn()


def everything_that_stays() -> str:
    """All rows of all tables but the events and the table that is forgotten with them."""
    passing = {"event", "alarms_personalvalue", "django_session"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [name for (name,) in cursor.fetchall() if name not in passing and not name.startswith("event_")]
        found: list[str] = []
        for name in tables:
            cursor.execute(f"SELECT t::text FROM {name} t")
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_a_plate_is_read_on_the_screen_and_is_nowhere_in_what_stays(gate):
    refuse(gate, plate=PLATE)
    (alarm,) = Alarm.objects.all()
    assert PLATE not in everything_that_stays()
    (row,) = alarm_rows(Alarm.objects.all())
    assert row["subject"] == f"attribute:plate={PLATE}"
    assert PLATE in row["sentence"]["fr"]
    assert PLATE not in alarm.sentence_fr


def test_the_same_plate_is_the_same_subject_also_after_a_restart(gate):
    refuse(gate, 2, plate=PLATE)
    gate.cut()
    refuse(gate, 1, plate=PLATE)
    assert Alarm.objects.count() == 1
    refuse(gate, 2, plate="ZZ-999-ZZ")
    assert Alarm.objects.count() == 1


def test_once_its_key_is_destroyed_nobody_can_tell_the_plate_and_the_chain_stands(gate):
    refuse(gate, plate=PLATE)
    (key,) = PseudonymKey.objects.all()
    pseudonyms.forget(gate.site.pk, pseudonyms.end_of(key.month) - dt.timedelta(seconds=1))
    assert PersonalValue.objects.count() == 1
    pseudonyms.forget(gate.site.pk, pseudonyms.end_of(key.month))
    assert PseudonymKey.objects.count() == PersonalValue.objects.count() == 0
    (row,) = alarm_rows(Alarm.objects.all())
    assert pseudonyms.FORM.search(row["subject"])
    assert list(verify(gate.site.pk)) == []
    assert JournalEntry.objects.filter(kind="pseudonyms.forgotten").count() == 1
    assert PLATE not in msgspec.json.encode(row).decode()


def test_a_declared_attribute_is_personal_in_its_kind_of_event_and_no_other(gate):
    PersonalAttribute.objects.create(site=gate.site, event_kind="visit", attribute="visitor")
    names = pseudonyms.of_site(gate.site.pk)
    at = int(NOW.timestamp()) * SECOND
    assert names.kept("visit", {"visitor": "Léa", "door": 3}, at)["door"] == 3
    assert pseudonyms.FORM.fullmatch(names.kept("visit", {"visitor": "Léa"}, at)["visitor"])
    assert names.kept("delivery", {"visitor": "Léa"}, at) is None
    assert names.kept("delivery", {"badge": ""}, at) is None


def test_a_pseudonym_changes_from_month_to_month_and_from_site_to_site(gate):
    here, there = pseudonyms.of_site(gate.site.pk), pseudonyms.of_site(make_site("ailleurs").pk)
    made = {
        names.kept("pass", {"plate": PLATE}, int(moment.timestamp()) * SECOND)["plate"]
        for names in (here, there)
        for moment in (NOW, NOW + dt.timedelta(days=31))
    }
    assert len(made) == 4


def test_a_rule_about_one_plate_still_hears_it(gate):
    spec = {**REFUSED_THRICE, "of": {"event": "plate_refused", "attributes": {"plate": PLATE}}, "by": "sector"}
    make_rule(gate.site, "recherchee", spec)
    gate.rebuild_if_changed()
    refuse(gate, plate=PLATE)
    assert Alarm.objects.filter(rule__slug="recherchee").count() == 1
