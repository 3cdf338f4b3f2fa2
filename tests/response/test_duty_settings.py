"""What a site says of its duty: how long a critical alarm may wait, whose holidays count; and planned closures of positions."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from response import rota
from response.duty import positions, rotas, settings, vigilance
from response.duty.rows import position_rows
from response.models import Message, Position
from response.notification import plans
from response.notification.announcing import Announcements
from tests.factories import NOON, make_alarm, make_asset, make_rule, make_site
from tests.response.test_notification import PEOPLE, Town

pytestmark = pytest.mark.django_db
BY = Actor("person", "chef")
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")


def lines(*kinds: str) -> list[str]:
    return list(JournalEntry.objects.filter(kind__in=kinds).order_by("seq").values_list("kind", flat=True))


def test_a_critical_alarm_is_told_after_as_long_as_the_site_says():
    site = make_site()
    make_alarm(make_rule(site), make_asset(site, "J-1"), severity=1, learned_at=NOON, raised_at=NOON)
    settings.write(site.pk, 12, 60, "", by=BY, now=NOON)
    vigilance.sweep(site.pk, NOON + 11 * MINUTE)
    assert lines("attention.overdue") == []
    vigilance.sweep(site.pk, NOON + 12 * MINUTE)
    assert "depuis 12 min" in JournalEntry.objects.get(kind="attention.overdue").text_fr
    settings.write(site.pk, 12, 60, "", by=BY, now=NOON)
    assert lines("duty.settings_changed") == ["duty.settings_changed"], "nothing changed the second time"


@pytest.mark.parametrize("told", [(0, 60, ""), (121, 60, ""), (5, 0, ""), (5, 60, "75")])
def test_what_cannot_be_is_refused(told):
    with pytest.raises(Refused):
        settings.write(make_site().pk, *told, by=BY, now=NOON)


def test_the_rota_of_positions_goes_by_the_holidays_of_the_site_s_region():
    site = make_site()
    position = positions.write(site.pk, "chef", "Chef de salle", "", 0, by=BY, now=NOON)
    starts = dt.datetime.fromisoformat("2026-01-05T08:00")
    turn = rota.Turn(starts, starts + 10 * HOUR, "Europe/Paris", "", "FREQ=DAILY;INTERVAL=1", holidays="only")
    rotas.add(position, turn, "", people=(), by=BY, now=NOON)
    saint_stephen = dt.datetime(2026, 12, 26, 12, tzinfo=PARIS)
    assert position_rows([position], saint_stephen)[0]["expected"] == []
    settings.write(site.pk, 5, 60, "6AE", by=BY, now=NOON)
    assert len(position_rows([position], saint_stephen)[0]["expected"]) == 1
    vigilance.sweep(site.pk, saint_stephen)
    assert Position.objects.get().vacant_since == saint_stephen


def close(site, position, starts: dt.datetime, hours: int = 2) -> None:
    local = starts.astimezone(PARIS).replace(tzinfo=None)
    turn = rota.Turn(local, local + hours * HOUR, "Europe/Paris", instead=True, nobody=True)
    rotas.add(position, turn, "", people=(), by=BY, now=NOON)


def test_a_closure_is_announced_begins_and_ends_once_each_and_nobody_is_missed_meanwhile():
    site = make_site()
    position = positions.write(site.pk, "chef", "Chef de salle", "", 0, by=BY, now=NOON)
    starts = dt.datetime.fromisoformat("2026-01-05T00:00")
    always = rota.Turn(starts, starts + DAY, "Europe/Paris", "", "FREQ=DAILY;INTERVAL=1")
    rotas.add(position, always, "", people=(), by=BY, now=NOON)
    begins = NOON + DAY
    close(site, position, begins)
    for minutes in (-61, -60, -30, 0, 1, 119, 120, 121):
        for _ in range(2):
            vigilance.sweep(site.pk, begins + minutes * MINUTE)
    kinds = lines("position.closure_announced", "position.closed", "position.reopened", "position.covered", "position.vacant")
    assert kinds == [
        "position.vacant", "position.closure_announced", "position.closed", "position.covered", "position.reopened",
        "position.vacant",
    ]  # fmt: skip
    line = JournalEntry.objects.get(kind="position.closure_announced")
    assert line.text_fr.startswith("Poste « Chef de salle » fermeture annoncée, du ")


def test_the_closure_of_a_position_is_told_to_whom_the_rules_name():
    town = Town()
    position = positions.write(town.site.pk, "chef", "Chef de salle", "", 0, by=BY, now=NOON)
    rules = {"announcements": [{"name": "Postes", "about": ["positions"], "targets": [{"person": "ana"}]}]}
    plans.write_rules(town.site.pk, rules, people=PEOPLE, by=BY, now=NOON)
    close(town.site, position, NOON + 30 * MINUTE)
    vigilance.sweep(town.site.pk, NOON)
    last = JournalEntry.objects.filter(site=town.site).latest("seq").seq
    for _ in range(2):
        Announcements(town.site.pk, "announcements").deal(0, last, NOON)
    assert [row.contact.hint for row in Message.objects.select_related("contact")] == ["ana"]
