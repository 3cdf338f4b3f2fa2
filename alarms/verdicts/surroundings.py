"""What alarms come into: those that wait for company, small incidents, fresh ones, members beside them, and places of assets."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

import msgspec
import numpy as np
from django.db import connection
from django.db.models import Count, Min

from alarms.incidents.grouping import FRESH, Beginning, Companion, Surroundings, Where
from alarms.incidents.naming import naming
from alarms.models import Alarm
from alarms.site.survey import Survey
from alarms.verdicts.drafts import Draft
from alarms.verdicts.open_alarms import OpenAlarms
from assets import statements

_SMALL = (
    "SELECT id FROM alarms_incident "
    "WHERE site_id = %b AND joined_at >= %b AND key ~ '^(asset|building|system):' AND state = 'open'"
)
"""Small incidents that nobody has in hand."""
_FRESH = (
    "SELECT id, key, first_id, id, naming FROM alarms_incident "
    "WHERE site_id = %s AND joined_at >= %s AND state <> 'closed' AND key ~ '^(rule|building|system):' UNION ALL "
    "SELECT own.id, own.key, own.first_id, fresh.id, own.naming FROM alarms_incident fresh "
    "JOIN alarms_incident own ON own.merged_into_id = fresh.id "
    "WHERE fresh.site_id = %s AND fresh.joined_at >= %s AND fresh.state <> 'closed' AND own.key ~ '^(rule|building|system):' "
    "ORDER BY 1"
)
"""Those that were merged into a fresh one are as fresh: what their rules tell goes on there."""


class AssetPlaces:
    """Where assets are, by id, from the columns of a survey."""

    def __init__(self, site: Survey) -> None:
        self._register, self._systems = site.register, site.systems
        self._known: dict[int, Where] = {}

    def at(self, draft: Draft) -> int | None:
        """The asset at which an alarm is: of the alarm of a sector that of its worst point."""
        point = draft.worst_point
        return draft.asset_id if point is None else self.asset_of(point)

    def asset_of(self, point: int) -> int | None:
        """None of a point that has left the inventory."""
        row = int(self._register.rows(np.array([point], np.int64))[0])
        return None if row < 0 else int(self._register.asset_id[self._register.asset[row]])

    def of(self, assets: Iterable[int]) -> Mapping[int, Where]:
        """Of these and all that were asked before; what has left the inventory has no place."""
        ids = np.fromiter(set(assets) - self._known.keys(), np.int64)
        rows = self._register.asset_rows(ids)
        ids, rows = ids[rows >= 0], rows[rows >= 0]
        register, parent = self._register, self._register.parent[rows]
        above = np.where(parent >= 0, register.asset_id[np.maximum(parent, 0)], 0)
        columns = (register.lon[rows], register.lat[rows], above, self._systems.code[rows], self._systems.indoors[rows])
        for asset, lon, lat, over, system, indoors in zip(ids.tolist(), *(each.tolist() for each in columns), strict=True):
            self._known[asset] = Where(lon, lat, over or None, None if system < 0 else system, indoors)
        return self._known


def waiting(
    site: Survey, places: AssetPlaces, rules: Collection[int], assets: Collection[int], now: dt.datetime, known: OpenAlarms
) -> tuple[set[int], set[int]]:
    """Alarms that may be together with what comes of these rules and about these assets: those that wait for company, and all of
    each small incident that one of them is in; and these incidents."""
    small = [id_ for (id_,) in statements.rows(_SMALL, [site.site.id, now - FRESH])]
    rows = [*known.alone(now - FRESH), *(each for incident in small for each in known.members(incident))]
    if not rows:
        return set(), set()
    where = places.of({*assets, *(places.at(each) for each in rows)} - {None})
    coming = [where[asset] for asset in assets if asset in where]
    beside = {*assets, *(each.parent for each in coming)} - {None}
    systems = {each.system for each in coming} - {None}
    concerned = [
        each
        for each in rows
        if (here := where.get(at := places.at(each))) is not None
        and (each.rule_id in rules or at in beside or here.parent in assets or here.system in systems)
    ]
    near = {each.incident_id for each in concerned} - {None}
    return {each.id for each in concerned} | {each.id for each in rows if each.incident_id in near}, near


def beginnings(site: Survey, now: dt.datetime) -> list[Beginning]:
    """Fresh incidents of rules and systems, oldest first; one of several rules is there once for each."""
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, [site.site.id, now - FRESH] * 2)
        rows = cursor.fetchall()
    found = []
    for _, key, first, into, names in rows:
        what, *idents = key.split(":")
        if first is None or len(idents) != (2 if what == "rule" else 1):
            continue
        asset = int(idents[-1])
        if what != "rule":
            found.append(Beginning(into, None, first, asset))
            continue
        of = naming(msgspec.json.decode(names) if isinstance(names, str) else names)
        told = ((int(idents[0]), first), *(of.also if of else ()))
        found += [Beginning(into, rule, alarm, asset) for rule, alarm in told]
    return found


def beside(incident: int, rule: int) -> tuple[int, int]:
    """How many open alarms of a rule are in an incident because of their asset, and the first of them."""
    members = Alarm.objects.filter(incident_id=incident, rule_id=rule, together__startswith="asset:")
    found = members.filter(is_open=True).aggregate(number=Count("pk"), first=Min("pk"))
    return found["number"], found["first"] or 0


def companions(site: Survey, places: AssetPlaces, assets: Collection[int], known: OpenAlarms) -> dict[int, list[Companion]]:
    """Of each of these assets, and of what they depend on, the open alarms that are in incidents, those of the oldest first."""
    where = places.of(assets)
    beside = {*assets, *(where[asset].parent for asset in assets if asset in where)} - {None}
    found: dict[int, list[Companion]] = {}
    for each in sorted(
        (each for each in known.about(beside) if each.incident_id is not None), key=lambda each: (each.incident_id, each.id)
    ):
        companion = Companion(each.id, each.incident_id, bears(site, each.version_id))
        found.setdefault(each.asset_id, []).append(companion)
    return found


def bears(site: Survey, version: int) -> bool:
    """Whether alarms below one of this version may be together with it."""
    rule = site.rules.get(version)
    return rule is not None and rule.spec.cause is not False


def surroundings(
    places: AssetPlaces, fresh: Iterable[Beginning], beside: Mapping[int, Companion], assets: Iterable[int]
) -> Surroundings:
    fresh = list(fresh)
    return Surroundings(fresh, beside, places.of({*assets, *(each.asset for each in fresh)}))
