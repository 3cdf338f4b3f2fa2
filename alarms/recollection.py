"""What the database knows of the time before a replay: last readings, windows, alarms that stood. Reads, decides nothing."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

import msgspec
import numpy as np
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from alarms import shadow
from alarms.engine.layout import ScopedRule
from alarms.engine.spec import Count, Forecast, Rate, Silence
from alarms.engine.transitions import Active
from alarms.models import Alarm, Severity
from alarms.reach import MARGIN, OF_FACTS, unsettled
from alarms.survey import SECOND, Survey, subject_parts
from assets import history
from assets.instants import instant, microseconds
from assets.readings import Readings

OPEN = ("unacknowledged", "acknowledged")
LAST_READING = dt.timedelta(days=1)
"""How far back the last reading before a replay is looked for."""


def stored_latest(site: Survey) -> Readings:
    """Last stored reading of each point."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.point_id, (extract(epoch FROM l.at) * 1000000)::bigint, l.value, l.quality, "
            "(extract(epoch FROM l.received_at) * 1000000)::bigint FROM assets_latest l "
            "JOIN assets_point p ON p.id = l.point_id JOIN assets_asset a ON a.id = p.asset_id WHERE a.site_id = %s",
            [site.site.id],
        )
        rows = cursor.fetchall()
    if not rows:
        return Readings.empty()
    point, at, value, quality, received = zip(*rows, strict=True)
    return Readings.of(point, at, value, quality, received)


def before(site: Survey, known: Readings, begins: NDArray[np.int64], asked: NDArray[np.intp]) -> Readings:
    """The reading that each point entered its replay with (`begins`: µs by register row), where it is known or asked for.

    known   the last stored readings: of points that are not in the replay they are all there is to know
    asked   rows of the points for which the reading is looked up
    """
    rows = site.register.rows(known.point)
    entered = (rows >= 0) & (known.at < begins[rows])
    found = [known.take(entered)]
    seen_in_replay = np.zeros(len(begins), bool)
    seen_in_replay[rows[~entered & (rows >= 0)]] = True
    asked = asked[seen_in_replay[asked]]
    for begin in np.unique(begins[asked]).tolist():
        points = site.register.point_id[asked[begins[asked] == begin]]
        found.append(history.last_before(points, instant(begin), LAST_READING))
    return Readings.concatenate(found)


def windows(site: Survey, rules: Iterable[ScopedRule], begins: NDArray[np.int64], base: int) -> Iterator[Readings]:
    """What the windows that reach further back than the replay held by then: the means of minutes, window by window.

    `rules` are those that run: one that was refused has no window to fill.
    """
    for rule in rules:
        if not isinstance(rule.spec, Rate | Forecast) or rule.spec.window * SECOND <= base - MARGIN:
            continue
        window = round(rule.spec.window * SECOND)
        for begin in np.unique(begins[rule.rows]).tolist():
            points = site.register.point_id[rule.rows[begins[rule.rows] == begin]].tolist()
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT point, (extract(epoch FROM at) * 1000000)::bigint, total / count FROM rollup_minute "
                    "WHERE point = ANY(%s) AND at >= %s AND at < %s ORDER BY at",
                    [points, instant(begin - window), instant(begin)],
                )
                rows = cursor.fetchall()
            if rows:
                point, at, value = zip(*rows, strict=True)
                yield Readings.of(point, at, value)


def standing(site: Survey, begins: Mapping[int, int], heard: frozenset[int]) -> list[Active]:
    """Alarms that stood when the replay of their rule begins (µs by version); it finds the later ones by itself.

    Also those raised a little later, as what made them may have begun before. Of rules that others listen to, also those
    that have ended since: found again by the replay, they would count as new.
    """
    version_of = {rule.rule: version for version, rule in site.rules.items() if not rule.shadow and version in begins}
    listened = [site.rules[version].rule for version in heard]
    ended = Q(rule__in=listened, returned_at__gte=instant(min(begins.values(), default=0)))
    alarms = Alarm.objects.filter(Q(state__in=OPEN) | ended, site=site.site, rule__in=version_of)
    found = []
    for rule, subject, severity, raised_at, returned_at, last in alarms.values_list(
        "rule_id", "subject", Coalesce("eased_to", "severity"), "raised_at", "returned_at", "evidence__heard"
    ):
        version, since = version_of[rule], microseconds(raised_at)
        spec, begin = site.rules[version].spec, begins[version]
        if returned_at is not None and (isinstance(spec, OF_FACTS) or microseconds(returned_at) < begin):
            continue
        if isinstance(spec, Silence):
            # A replay tells when one ends, and not when it began.
            if returned_at is None:
                found.append(Active(version, *subject_parts(subject), spec.severity, last or since, since))
            continue
        if since < begin + (0 if returned_at else unsettled(spec)):
            kind, whose = subject_parts(subject)
            asof = begin if isinstance(spec, Count) else 0
            found.append(Active(version, kind, whose, Severity(severity).label, since, asof))
    shadowed = [version for version, rule in site.rules.items() if rule.shadow and version in begins]
    latest = max((begins[version] + unsettled(site.rules[version].spec) for version in shadowed), default=0)
    for alarm in shadow.standing(site, latest):
        if alarm.rule in begins and alarm.since < begins[alarm.rule] + unsettled(site.rules[alarm.rule].spec):
            asof = begins[alarm.rule] if isinstance(site.rules[alarm.rule].spec, Count) else 0
            found.append(msgspec.structs.replace(alarm, asof=asof))
    return found
