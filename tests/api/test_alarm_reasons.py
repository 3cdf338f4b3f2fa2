"""What the interface says of why an alarm is there: the names of what its evidence speaks of, its chart, and how it ended."""

import datetime as dt
import json

import msgspec
import pytest

from alarms.models import Alarm
from tests.factories import NOON
from tests.pages.test_why_samples import AT, SAMPLES


def _give(city, sample, *, pointless: bool) -> int:
    alarm = city.alarms["nord"]
    moved = dt.datetime.fromtimestamp(AT / 1e6, dt.UTC)
    point = None if pointless else city.points["nord"]
    Alarm.objects.filter(pk=alarm.pk).update(evidence=msgspec.to_builtins(sample), point=point, raised_at=moved)
    return alarm.pk


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__struct_config__.tag)
@pytest.mark.parametrize("pointless", [False, True])
def test_every_kind_of_evidence_can_be_drawn(city, sample, pointless):
    client = city.client("auditor")
    ident = _give(city, sample, pointless=pointless)
    drawn = client.get(f"/api/v1/alarms/{ident}/chart")
    assert drawn.status_code == 200
    if drawn.json()["data"]:
        assert any(shape["type"] == "line" and shape["x0"] == shape["x1"] for shape in drawn.json()["layout"]["shapes"])
    assert client.get(f"/api/v1/alarms/{ident}").json()["evidence"]["kind"] == sample.__struct_config__.tag


def test_an_alarm_that_worsened_is_drawn_when_it_fired_and_not_where_its_delay_began(city):
    noon = int(NOON.timestamp() * 1e6)
    evidence = {"kind": "threshold", "direction": "above", "value": 3.0, "value_at": noon, "limit": 2.5, "first_value": 2.6,
                "first_at": noon, "delay": 120_000_000, "deadband": 0.1}  # fmt: skip
    alarm = city.alarms["nord"]
    Alarm.objects.filter(pk=alarm.pk).update(point=city.points["nord"], evidence=evidence, raised_at=NOON)
    shapes = city.client("auditor").get(f"/api/v1/alarms/{alarm.pk}/chart").json()["layout"]["shapes"]
    moments = {shape["x0"]: shape["line"]["width"] for shape in shapes if shape["type"] == "line" and shape["x0"] == shape["x1"]}
    assert moments == {"2026-03-01T13:00:00.000": 1, "2026-03-01T13:02:00.000": 2}


def test_assets_of_an_evidence_are_named_for_who_may_see_them(city):
    asset = city.assets["nord"]
    fact = {"what": {"fr": "porte forcée", "en": "door forced"}, "subject": f"asset:{asset.pk}", "asset": asset.pk, "at": AT}
    evidence = {"kind": "missing", "first": fact, "expected": fact["what"], "by": "asset", "within": 60_000_000, "then": None}
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(evidence=evidence)
    told = city.client("auditor").get(f"/api/v1/alarms/{city.alarms['nord'].pk}").json()
    assert told["named"]["assets"] == {str(asset.pk): {"code": asset.code, "name": asset.name}}
    assert told["ended"] is None


LINK = "<a href='https://evil.example'>m</a>"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.__struct_config__.tag)
@pytest.mark.parametrize("pointless", [False, True])
def test_no_name_becomes_a_link_in_a_chart(city, sample, pointless):
    """Plotly makes elements of what looks like HTML in a text."""
    point, asset = city.points["nord"], city.assets["nord"]
    point.unit, point.codes = LINK[:20], {"1": LINK}
    point.save(update_fields=["unit", "codes"])
    asset.name = LINK
    asset.save(update_fields=["name"])
    ident = _give(city, sample, pointless=pointless)
    evidence = json.dumps(msgspec.to_builtins(sample))
    for number in range(1, 30):
        evidence = evidence.replace(f'"asset": {number},', f'"asset": {asset.pk},')
    Alarm.objects.filter(pk=ident).update(evidence=json.loads(evidence), asset=asset)
    client = city.client("auditor")
    for address in (f"alarms/{ident}/chart", f"points/{point.pk}/chart"):
        drawn = client.get(f"/api/v1/{address}")
        assert drawn.status_code == 200
        assert "<a" not in drawn.content.decode()
