"""Takes open alarms along when the inventory changes: to the sector and the place of their asset, and to what it depends on now.

After a rebuild, with every open alarm of the site locked. A change of the inventory never silences an alarm that was in view.
What a cause or a maintenance window kept silent is back when they are about its asset no longer.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from django.db import connection

from alarms.site.survey import NamedSubject, Survey, subject_parts
from alarms.verdicts import drafts
from alarms.verdicts.causes import Causes, Dependencies, explains
from alarms.verdicts.cover import Cover
from alarms.verdicts.drafts import STANDING, Draft
from alarms.verdicts.recovery import release, sentences
from journal.page import Line, Page


class _Open(NamedTuple):
    id: int
    subject: str
    state: str
    severity: int
    eased_to: int | None
    version_id: int
    asset_id: int | None
    sector_id: int | None
    suppressed_by_id: int | None
    maintenance_id: int | None
    cause: bool
    sentence_fr: str
    sentence_en: str


def follow(site: Survey, before: Survey | None, page: Page, now: dt.datetime) -> None:
    """Bring a site's open alarms in line with its inventory. `before`: as it was surveyed last, None when nobody remembers."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(_Open._fields)} FROM alarms_alarm WHERE site_id = %s AND is_open ORDER BY id",
            [site.site.id],
        )
        alarms = [_Open(*row) for row in cursor.fetchall()]
    placed = {alarm.id: subject for alarm in alarms if (subject := _subject(site, alarm)) is not None}
    _move([alarm for alarm in alarms if alarm.id in placed], placed, site, before, page, now)
    causes = _mark_causes(site, alarms, placed)
    _recable(site, alarms, placed, causes, page, now)
    covered = [alarm.id for alarm in alarms if alarm.maintenance_id is not None and alarm.id in placed]
    if covered:
        held = drafts.locked(covered)
        Cover(site, now).uncover(held, page)
        drafts.update([draft for draft in held if draft.moved])


def _subject(site: Survey, alarm: _Open) -> NamedSubject | None:
    """What it is about, None when that has left the inventory."""
    try:
        return site.subjects.of(*subject_parts(alarm.subject))
    except KeyError:
        return None


# -- where it is ----------------------------------------------------------------------------------------------------------


def _move(
    alarms: Iterable[_Open], placed: dict[int, NamedSubject], site: Survey, before: Survey | None, page: Page, now: dt.datetime
) -> None:
    """A new sector is stored; a new position is only told, as rows and the map read it from the asset."""
    if before is not None and before.stamp[0] == site.stamp[0]:
        before = None  # the inventory has not changed since
    moved = []
    for alarm in alarms:
        there = placed[alarm.id]
        elsewhere = (alarm.asset_id, alarm.sector_id) != (there.asset, there.sector)
        if elsewhere or (before is not None and _looked(site, there) != _looked(before, there)):
            line = _moved(site, alarm, there, now)
            moved.append((alarm.id, there.asset, there.sector, page.write(line)))
    if not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alarms_alarm a SET asset_id = n.asset, sector_id = n.sector, seq = n.seq "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS n (id, asset, sector, seq) WHERE a.id = n.id",
            [list(column) for column in zip(*moved, strict=True)],
        )


def _looked(site: Survey, there: NamedSubject) -> tuple[object, ...]:
    """What a row and the map show of the place."""
    row = -1 if there.asset is None else int(site.register.asset_rows(np.array([there.asset], np.int64))[0])
    position = () if row < 0 else (float(site.register.lon[row]), float(site.register.lat[row]))
    return position, site.subjects.sector(there.sector)


def _moved(site: Survey, alarm: _Open, there: NamedSubject, now: dt.datetime) -> Line:
    _, name = site.subjects.sector(there.sector)
    if alarm.sector_id == there.sector:
        fr, en = "Son équipement a changé de place", "Its asset has another place"
    elif there.sector is None:
        fr, en = "N'est plus dans un secteur", "No longer in a sector"
    else:
        fr, en = f"Désormais dans le secteur {name}", f"In the sector {name} from now on"
    text = f"{fr} : {alarm.sentence_fr}", f"{en}: {alarm.sentence_en}"
    return Line(
        "alarm.moved",
        now,
        *(each[:600] for each in text),
        [("alarm", alarm.id)],
        details={"from": alarm.sector_id, "to": there.sector},
    )


# -- what it depends on ---------------------------------------------------------------------------------------------------


def _mark_causes(site: Survey, alarms: Iterable[_Open], placed: dict[int, NamedSubject]) -> Causes:
    """Say anew which standing alarms explain others: what an asset carries and what its rule says may have changed."""
    carrying = Dependencies(site.register).carrying({there.asset for there in placed.values()} - {None})
    causes, changed = Causes(()), []
    for alarm in alarms:
        rule, asset = site.rules.get(alarm.version_id), alarm.asset_id
        if alarm.id in placed:
            asset = placed[alarm.id].asset
        now = alarm.severity if alarm.eased_to is None else alarm.eased_to
        cause = alarm.state in STANDING and rule is not None and asset in carrying and explains(rule.spec, now)
        if cause:
            causes.add(alarm.id, asset, now, rule.spec.cause is True)
        if cause != alarm.cause and alarm.state in STANDING:
            changed.append((alarm.id, cause))
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE alarms_alarm a SET cause = n.cause, releases_at = NULL "
                "FROM unnest(%s::bigint[], %s::boolean[]) AS n (id, cause) WHERE a.id = n.id",
                [list(column) for column in zip(*changed, strict=True)],
            )
    return causes


def _recable(
    site: Survey, alarms: Iterable[_Open], placed: dict[int, NamedSubject], causes: Causes, page: Page, now: dt.datetime
) -> None:
    """What no longer depends on its cause is explained by the nearest one that stands above it now, or is back in view."""
    silent = [alarm for alarm in alarms if alarm.suppressed_by_id is not None and alarm.id in placed]
    if not silent:
        return
    above = Dependencies(site.register).above({placed[alarm.id].asset for alarm in silent} - {None})
    about = _assets({alarm.suppressed_by_id for alarm in silent})
    chains = {alarm.id: above.get(placed[alarm.id].asset, ()) for alarm in silent}
    # What its own asset says explains it too, and moves with it.
    explained = {alarm.id: (placed[alarm.id].asset, *chains[alarm.id]) for alarm in silent}
    loose = [alarm.id for alarm in silent if about.get(alarm.suppressed_by_id) not in explained[alarm.id]]
    held: list[Draft] = drafts.locked(loose)
    nearest = {draft.id: causes.nearest(chains[draft.id]) if draft.stands else None for draft in held}
    words = sentences(set(nearest.values()) - {None})
    for draft in held:
        release(draft, nearest[draft.id], words, page, now, ("ne dépend plus de sa cause", "no longer depends on its cause"))
    drafts.update(held)


def _assets(alarms: set[int]) -> dict[int, int | None]:
    """What these alarms, closed ones too, are about."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, asset_id FROM alarms_alarm WHERE id = ANY(%s)", [list(alarms)])
        return dict(cursor.fetchall())
