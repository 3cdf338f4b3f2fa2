"""Fixtures of the tests of layers; what they need of Django is imported late, after the engines have started."""

import pytest


@pytest.fixture(autouse=True)
def _forget() -> None:
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def city(db: None):
    """A tests.api.city.City in a database of its own."""
    from tests.api.city import build

    return build()


@pytest.fixture
def program(city):
    """program(*may, scheme="Token"): a client that sends the token of a program, and nothing else."""
    import base64
    import datetime as dt

    from django.test import Client
    from django.utils import timezone

    from hypervisor import tokens
    from journal.actors import Actor

    def made(*may, scheme="Token"):
        now = timezone.now()
        by = Actor.of(city.users["administrator"])
        _, token = tokens.create(city.site, f"sig {scheme}", may, "operator", now + dt.timedelta(days=9), by=by, now=now)
        given = base64.b64encode(f"qgis:{token}".encode()).decode() if scheme == "Basic" else token
        return Client(headers={"authorization": f"{scheme} {given}"})

    return made
