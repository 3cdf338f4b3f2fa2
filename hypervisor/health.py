"""Is this process alive, and is the control room complete: for whoever restarts and balances it."""

import time
from collections.abc import Callable

import msgspec
import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alarms.correlation import rule_aside, set_aside
from alarms.correlation.correlator import heartbeat_key, stuck_key
from assets import durability, periodic
from assets.models import Site
from commands import figures
from hypervisor import backlog
from journal import followers
from journal.following import heartbeat_age
from response.models import Siren
from response.notification import canary
from response.siren import moves as sirens

TIMEOUT = 2.0
"""Seconds an engine may take to answer."""
SILENT_AFTER = 10.0
"""Seconds without a heartbeat after which a site has no correlator."""


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    return _answer(200, {"status": "alive"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """503 names what is missing.

    A site without a correlator, entries or rules that were set aside, tasks that nobody does, messages that do not leave, or an
    engine that may lose what was acknowledged degrade the service and do not take the screens away.
    """
    absent = missing()
    checks = {name: name not in absent for name in _CHECKS}
    if absent:
        return _answer(503, {"status": "unready", "missing": absent, "checks": checks})
    sites = list(Site.objects.values_list("id", flat=True))
    stuck, aside, followed = correlators_stuck(sites), set_aside.left(), correlators(sites)
    rules = rule_aside.left()
    flaws = _durability()
    degraded = ["correlator"] * (followed < len(sites)) + ["set_aside"] * bool(aside or rules)
    reports = periodic.reports()
    failing = sorted({report.name for report in reports if report.fails})
    degraded += ["periodic"] * bool(failing)
    behind = followers_away(sites)
    degraded += ["followers"] * bool(behind)
    with _client() as client:
        tasks = backlog.look(client, reports)
    degraded += ["worker"] * tasks.stands
    degraded += ["commands"] * figures.stands(timezone.now())
    canaries = [state for state in canary.states(sites, timezone.now()).values() if state.late]
    degraded += ["canary"] * bool(canaries)
    lost = [each.slug for each in Siren.objects.filter(enabled_at__isnull=False) if sirens.is_lost(each, timezone.now())]
    degraded += ["sirens"] * bool(lost)
    degraded += ["durability"] * any(flaw.certain for flaw in flaws)
    told = {
        "sites": len(sites), "correlators": followed, "degraded": degraded, "durability": [flaw.text for flaw in flaws],
        "stuck": sum(bool(reason) for reason in stuck.values()), "set_aside": sum(aside.values()),
        "rules_set_aside": sum(rules.values()), "periodic": failing, "tasks_waiting": tasks.waiting,
        "sirens_lost": len(lost), "followers_waiting": behind, "canaries_late": len(canaries),
    }  # fmt: skip
    return _answer(200, {"status": "degraded" if degraded else "ready", "checks": checks, **told})


def missing() -> list[str]:
    """What does not answer, or is not as it must be, by the names of the checks."""
    return [name for name, check in _CHECKS.items() if not _well(check)]


def _answer(status: int, body: dict[str, object]) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")


def _well(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, InterfaceError, redis.RedisError, OSError):
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _valkey() -> bool:
    with _client() as client:
        return client.ping()


_CHECKS = {"database": _database, "migrations": _migrated, "valkey": _valkey}


def correlators(sites: list[int]) -> int:
    """How many of these sites are followed by a correlator that goes on."""
    stuck = correlators_stuck(sites)
    return sum(age is not None and age < SILENT_AFTER and not stuck[site] for site, age in heartbeats(sites).items())


def followers_away(sites: list[int]) -> int:
    """Lines that wait for followers while nobody runs these. Raises redis.RedisError."""
    lags = followers.lags(sites)
    if not lags:
        return 0
    with _client() as client:
        age = heartbeat_age(client)
    return max(lags.values()) if age is None or age > SILENT_AFTER else 0


def _durability() -> list[durability.DurabilityFlaw]:
    with _client() as client:
        return durability.of_valkey(client) + durability.of_postgresql()


def heartbeats(sites: list[int]) -> dict[int, float | None]:
    """Seconds since the correlator of each site last gave a sign; None when it has not for long. Raises redis.RedisError."""
    if not sites:
        return {}
    with _client() as client:
        beats = client.mget([heartbeat_key(site) for site in sites])
    now = time.time()
    return {site: max(0.0, now - int(beat) / 1e6) if beat else None for site, beat in zip(sites, beats, strict=True)}


def correlators_stuck(sites: list[int]) -> dict[int, str]:
    """Why the correlator of each site cannot go on; empty where it can, or where there is none. Raises redis.RedisError."""
    if not sites:
        return {}
    with _client() as client:
        reasons = client.mget([stuck_key(site) for site in sites])
    return {site: (reason or b"").decode() for site, reason in zip(sites, reasons, strict=True)}


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
