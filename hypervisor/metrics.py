"""What Prometheus reads: how far each site's correlator is, what is open, how the feeds do, who watches."""

import hmac
import ipaddress
from collections.abc import Iterable, Iterator
from datetime import datetime

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from alarms.correlation import rule_aside, set_aside
from alarms.models import Alarm, Position, Severity
from assets import log, periodic
from assets.feeds import health as feed_health
from assets.models import Feed, Site
from commands import deadlines, figures
from commands.states import OPEN
from hypervisor import backlog, live
from hypervisor.health import correlators_stuck, heartbeats
from journal import followers
from journal.models import Ledger


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For this machine, and for who has the token of VIGIE_METRICS_TOKEN (`Authorization: Bearer …`)."""
    if not _allowed(request):
        return HttpResponse(status=403)
    registry = CollectorRegistry()
    try:
        registry.register(_Room(timezone.now()))
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    except (DatabaseError, InterfaceError, redis.RedisError):
        return HttpResponse("An engine does not answer.\n", status=503, content_type="text/plain")


def _allowed(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False  # a proxy on this machine speaks for somebody who may not be on it
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "").is_loopback
    except ValueError:
        return request.META.get("REMOTE_ADDR") in ("", None)  # a unix socket has no address


class _Room:
    """A collector of one scrape at `now`."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._sites = dict(Site.objects.values_list("id", "slug"))

    def collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("vigie_info", "Version that runs.", labels=["version"])
        info.add_metric([settings.VERSION], 1)
        yield info
        yield from self._correlators()
        yield from self._alarms()
        yield from self._feeds()
        yield from self._commands()
        yield from self._periodic()
        sockets = dict.fromkeys(self._sites, 0) | live.sockets()
        yield self._by_site("vigie_live_sockets", "Live sockets of this process.", sockets)

    def describe(self) -> Iterable[Metric]:
        return []

    def _by_site(self, name: str, text: str, values: dict[int, float | None]) -> Metric:
        family = GaugeMetricFamily(name, text, labels=["site"])
        for site, value in values.items():
            if value is not None and site in self._sites:
                family.add_metric([self._sites[site]], value)
        return family

    def _correlators(self) -> Iterator[Metric]:
        positions = {row.site_id: row for row in Position.objects.all()}
        client = log.shared().redis
        lengths, sizes, lags = {}, {}, {}
        for site in self._sites:
            sizes[site] = log.shared().bytes(site)
            lengths[site], lags[site] = _waiting(client, site, positions.get(site))
        commits = {site: _age(row.committed_at, self._now) for site, row in positions.items()}
        yield self._by_site("vigie_log_entries", "Batches in the site's log.", lengths)
        yield self._by_site("vigie_log_bytes", "Packed bytes of these batches.", sizes)
        yield self._by_site("vigie_correlator_lag_seconds", "Time between the last batch accepted and the last stored.", lags)
        yield self._by_site("vigie_commit_age_seconds", "How far the last commit is behind the clock.", commits)
        beats = heartbeats(list(self._sites))
        yield self._by_site("vigie_correlator_heartbeat_age_seconds", "Time since the correlator last gave a sign.", beats)
        up = {site: float(age is not None) for site, age in beats.items()}
        yield self._by_site("vigie_correlator_up", "Whether a correlator follows the site.", up)
        stuck = {site: float(bool(reason)) for site, reason in correlators_stuck(list(self._sites)).items()}
        yield self._by_site("vigie_correlator_stuck", "1 while a defect of Vigie keeps the correlator from going on.", stuck)
        aside = dict.fromkeys(self._sites, 0) | set_aside.left()
        yield self._by_site("vigie_set_aside_entries", "Entries of the log that could not be applied.", aside)
        rules = dict.fromkeys(self._sites, 0) | rule_aside.left()
        yield self._by_site("vigie_set_aside_rules", "Rules that a defect of Vigie keeps from running.", rules)
        what = "Lines of the journal that a follower has not dealt with."
        behind = GaugeMetricFamily("vigie_follower_lag_lines", what, labels=["site", "follower"])
        for (site, follower), lag in followers.lags(list(self._sites)).items():
            behind.add_metric([self._sites[site], follower], lag)
        yield behind
        yield self._by_site("vigie_journal_lines", "Lines of the journal.", dict(Ledger.objects.values_list("site_id", "seq")))

    def _alarms(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("vigie_open_alarms", "Alarms that are open.", labels=["site", "severity", "acknowledged"])
        acknowledged = Count("pk", Q(state=Alarm.State.ACKNOWLEDGED))
        rows = Alarm.objects.filter(is_open=True).order_by().values("site_id", "severity")
        counted = {
            (row["site_id"], row["severity"]): (row["done"], row["all"])
            for row in rows.annotate(all=Count("pk"), done=acknowledged)
        }
        for site, slug in self._sites.items():
            for severity in Severity:
                done, total = counted.get((site, severity.value), (0, 0))
                family.add_metric([slug, severity.label, "yes"], done)
                family.add_metric([slug, severity.label, "no"], total - done)
        yield family

    def _commands(self) -> Iterator[Metric]:
        under_way = GaugeMetricFamily("vigie_open_commands", "Commands that have not ended.", labels=["site", "state"])
        counted = figures.open_now()
        for site, slug in self._sites.items():
            for state in sorted(OPEN):
                under_way.add_metric([slug, state], counted.get((site, state), 0))
        what = "Commands that ended without success within a day."
        failed = GaugeMetricFamily("vigie_failed_commands", what, labels=["site", "state", "reason"])
        for site, state, reason, count in figures.failed_lately(self._now):
            failed.add_metric([self._sites[site], state, reason], count)
        yield from (under_way, failed)
        standing = dict.fromkeys(self._sites, (0, 0)) | figures.overrides()
        overdue = {site: each[1] for site, each in standing.items()}
        yield self._by_site("vigie_overrides", "What stands until its end.", {site: each[0] for site, each in standing.items()})
        yield self._by_site("vigie_overdue_overrides", "Of it, what the field holds past its end.", overdue)
        lags = dict.fromkeys(self._sites, 0.0) | deadlines.lag(self._now)
        yield self._by_site("vigie_command_sweep_lag_seconds", "How long the oldest deadline of a command has been over.", lags)

    def _periodic(self) -> Iterator[Metric]:
        labels = ["task", "site"]
        succeeded = GaugeMetricFamily("vigie_periodic_success_seconds", "When it succeeded last (Unix time).", labels=labels)
        took = GaugeMetricFamily("vigie_periodic_duration_seconds", "How long that took.", labels=labels)
        failures = CounterMetricFamily("vigie_periodic_failures", "Times it failed.", labels=labels)
        reports = periodic.reports()
        for report in reports:
            if report.site and int(report.site) not in self._sites:
                continue
            names = [report.name, self._sites[int(report.site)] if report.site else ""]
            succeeded.add_metric(names, report.succeeded_at)
            took.add_metric(names, report.took)
            failures.add_metric(names, report.failures)
        waiting = GaugeMetricFamily("vigie_tasks_waiting", "Tasks that wait for a worker.", labels=["queue"])
        for queue, count in backlog.look(log.shared().redis, reports).waiting.items():
            waiting.add_metric([queue], count)
        yield from (succeeded, took, failures, waiting)

    def _feeds(self) -> Iterator[Metric]:
        feeds = {feed.pk: feed for feed in Feed.objects.select_related("supervisor").order_by("slug")}
        state = GaugeMetricFamily("vigie_feed_state", "1 for the state a feed is in.", labels=["site", "feed", "state"])
        age = GaugeMetricFamily("vigie_feed_message_age_seconds", "Time since the last message.", labels=["site", "feed"])
        taken = CounterMetricFamily("vigie_feed_items", "Items by what became of them.", labels=["site", "feed", "outcome"])
        out_of_order = CounterMetricFamily(
            "vigie_feed_out_of_order", "Accepted readings not newer than the newest of their point: late ones are stored and "
            "not judged, duplicates are dropped.", labels=["site", "feed", "kind"],
        )  # fmt: skip
        for one in feed_health.read(feeds, self._now):
            feed = feeds[one.feed]
            names = [self._sites[feed.supervisor.site_id], feed.slug]
            for name in feed_health.STATES:
                state.add_metric([*names, name], float(one.state == name))
            if (seconds := _age(one.last_message_at, self._now)) is not None:
                age.add_metric(names, seconds)
            for outcome in ("accepted", "unknown", "rejected", "undated"):
                taken.add_metric([*names, outcome], getattr(one, outcome))
            for kind in ("late", "duplicate"):
                out_of_order.add_metric([*names, kind], getattr(one, kind))
        yield from (state, age, taken, out_of_order)


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _waiting(client: redis.Redis, site: int, position: Position | None) -> tuple[int, float | None]:
    """(batches in the log, seconds between the last accepted and the last stored); offsets begin with milliseconds."""
    length = client.xlen(log.key(site))
    last = client.xrevrange(log.key(site), count=1)
    if not last or position is None:
        return length, 0.0
    accepted, stored = (int(str(offset).partition("-")[0]) for offset in (last[0][0].decode(), position.offset))
    return length, max(0.0, (accepted - stored) / 1000)
