"""The past a pretend city comes with, laid over the weeks before now: an anomaly has something to compare with at once."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
from django.db import connection

from alarms.site import profiles
from assets.inventory import habits
from tests.factories import make_asset, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 11, 25, 10, 20, tzinfo=dt.UTC)
RULE = {"kind": "anomaly", "scope": {"quantity": "power"}, "limits": [{"severity": "low", "limit": 6}], "floor": 1.0}


def test_each_hour_of_the_week_gets_its_own_figures(tmp_path: Path):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE rollup_hour")
    site = make_site(timezone="Europe/Paris")
    point = make_point(make_asset(site, "CPE-1"), quantity="power")
    figures = np.empty((2, 672, 3), np.float32)
    figures[:] = (np.arange(672) % 168)[None, :, None]
    np.save(tmp_path / "habits.npy", figures)
    (tmp_path / "habits.json").write_text(json.dumps({"points": [["CPE-1", "power"], ["CPE-2", "power"]]}))
    assert habits.load(site, tmp_path, NOW) == 672
    make_rule(site, spec=RULE)
    profiles.refresh(site.pk, NOW)
    found = profiles.stored(site.pk)
    assert set(found.point.tolist()) == {point.pk}
    assert np.array_equal(found.median, found.hour.astype(float))
    assert found.weeks.min() >= 3


def test_a_folder_without_habits_has_none_to_load(tmp_path: Path):
    assert habits.load(make_site(), tmp_path, NOW) == 0
