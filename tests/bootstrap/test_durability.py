"""An engine that may lose what was acknowledged is told by name: by the system checks, at the correlator's start, in health."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from urllib.parse import urlencode

import pytest
import redis
from django.core.checks import run_checks
from django.db import connection
from django.test import Client

from alarms.management.commands.correlate import Command
from assets import durability

SAFE = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


@contextmanager
def configured(valkey: redis.Redis, **changed: str) -> Iterator[None]:
    wanted = {**SAFE, **{name.replace("_", "-"): value for name, value in changed.items()}}
    before = valkey.config_get(*wanted)
    for name, value in wanted.items():
        valkey.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            valkey.config_set(name, value)


@pytest.fixture
def without_config(valkey, settings) -> Iterator[redis.Redis]:
    """A client, and Vigie, as an account that may not read the configuration, as with managed servers."""
    valkey.execute_command("ACL", "SETUSER", "managed", "on", ">secret", "~*", "&*", "+@all", "-config")
    path = settings.REDIS_URL.removeprefix("unix://").partition("?")[0]
    settings.REDIS_URL = f"unix://{path}?{urlencode({'db': 0, 'username': 'managed', 'password': 'secret'})}"
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client
    valkey.execute_command("ACL", "DELUSER", "managed")


def names(flaws: list[durability.DurabilityFlaw]) -> list[str]:
    return [flaw.name for flaw in flaws]


def ready() -> dict[str, object]:
    return json.loads(Client().get("/health/ready").content)


@pytest.mark.parametrize(
    ("changed", "flaws"),
    [
        ({}, []),
        ({"appendonly": "no"}, ["appendonly"]),
        ({"appendfsync": "everysec"}, ["appendfsync"]),
        ({"appendfsync": "no"}, ["appendfsync"]),
        ({"appendfsync": "everysec", "maxmemory_policy": "allkeys-lru"}, ["appendfsync", "eviction"]),
    ],
)
def test_valkey_keeps_what_was_acknowledged_when_it_syncs_before_it_answers(valkey, changed, flaws):
    with configured(valkey, **changed):
        assert names(durability.of_valkey(valkey)) == flaws


def test_a_server_that_hides_its_configuration_cannot_be_verified(without_config):
    [flaw] = durability.of_valkey(without_config)
    assert (flaw.name, flaw.certain) == ("unverified", False)


@pytest.mark.django_db
def test_a_database_that_commits_before_its_disk_is_told():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
        assert "synchronous_commit" in names(durability.of_postgresql())
        cursor.execute("SET LOCAL synchronous_commit TO local")
        assert "synchronous_commit" not in names(durability.of_postgresql())


@pytest.mark.django_db
def test_the_system_checks_name_each_setting_by_an_id_of_its_own(valkey):
    with configured(valkey, appendfsync="everysec"):
        ids = {message.id for message in run_checks(tags=["database"], databases=["default"])}
    assert "vigie.W020" in ids
    assert not ids & {"vigie.W017", "vigie.E018", "vigie.W019"}


@pytest.mark.django_db
def test_health_names_a_valkey_that_answers_before_its_disk_does(valkey):
    with configured(valkey, appendfsync="everysec"):
        told = ready()
    assert told["status"] == "degraded"
    assert "durability" in told["degraded"]
    assert "Valkey acknowledges before its disk does" in told["durability"][0]


@pytest.mark.django_db
def test_health_says_what_cannot_be_verified_and_does_not_call_it_a_fault(without_config):
    database = durability.of_postgresql()  # that of the tests may be one that does not sync
    told = ready()
    assert told["durability"] == ["Whether Valkey keeps what was acknowledged cannot be verified.", *(f.text for f in database)]
    assert told["degraded"] == (["durability"] if database else [])


@pytest.mark.django_db
def test_the_correlator_says_at_its_start_what_may_be_lost(valkey):
    said = StringIO()
    with configured(valkey, appendonly="no"):
        Command(stderr=said).warn()
    assert "Valkey keeps no append-only file" in said.getvalue()
