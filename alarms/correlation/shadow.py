"""Versions in shadow: they run beside the others, nobody hears them, and what they would have raised is kept to be read.

The only writer of WouldBeAlarm rows without a backtest. Called inside the correlator's transaction.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Q

from alarms.backtests.rows import stored
from alarms.backtests.wouldbe import WouldBe
from alarms.engine.transitions import Active, Transition
from alarms.models import SEVERITY_NAMES, SEVERITY_NUMBERS, WouldBeAlarm
from alarms.site.survey import Survey, subject_parts
from assets.instants import instant, microseconds

T = TypeVar("T", Transition, Active)
KEPT = dt.timedelta(days=90)
_OPEN = Q(backtest=None, cleared_at=None)


def apart(seen: Survey, told: Iterable[T]) -> tuple[list[T], list[T]]:
    """Transitions or alarms that stand: (those that are heard, those of versions in shadow)."""
    heard: list[T] = []
    shadowed: list[T] = []
    for each in told:
        (shadowed if seen.rules[each.rule].shadow else heard).append(each)
    return heard, shadowed


def write(seen: Survey, transitions: Sequence[Transition]) -> None:
    """Store what versions in shadow would have raised, worsened and cleared."""
    if not transitions:
        return
    versions = {each.rule for each in transitions}
    standing = {(alarm.version_id, alarm.subject): alarm for alarm in WouldBeAlarm.objects.filter(_OPEN, version__in=versions)}
    changed: dict[int, WouldBeAlarm] = {}
    made: list[WouldBeAlarm] = []
    for each in transitions:
        key = (each.rule, f"{each.subject_kind}:{each.subject}")
        alarm = standing.get(key)
        if each.kind == "clear":
            if alarm is not None:
                alarm.cleared_at = instant(each.at)
                del standing[key]
        elif alarm is None:
            alarm = stored(seen, WouldBe(each, each.severity), "shadow", version_id=each.rule)
            made.append(alarm)
            standing[key] = alarm
        else:
            alarm.severity = min(alarm.severity, SEVERITY_NUMBERS[each.severity])
        if alarm is not None and alarm.pk:
            changed[alarm.pk] = alarm
    WouldBeAlarm.objects.bulk_create(made, batch_size=1000)
    WouldBeAlarm.objects.bulk_update(changed.values(), ["cleared_at", "severity"], batch_size=1000)


def standing(seen: Survey, before: int) -> list[Active]:
    """What stood before a replay begins (µs), for the engine to begin with."""
    versions = [version for version, rule in seen.rules.items() if rule.shadow]
    alarms = WouldBeAlarm.objects.filter(_OPEN, version__in=versions, raised_at__lt=instant(before))
    found = []
    for alarm in alarms:
        kind, whose = subject_parts(alarm.subject)
        found.append(Active(alarm.version_id, kind, whose, SEVERITY_NAMES[alarm.severity], microseconds(alarm.raised_at)))
    return found


def reconcile(seen: Survey, active: Iterable[Active], raised: Iterable[Transition], now: int) -> None:
    """After a rebuild: store what the engine holds and nobody wrote, end what it does not hold, also of versions gone."""
    holds = {(each.rule, f"{each.subject_kind}:{each.subject}") for each in active}
    with transaction.atomic():
        known = set()
        gone = []
        for pk, version, subject in WouldBeAlarm.objects.filter(_OPEN, version__rule__site=seen.site).values_list(
            "pk", "version_id", "subject"
        ):
            if (version, subject) in holds:
                known.add((version, subject))
            else:
                gone.append(pk)
        WouldBeAlarm.objects.filter(pk__in=gone).update(cleared_at=instant(now))
        write(seen, [each for each in raised if (each.rule, f"{each.subject_kind}:{each.subject}") not in known])


def drop_old(now: dt.datetime) -> int:
    """Forget what is long over; returns how many."""
    return WouldBeAlarm.objects.filter(backtest=None, cleared_at__lt=now - KEPT).delete()[0]
