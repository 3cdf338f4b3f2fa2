"""A rule on the worst point of a sector: a flood of gauges is one alarm that names the worst, and beside it the worst of now."""

import pytest
from django.utils import timezone

from alarms import present
from alarms.correlation.correlator import now_us
from alarms.engine.spec import decode
from alarms.lifecycle import moves
from alarms.models import Alarm, Rule
from alarms.rows import alarm_rows
from alarms.rules.preview import preview
from assets.log import Log
from assets.readings import Readings
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_kind, make_point, make_rule, make_sector, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)
PER_SECTOR = {
    "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above", "per": "sector", "cause": False,
    "limits": [{"severity": "high", "limit": 2.0}, {"severity": "critical", "limit": 3.0}],
}  # fmt: skip


@pytest.fixture
def river(valkey):
    """Three gauges in one sector; `read` tells their values of one instant, each a second after the ones before."""
    site = make_site()
    feed, sector = make_feed(site), make_sector(site, "iris")
    make_kind(points=[{"quantity": "water_level", "unit": "m", "name_fr": "Niveau d'eau", "name_en": "Water level"}])
    points = [make_point(make_asset(site, f"LIM-{n}", sector=sector), feed) for n in range(3)]
    make_rule(site, "crue", PER_SECTOR)
    told = iter(range(60))

    def read(*values: float) -> None:
        at = now_us() - 60_000_000 + next(told) * 1_000_000
        Log().append_readings(
            site.pk, feed.pk, Readings.of([point.pk for point in points[: len(values)]], [at] * len(values), values)
        )

    return site, points, read


def lines(alarm: Alarm) -> list[str]:
    return list(
        JournalEntry.objects.filter(site=alarm.site, kind__startswith="alarm.").order_by("seq").values_list("kind", flat=True)
    )


def test_a_flood_is_one_alarm_that_names_its_worst_point_and_value(river, wait_until):
    site, points, read = river
    with correlating(site):
        read(2.5, 2.4, 1.0)
        wait_until(Alarm.objects.filter(severity=2).exists)
        read(2.5, 3.54, 2.2)
        wait_until(Alarm.objects.filter(severity=1).exists)
    alarm = Alarm.objects.get()
    assert (alarm.subject, alarm.point, alarm.sector.name) == ("sector:iris", None, "Iris")
    assert alarm.sentence_fr == "Niveau d'eau 3,54\u00a0m > 3,00\u00a0m — Iris · Jauge LIM-1"
    assert (alarm.evidence["point"], alarm.witness) == (points[1].pk, points[1].pk)
    assert lines(alarm) == ["alarm.raised", "alarm.severity"]
    assert list(verify(site.pk)) == []


def test_now_is_of_whichever_is_the_worst_now_while_the_sentence_keeps_the_worst_moment(river, wait_until):
    site, points, read = river
    with correlating(site):
        read(2.5, 3.54, 1.0)
        wait_until(Alarm.objects.filter(severity=1).exists)
        read(3.4, 3.2, 1.0)
        wait_until(Alarm.objects.filter(witness=points[0].pk).exists)
        wait_until(lambda: any(each.newest.value == 3.4 for each in present.read(site.pk, timezone.now()).values()))
    (row,) = present.present_rows(present.read(site.pk, timezone.now()).values())
    alarm = Alarm.objects.get()
    assert (row["alarm"], row["value"], row["of"]["code"]) == (alarm.pk, 3.4, "LIM-0")
    assert "3,54" in alarm.sentence_fr
    assert "LIM-1" in alarm.sentence_fr
    assert alarm_rows(Alarm.objects.all())[0]["witness"] == points[0].pk


def test_a_restart_neither_ends_nor_tells_anything_of_it(river, wait_until):
    site, _, read = river
    with correlating(site):
        read(2.5, 2.4, 1.0)
        wait_until(Alarm.objects.filter(severity=2).exists)
    with correlating(site):
        read(2.4, 1.0, 1.0)
        wait_until(lambda: any(each.newest.value == 2.4 for each in present.read(site.pk, timezone.now()).values()))
        assert lines(Alarm.objects.get()) == ["alarm.raised"]
        read(1.0, 1.0, 1.0)
        wait_until(Alarm.objects.filter(state="returned").exists)


def test_another_that_goes_further_is_named_and_a_lesser_one_only_once_somebody_acknowledged_the_worst(river, wait_until):
    site, _, read = river
    with correlating(site):
        read(2.5, 1.0, 1.0)
        wait_until(Alarm.objects.filter(severity=2).exists)
        read(2.5, 2.9, 1.0)
        wait_until(Alarm.objects.filter(sentence_fr__contains="LIM-1").exists)
        read(2.5, 2.9, 2.3)
        read(1.0, 1.0, 2.3)  # the worst is gone, and a lesser one stands
        read(2.4, 1.0, 2.3)
        wait_until(lambda: any(each.newest.value == 2.4 for each in present.read(site.pk, timezone.now()).values()))
        alarm = Alarm.objects.get()
        assert "2,9" in alarm.sentence_fr, "nobody has seen that yet"
        moves.acknowledge([alarm.pk], by=Actor.of(make_user("paul")), now=timezone.now())
        read(1.0, 2.6, 2.3)
        wait_until(Alarm.objects.filter(sentence_fr__contains="2,6").exists)
    assert lines(alarm) == ["alarm.raised", "alarm.revised", "alarm.acknowledged", "alarm.revised"]


def test_the_preview_says_what_it_would_say(river):
    site, _, _ = river
    told = preview(site, decode(PER_SECTOR))
    assert told.sentence[0].endswith(" — Iris · Jauge LIM-0")


RISE = {
    "kind": "rate", "scope": {"quantity": "water_level"}, "window": 30, "direction": "above", "per": "sector",
    "limits": [{"severity": "high", "limit": 100.0}],
}  # fmt: skip


def test_a_river_that_rises_is_one_alarm_which_says_which_gauge_rises_fastest(river, wait_until):
    site, points, read = river
    Rule.objects.filter(site=site).update(state="retired")
    make_rule(site, "montee", RISE)
    with correlating(site):
        for n in range(30):
            read(n * 0.1, n * 0.5, 1.0)
        wait_until(Alarm.objects.filter(witness=points[1].pk).exists)
    alarm = Alarm.objects.get()
    assert (alarm.subject, alarm.evidence["point"], alarm.evidence["standing"]) == ("sector:iris", points[1].pk, 2)
    assert alarm.sentence_fr.endswith("— Iris · Jauge LIM-1")
    assert alarm_rows(Alarm.objects.all())[0].witness == points[1].pk
