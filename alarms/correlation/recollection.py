"""What the database knows of the time before a replay: last readings, windows, alarms that stood. Reads, decides nothing."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from alarms.correlation import shadow
from alarms.correlation.replay import Beginnings, Past, Stood
from alarms.engine.facts import Happening
from alarms.engine.layout import ScopedRule
from alarms.engine.spec import Forecast, Rate
from alarms.models import Alarm, Severity
from alarms.pseudonyms import Pseudonyms
from alarms.site.interleaving import interleaved
from alarms.site.inventory import SECOND
from alarms.site.reach import MARGIN, unsettled
from alarms.site.survey import Survey, subject_parts
from assets import history
from assets.events import events_received
from assets.instants import instant, microseconds
from assets.newest import Newest
from assets.readings import Readings

OPEN = ("unacknowledged", "acknowledged")
LAST_READING = dt.timedelta(days=1)
"""How far back the last reading before a replay is looked for."""
EVENT_ON_ITS_WAY = dt.timedelta(days=1)
"""An event that reached us later than this after its instant is not told again."""


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
    known, rows = known.take(rows >= 0), rows[rows >= 0]  # of none that is gone from the site, and there may be no other
    entered = known.at < begins[rows]
    found = [known.take(entered)]
    seen_in_replay = np.zeros(len(begins), bool)
    seen_in_replay[rows[~entered]] = True
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


def standing(site: Survey, begins: Mapping[int, int], heard: frozenset[int]) -> list[Stood]:
    """Alarms that stand; of rules that others listen to (`heard`) also those that have ended since the replay of any rule begins
    (µs by version): found again by the replay, they would count as new.
    """
    version_of = {rule.rule: version for version, rule in site.rules.items() if not rule.shadow and version in begins}
    listened = [site.rules[version].rule for version in heard]
    ended = Q(rule__in=listened, returned_at__gte=instant(min(begins.values(), default=0)))
    alarms = Alarm.objects.filter(Q(is_open=True, state__in=OPEN) | ended, site=site.site, rule__in=version_of)
    found = [
        Stood(
            version_of[rule], *subject_parts(subject), Severity(severity).label, microseconds(raised),
            None if returned is None else microseconds(returned), last, ahead, microseconds(learned),
        )
        for rule, subject, severity, raised, returned, last, ahead, learned in alarms.values_list(
            "rule_id", "subject", Coalesce("eased_to", "severity"), "raised_at", "returned_at", "evidence__heard",
            "evidence__ahead", "learned_at",
        )
    ]  # fmt: skip
    shadowed = [version for version, rule in site.rules.items() if rule.shadow and version in begins]
    latest = max((begins[version] + unsettled(site.rules[version].spec) for version in shadowed), default=0)
    return found + [
        Stood(alarm.rule, alarm.subject_kind, alarm.subject, alarm.severity, alarm.since, learned=alarm.since)
        for alarm in shadow.standing(site, latest)
        if alarm.rule in begins
    ]


class Stored(Past):
    """The past of a site as PostgreSQL has it."""

    def __init__(self, site: Survey, names: Pseudonyms) -> None:
        self._site, self._names = site, names

    def latest(self) -> Readings:
        return stored_latest(self._site)

    def windows(self, rules: Sequence[ScopedRule], begins: NDArray[np.int64], base: int) -> Iterator[Readings]:
        return windows(self._site, rules, begins, base)

    def before(self, latest: Readings, begins: NDArray[np.int64], asked: NDArray[np.intp]) -> Readings:
        return before(self._site, latest, begins, asked)

    def alarms(self, begins: Mapping[int, int], heard: frozenset[int]) -> list[Stood]:
        return standing(self._site, begins, heard)

    def steps(self, begins: Beginnings, kinds: Sequence[str], newest: Newest) -> Iterator[tuple[Readings, list[Happening]]]:
        site, since = self._site.site.id, instant(begins.events)
        events = events_received(site, since, EVENT_ON_ITS_WAY, list(kinds)) if kinds else iter(())
        return interleaved(self._readings(begins, newest), events, self._names, "received")

    def _readings(self, begins: Beginnings, newest: Newest) -> Iterator[Readings]:
        """Received as late as the newest reading of their point before them."""
        register, site = self._site.register, self._site.site.id
        for begin, end, rows in begins.segments():
            points = None if rows is None else register.point_id[rows]
            for batch in history.replay(site, instant(begin), None if end is None else instant(end), points=points):
                place = register.rows(batch.point)
                known = np.flatnonzero(place >= 0)
                batch = batch.take(known)
                yield dataclasses.replace(batch, received=batch.at + newest.lag(place[known]))
