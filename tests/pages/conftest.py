"""Fixtures of the pages' tests: the small city of the interface's tests, as a demo site whose pretend city is not there."""

import pytest


@pytest.fixture
def city(db: None, settings, free_port):
    """A tests.api.city.City with forty more gauges in alarm, and an earlier import."""
    from assets.models import ImportRun
    from tests.api.city import build
    from tests.factories import NOON, make_alarm, make_asset, make_point

    settings.CITY_URL = f"http://127.0.0.1:{free_port()}"
    made = build()
    made.site.demo = True
    made.site.save(update_fields=["demo"])
    for number in range(40):
        asset = make_asset(made.site, f"K-{number:02}", sector=made.sectors["nord"], depends_on=made.assets["nord"])
        make_point(asset, made.feed)
        make_alarm(made.rule, asset, severity=1 + number % 4, seq=1)
    ImportRun.objects.create(site=made.site, file_name="gauges.csv", started_at=NOON)
    return made


@pytest.fixture
def followed(city):
    """The city with the ready-made procedures in force, two of them run by hand."""
    from journal.actors import SYSTEM
    from response.models import Procedure
    from response.procedures import book, runs
    from tests.factories import NOON

    book.bring_in(city.site, book.pack("district"), activate=True, by=SYSTEM, now=NOON)
    for procedure in Procedure.objects.filter(site=city.site)[:2]:
        runs.begin(procedure, by=SYSTEM, now=NOON)
    return city
