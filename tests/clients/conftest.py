"""A served Vigie with a small city in it, for the clients that we publish."""

from collections.abc import Iterator

import pytest

from tests.desk.served import Served


@pytest.fixture(scope="module")
def served(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("web") / "log") as process:
        yield process


@pytest.fixture
def city(transactional_db: None, valkey: object, served: Served):
    """A tests.api.city.City that `served` shows."""
    from tests.api.city import build

    served.resume()
    yield build()
    served.ensure()
    served.pause()


@pytest.fixture
def token(city):
    """The token of a program for alarms."""
    import datetime as dt

    from django.utils import timezone

    from hypervisor import tokens
    from journal.actors import Actor

    by, now = Actor.of(city.users["administrator"]), timezone.now()
    return tokens.create(city.site, "tickets", ["alarms"], "operator", now + dt.timedelta(days=9), by=by, now=now)[1]
