"""Of alarms that are equally severe, life comes before goods, wherever alarms stand in an order."""

import datetime as dt

import pytest
from django.utils.translation import override

from alarms.engine.spec import SpecError, decode
from alarms.models import Alarm, Stake
from alarms.rows import alarm_rows
from alarms.rules.rulebook import pack
from hypervisor import live, rights
from hypervisor.pages.desk import first_screen
from tests.alarms.test_following import FIRST, gauge
from tests.factories import NOON, THRESHOLD, make_alarm, make_asset, make_rule, make_sector, make_site, make_user

__all__ = ["gauge"]

pytestmark = pytest.mark.django_db


def test_a_trapped_person_stands_before_a_post_that_tripped_later():
    site = make_site()
    make_user("chef", site, "shift_supervisor")
    sector = make_sector(site)
    lift, post = (make_asset(site, code, sector=sector) for code in ("ASC-1", "POSTE-1"))
    rule = make_rule(site)
    trapped = make_alarm(rule, lift, severity=1, stake=Stake.LIFE)
    tripped = make_alarm(rule, post, severity=1, raised_at=NOON + dt.timedelta(minutes=5))
    worse = make_alarm(rule, make_asset(site, "X"), severity=2, stake=Stake.LIFE)
    right = rights.what(make_user("op", site)).on(site.slug)
    with override("fr"):
        assert [row["id"] for row in first_screen(site, right)] == [trapped.pk, tripped.pk, worse.pk]
    assert [row["stake"] for row in alarm_rows(Alarm.objects.order_by("id"))] == ["life", "continuity", "life"]
    frame = live._snapshot(site.pk, right).frames[0]
    assert frame.index(f'"id":{trapped.pk},') < frame.index(f'"id":{tripped.pk},') < frame.index(f'"id":{worse.pk},')


def test_the_stake_is_of_a_closed_list():
    assert decode(THRESHOLD).stake == "continuity"
    assert decode(THRESHOLD | {"stake": "life"}).stake == "life"
    with pytest.raises(SpecError, match="stake"):
        decode(THRESHOLD | {"stake": "reputation"})


def test_the_rules_of_the_city_say_where_people_may_be_hurt():
    life = {entry.slug for entry in pack("city") if entry.spec.get("stake") == "life"}
    assert {"fire", "lift-trapped", "tunnel-smoke", "flood-level"} <= life
    assert "substation-trip" not in life


@pytest.mark.django_db(transaction=True)
def test_an_open_alarm_takes_the_stake_of_the_version_that_runs(gauge):
    gauge.version(FIRST)
    gauge.say(3.0)
    assert Alarm.objects.get().stake == Stake.CONTINUITY
    gauge.version(FIRST | {"stake": "life"})
    assert Alarm.objects.get().stake == Stake.LIFE
