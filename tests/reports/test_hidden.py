"""What a maintenance would have hidden of the past: at the hours it would have run, of what it covers, critical ones spared."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from alarms.models import MaintenanceWindow
from reports import hidden
from reports.models import Annunciation
from tests.factories import make_alarm, make_asset, make_feed, make_rule, make_sector, make_site
from tests.reports.months import annunciate

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
NOW = dt.datetime(2026, 4, 8, 12, tzinfo=PARIS)  # a Wednesday, ten days after the clocks went forward


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.fixture
def alarms():
    site = make_site(timezone="Europe/Paris")
    make_feed(site)
    rule, sectors = make_rule(site), [make_sector(site, "nord"), make_sector(site, "sud")]
    assets = [make_asset(site, f"L-{number}", sector=sectors[number % 2]) for number in range(3)]
    return [
        make_alarm(rule, asset, severity=severity, sector=asset.sector) for asset, severity in zip(assets, (3, 2, 1), strict=True)
    ]


def told(alarms, times):
    for number, (alarm, moment) in enumerate(times):
        annunciate(alarms[alarm], at(moment), 1)
        Annunciation.objects.filter(seq=900_000).update(seq=number + 1)


def window(site, **told: object) -> MaintenanceWindow:
    return MaintenanceWindow(**{"site": site, "starts_at": at("2026-04-09T08:00"), "ends_at": at("2026-04-09T10:00"), **told})


def test_one_that_runs_once_is_tried_at_the_same_hours_of_each_week(alarms):
    site, nord = alarms[0].rule.site, alarms[0].sector
    told(alarms, [(0, "2026-04-02T09:00"), (0, "2026-03-26T09:00"), (0, "2026-04-02T11:00"), (1, "2026-04-02T09:00"),
                  (2, "2026-04-02T09:30"), (0, "2026-03-05T09:00")])  # fmt: skip
    found = hidden.by_window(window(site, sector=nord), None, NOW)
    assert len(found.periods) == 4
    assert (found.count, found.critical, found.severities) == (2, 1, {1: 0, 2: 0, 3: 2, 4: 0})
    assert [row.alarm_id for row in found.rows] == [alarms[0].pk] * 2
    assert hidden.by_window(window(site, sector=nord, critical=True), None, NOW).count == 3
    assert hidden.by_window(window(site, sector=nord), ("sud",), NOW).count == 0


def test_a_weekly_one_is_tried_on_the_clocks_of_the_site(alarms):
    site = alarms[0].rule.site
    told(alarms, [(0, "2026-03-23T07:30"), (0, "2026-03-30T07:30"), (1, "2026-03-30T08:30"), (0, "2026-03-31T07:30")])
    weekly = window(site, kind=alarms[0].asset.kind, weekdays=[1], start_time=dt.time(7), end_time=dt.time(8))
    found = hidden.by_window(weekly, None, NOW)
    assert [period.start for period in found.periods] == [at(f"2026-{day}T07:00") for day in ("03-16", "03-23", "03-30", "04-06")]
    assert found.count == 2


def test_what_nobody_heard_is_not_hidden_again(alarms):
    told(alarms, [(0, "2026-04-02T09:00")])
    Annunciation.objects.update(unheard=Annunciation.Unheard.SHELVED)
    assert hidden.by_window(window(alarms[0].rule.site, asset=alarms[0].asset), None, NOW).count == 0


def test_the_form_shows_it_and_plans_nothing(alarms, client, valkey):
    from tests.factories import make_user

    client.force_login(make_user("chef", alarms[0].rule.site, "shift_supervisor"))
    client.cookies["language"] = "fr"
    since = dt.datetime.now(PARIS) - dt.timedelta(days=7)
    annunciate(alarms[0], since, 2)
    begin, end = (since + dt.timedelta(days=7, hours=hours) for hours in (-1, 1))
    sent = {
        "act": "try", "reason": "", "asset": "", "sector": "nord", "repeats": "once", "critical": "",
        "starts_at": f"{begin:%Y-%m-%dT%H:%M}", "ends_at": f"{end:%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    page = client.post("/sites/quai/maintenance", sent)
    assert page.status_code == 200
    assert "2 annonces entendues auraient été masquées." in page.content.decode()
    assert not MaintenanceWindow.objects.exists()


def test_a_shelving_is_tried_on_when_the_same_alarm_was_heard(alarms):
    told(alarms, [(0, "2026-04-01T08:00"), (0, "2026-03-20T08:00"), (0, "2026-03-01T08:00"), (1, "2026-04-01T08:00")])
    Annunciation.objects.filter(alarm=alarms[0], at=at("2026-04-01T08:00")).update(subject=alarms[0].subject)
    assert hidden.announced(alarms[0], NOW) == [at("2026-03-20T08:00"), at("2026-04-01T08:00")]
    Annunciation.objects.filter(at=at("2026-03-20T08:00")).update(unheard=Annunciation.Unheard.SHELVED)
    assert hidden.announced(alarms[0], NOW) == [at("2026-04-01T08:00")]
