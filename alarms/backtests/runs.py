"""Orders, runs and cancels backtests: the only writer of Backtest and, for them, of WouldBeAlarm."""

import datetime as dt
from collections.abc import Callable
from itertools import chain

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.utils import OperationalError

from alarms.backtests import trial
from alarms.backtests.figures import figures
from alarms.backtests.rows import stored
from alarms.backtests.trial import TrialOutcome
from alarms.backtests.wouldbe import WouldBe, match
from alarms.engine import spec as specs
from alarms.engine.layout import CompileError
from alarms.models import Backtest, Rule, RuleVersion, WouldBeAlarm
from alarms.rules.mishaps import Mishap
from alarms.site.running import ActiveRule
from assets.instants import EPOCH, instant, microseconds
from assets.refusal import Meaning, Refused
from journal.actors import SYSTEM, Actor
from journal.rows import time_text

LONGEST = dt.timedelta(days=92)
MOST_WAITING = 5
"""Backtests of one site that are queued or running."""
MOST_KEPT = 5_000
"""Would-be alarms of one version that are stored; all are counted."""
KEPT = dt.timedelta(days=31)
"""A backtest that ended longer ago is forgotten, with its would-be alarms."""
UNTOLD = 3_600_000_000
"""µs at an end of the period of which nothing may be stored before that is said."""
TELL_EVERY = dt.timedelta(seconds=0.5)
LOST_AFTER = dt.timedelta(minutes=2)
"""A run that has not been seen for so long has died with its worker."""

_UNFINISHED = Q(state__in=[Backtest.State.QUEUED, Backtest.State.RUNNING])


class _Cancelled(Exception):
    pass


def order(
    rule: Rule,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    spec: dict[str, object] | None = None,
    *,
    by: Actor = SYSTEM,
    now: dt.datetime,
) -> Backtest:
    """Store what is to be tried: `spec`, or the newest version. Raises Refused, and alarms.engine.spec.SpecError."""
    if starts_at < EPOCH:  # what rules can see of the past goes back from there, and no calendar before the year 1
        raise _wrong(
            "no_readings_then", "from", "Aucune mesure n’est antérieure à 1970.", "There are no readings from before 1970."
        )
    if not starts_at < ends_at <= now:
        raise _wrong("not_a_period", "to", "La période doit finir après son début, et pas dans l’avenir.",
                     "The period must end after its beginning, and not in the future.")  # fmt: skip
    if ends_at - starts_at > LONGEST:
        raise _wrong(
            "too_long", "from", f"La période dépasse {LONGEST.days} jours.", f"The period is longer than {LONGEST.days} days."
        )
    document = msgspec.to_builtins(specs.decode(rule.versions.first().spec if spec is None else spec))
    runs_now = rule.active_version if rule.state == Rule.State.ACTIVE else None
    with transaction.atomic():
        with connection.cursor() as cursor:  # who orders at the same moment is counted too
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('backtests'), %s)", [rule.site_id])
        if Backtest.objects.filter(_UNFINISHED, rule__site=rule.site_id).count() >= MOST_WAITING:
            raise Refused(
                "too_many_waiting", "Trop d’essais attendent déjà sur ce site.",
                "Too many backtests of this site are waiting already.",
            )  # fmt: skip
        return Backtest.objects.create(
            rule=rule,
            spec=document,
            against=runs_now,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=now,
            created_by_id=by.person,
        )


def _wrong(code: str, field: str, fr: str, en: str) -> Refused:
    return Refused(code, fr, en, meaning=Meaning.INVALID, field=field)


def cancel(backtest: Backtest, now: dt.datetime) -> bool:
    """Whether there was something to cancel; a running one ends within a second."""
    return bool(Backtest.objects.filter(_UNFINISHED, pk=backtest.pk).update(state=Backtest.State.CANCELLED, finished_at=now))


def run(pk: int, clock: Callable[[], dt.datetime]) -> None:
    """Run one that is queued, or one whose worker died. Whatever comes of it is told in its row."""
    now = clock()
    waiting = Q(state=Backtest.State.QUEUED) | Q(state=Backtest.State.RUNNING, seen_at__lt=now - LOST_AFTER)
    if not Backtest.objects.filter(waiting, pk=pk).update(state=Backtest.State.RUNNING, seen_at=now, progress=0):
        return
    backtest = Backtest.objects.select_related("rule__site", "against").get(pk=pk)
    try:
        outcome = trial.run(
            backtest.rule.site_id, backtest.rule_id, specs.decode(backtest.spec), _runs_now(backtest.against),
            microseconds(backtest.starts_at), microseconds(backtest.ends_at), _Teller(pk, clock),
        )  # fmt: skip
    except _Cancelled:
        return
    except (CompileError, specs.SpecError) as error:
        _end(pk, Backtest.State.FAILED, clock(), message=str(error.trouble)[:500])
    except trial.NothingStored:
        days = settings.RETENTION_DAYS
        _end(
            pk,
            Backtest.State.FAILED,
            clock(),
            message=Mishap.NOTHING_STORED.say({"days": days}),
            figures={"stored": None, "kept_days": days},
        )
    except trial.TooMany:
        _end(pk, Backtest.State.FAILED, clock(), message=Mishap.TOO_MANY_ALARMS.say({"most": f"{trial.MOST:,}"}))
    except OperationalError as error:
        _end(pk, Backtest.State.FAILED, clock(), message=Mishap.POSTGRESQL.say({"reason": str(error).strip()})[:500])
        raise
    except BaseException:  # else it would be taken for one whose worker died, and run again every two minutes for a day
        _end(pk, Backtest.State.FAILED, clock(), message=Mishap.OUR_MISTAKE.say({}))
        raise
    else:
        _keep(backtest, outcome, clock())


def sweep(now: dt.datetime) -> list[int]:
    """Ids of the backtests whose worker died, to be run again; those waiting since yesterday are given up, old ones forgotten."""
    Backtest.objects.filter(finished_at__lt=now - KEPT).delete()
    Backtest.objects.filter(_UNFINISHED, created_at__lt=now - dt.timedelta(days=1)).update(
        state=Backtest.State.FAILED, finished_at=now, message=Mishap.NOT_RUN.say({})
    )
    lost = Backtest.objects.filter(state=Backtest.State.RUNNING, seen_at__lt=now - LOST_AFTER)
    return list(lost.values_list("pk", flat=True))


class _Teller:
    """Writes the progress twice a second, and ends the trial when its row says that it was cancelled."""

    def __init__(self, pk: int, clock: Callable[[], dt.datetime]) -> None:
        self._running = Backtest.objects.filter(pk=pk, state=Backtest.State.RUNNING)
        self._clock = clock
        self._next = clock()

    def __call__(self, share: float, readings: int) -> None:
        now = self._clock()
        if now < self._next:
            return
        self._next = now + TELL_EVERY
        if not self._running.update(progress=share, readings=readings, seen_at=now):
            raise _Cancelled


def _runs_now(version: RuleVersion | None) -> ActiveRule | None:
    return None if version is None else ActiveRule(version.rule_id, version.pk, specs.decode(version.spec))


def _end(pk: int, state: str, now: dt.datetime, **told: object) -> bool:
    running = Backtest.objects.filter(pk=pk, state=Backtest.State.RUNNING)
    return bool(running.update(state=state, finished_at=now, seen_at=now, **told))


def _keep(backtest: Backtest, outcome: TrialOutcome, now: dt.datetime) -> None:
    start, end, zone = microseconds(backtest.starts_at), microseconds(backtest.ends_at), backtest.rule.site.timezone
    first, last = outcome.stored
    stretch = {"from": time_text(instant(first)), "to": time_text(instant(last)), "whole": first - start <= UNTOLD >= end - last}
    told: dict[str, object] = {
        "draft": figures(outcome.draft, first, end, zone), "active": None, "added": 0, "removed": 0, "stored": stretch,
    }  # fmt: skip
    added: list[WouldBe] = []
    removed: list[WouldBe] = []
    if outcome.active is not None:
        added, removed = match(outcome.draft, outcome.active)
        told |= {
            "active": figures(outcome.active, first, end, zone), "added": len(added), "removed": len(removed),
        }  # fmt: skip
    alone = set(map(id, chain(added, removed)))
    with transaction.atomic():
        if not _end(
            backtest.pk, Backtest.State.DONE, now, progress=1, readings=outcome.readings, figures=msgspec.to_builtins(told)
        ):
            return
        WouldBeAlarm.objects.filter(backtest=backtest).delete()
        WouldBeAlarm.objects.bulk_create(
            chain(
                (
                    stored(outcome.survey, alarm, "draft", backtest=backtest, alone=id(alarm) in alone)
                    for alarm in outcome.draft[:MOST_KEPT]
                ),
                (
                    stored(outcome.survey, alarm, "active", backtest=backtest, version_id=alarm.version, alone=id(alarm) in alone)
                    for alarm in (outcome.active or [])[:MOST_KEPT]
                ),
            ),
            batch_size=1000,
        )
