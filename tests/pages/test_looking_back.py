"""Looking back: an instant that cannot be is refused by the interface, and the page then shows the day."""

import pytest

from reports.models import Annunciation
from tests.factories import NOON


@pytest.mark.parametrize("at", ["", "x", "2026-03-01T10:00", "2999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "0" * 300, "\0"])
def test_an_instant_that_cannot_be_is_refused(city, at):
    client = city.client("auditor")
    assert client.get("/api/v1/sites/quai/instant", {"at": at}).status_code == 422
    assert client.get("/sites/quai/looking-back", {"at": at, "day": at}).status_code == 200


def heard(city, name: str, times: int, **fields: object) -> None:
    alarm = city.alarms[name]
    values = {"site": city.site, "alarm": alarm, "rule": city.rule, "subject": alarm.subject, "asset": alarm.asset,
              "sector": alarm.sector, "cause": 1, "severity": 2, "current": 2, "at": NOON, "began_at": NOON} | fields  # fmt: skip
    Annunciation.objects.bulk_create(Annunciation(seq=Annunciation.objects.count() + n + 1, **values) for n in range(times))


def test_heat_counts_what_was_heard_in_the_period_by_asset_and_sector_that_one_sees(city):
    heard(city, "nord", 5)
    heard(city, "sud", 2, severity=1)
    heard(city, "none", 1, asset=None, sector=None)
    heard(city, "sud", 9, unheard=Annunciation.Unheard.SHELVED)
    heard(city, "sud", 9, at=NOON.replace(day=3))
    day = {"from": "2026-03-01", "to": "2026-03-01"}
    context = city.client("auditor").get("/sites/quai/heat", day).context
    assert (context["heat"].total, context["heat"].nowhere) == (8, 1)
    assert [(each["asset"].code, each["count"], each["severity"]) for each in context["listed"]] == [
        ("J-1", 5, "high"), ("J-3", 2, "critical"),
    ]  # fmt: skip
    assert [(sector.slug, n) for sector, n in context["sectors"]] == [("nord", 5), ("sud", 2)]
    assert [count for _lon, _lat, count in context["places"]] == [2, 5], "the most are drawn last"
    north = city.client("nord").get("/sites/quai/heat", day | {"severity": "high"}).context["heat"]
    assert (north.total, len(north.assets)) == (5, 1)
    wrong = city.client("auditor").get("/sites/quai/heat", {"from": "2026-03-02", "to": "2026-03-01"})
    assert "Ce n’est pas une période" in wrong.text
