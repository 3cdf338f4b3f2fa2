"""Silences what a cause explains, while a batch of verdicts is applied: in whichever order the alarms arrive.

An alarm that comes below a standing cause is suppressed at once. A cause that comes folds what came since its own condition
began, less the time its rule gives for settling, and that nobody has acknowledged. Critical alarms are never suppressed:
they only join the cause's incident. When a cause is gone, `recovery` brings back what persists.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import NamedTuple

from django.db import connection

from alarms.engine.spec import Spec
from alarms.lifecycle.table import NORMAL, RETURNED, UNACKNOWLEDGED, after
from alarms.models import Severity
from alarms.site.survey import Survey
from alarms.verdicts.causes import Causes, Dependencies, explains, settling
from alarms.verdicts.drafts import STANDING, Draft
from alarms.verdicts.open_alarms import OpenAlarms
from assets.instants import instant
from journal.page import Line, Page


class Coming(NamedTuple):
    """What a batch is about to raise or change; `severity` as stored, `since` (µs) when its condition began."""

    spec: Spec
    severity: int
    asset: int | None
    since: int


def standing_causes(site: int) -> Causes:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, asset_id, coalesce(eased_to, severity), coalesce(v.spec->'cause' = 'true'::jsonb, false) "
            "FROM alarms_alarm a JOIN alarms_ruleversion v ON v.id = a.version_id "
            "WHERE a.site_id = %s AND a.cause AND is_open AND state = ANY(%s) AND asset_id IS NOT NULL",
            [site, list(STANDING)],
        )
        return Causes(cursor.fetchall())


class Suppression:
    """One batch's look at causes. Use: `wanted`, lock those, apply the transitions, `apply`."""

    def __init__(self, survey: Survey, now: dt.datetime) -> None:
        self._survey = survey
        self._now = now
        self._dependencies = Dependencies(survey.register)
        self._causes = Causes(())

    def wanted(self, comings: Collection[Coming], known: OpenAlarms) -> set[int]:
        """Alarms that this batch may fold, and the standing causes that may explain what it raises."""
        self._causes = Causes(known.causes())
        assets = {coming.asset for coming in comings} - {None}
        carrying = self._dependencies.carrying(assets)
        causes = [each for each in comings if each.asset in carrying and explains(each.spec, each.severity)]
        above = self._dependencies.above(assets) if self._causes else {}
        wanted = {alarm for chain in set(above.values()) for alarm in self._causes.along(chain)}
        wanted |= {alarm for asset in assets for alarm in self._causes.on(asset)}
        if causes:
            floor = min(self._floor(instant(each.since), each.spec) for each in causes)
            said = {each.asset for each in causes if each.spec.cause}
            wanted |= self._came_below({each.asset for each in causes}, said, floor, known)
        return wanted

    def _floor(self, since: dt.datetime, spec: Spec) -> dt.datetime:
        """What came before this is no consequence of a cause whose condition began then."""
        return min(since, self._now) - settling(spec)

    def _came_below(self, assets: Collection[int], said: Collection[int], floor: dt.datetime, known: OpenAlarms) -> set[int]:
        """What came since `floor` below these assets, and on those of which a rule says that they are causes."""
        return {
            draft.id
            for draft in known.about({*self._dependencies.below(assets), *said})
            if draft.state == UNACKNOWLEDGED and draft.suppressed_by_id is None and _came(draft) >= floor
        }

    def forget(self, alarms: Collection[int]) -> None:
        """These explain nothing any more."""
        self._causes.drop_all(alarms)

    def apply(self, drafts: Mapping[int, Draft], page: Page) -> None:
        """Mark the causes among what moved, then silence what they and the standing ones explain."""
        moved = [draft for draft in drafts.values() if draft.moved]
        arrived = self._mark(moved)
        for draft in moved:
            if draft.suppressed_by_id is not None and draft.severity == Severity.CRITICAL and draft.state != NORMAL:
                _unsuppress(draft, "aggravée", "worsened", page, self._now)
        if not self._causes:
            return
        chains = self._dependencies.above({draft.asset_id for draft in drafts.values()} - {None})
        for draft in sorted(drafts.values(), key=lambda draft: draft.id):
            alive = draft.stands or _passed(draft)
            if alive and draft.asset_id is not None:
                chain = chains[draft.asset_id]
                cause = self._causes.nearest(chain) if draft.came else _folding(draft, chain, arrived)
                if cause is None:
                    cause = self._of_same_asset(draft, arrived)
                if cause is not None and cause in drafts:
                    self._explain(draft, drafts[cause], page)

    def _of_same_asset(self, draft: Draft, arrived: Mapping[int, tuple[Draft, dt.datetime]]) -> int | None:
        """What on its own asset explains an alarm: a cabinet that tripped has no voltage either."""
        cause = self._causes.same_asset(draft.asset_id, draft.id, draft.current)
        if cause is None or draft.came:
            return cause
        came_first = _folding(draft, (draft.asset_id,), arrived)
        return cause if came_first == cause else None

    def _mark(self, moved: Collection[Draft]) -> dict[int, tuple[Draft, dt.datetime]]:
        """Bring the standing causes up to date; answers those that arrived, by asset, with their floor."""
        carrying = self._dependencies.carrying({draft.asset_id for draft in moved} - {None})
        arrived: dict[int, tuple[Draft, dt.datetime]] = {}
        for draft in moved:
            spec = self._survey.rules[draft.version_id].spec
            draft.cause = draft.asset_id in carrying and explains(spec, draft.current)
            if draft.cause and draft.stands:
                self._causes.add(draft.id, draft.asset_id, draft.current, spec.cause is True)
                draft.releases_at = None
                if not draft.was_cause and (spec.cause or draft.asset_id not in arrived):
                    arrived[draft.asset_id] = (draft, self._floor(draft.since, spec))
            else:
                self._causes.drop(draft.id, draft.asset_id)
                if draft.was_cause:
                    draft.releases_at = self._now + settling(spec)
        return arrived

    def _explain(self, draft: Draft, cause: Draft, page: Page) -> None:
        draft.explained = cause.id
        if draft.severity == Severity.CRITICAL or draft.suppressed_by_id in self._causes:
            return
        draft.state = after(draft.state, "suppress")
        if draft.state == NORMAL:
            draft.closed_at = self._now
        draft.suppressed_by_id = cause.id
        draft.tell(page, suppressed(draft, cause.id, Quoted(cause.sentence_fr, cause.sentence_en, cause.sector_id), self._now))


def _came(draft: Draft) -> dt.datetime:
    return draft.came_at or draft.learned_at


def _passed(draft: Draft) -> bool:
    """Whether it came and went within this batch: below a standing cause it closes unheard, as it would have in two batches."""
    return draft.new and draft.state == RETURNED


def _folding(draft: Draft, chain: tuple[int, ...], arrived: Mapping[int, tuple[Draft, dt.datetime]]) -> int | None:
    """The nearest cause that arrived in this batch and that this alarm, which came before it, is a consequence of."""
    if draft.state != UNACKNOWLEDGED or draft.suppressed_by_id is not None:
        return None
    came = _came(draft)
    for asset in chain:
        if asset in arrived and came >= arrived[asset][1]:
            return arrived[asset][0].id
    return None


_EXPLAINED = (
    "WITH RECURSIVE below (id) AS (SELECT id FROM alarms_alarm WHERE suppressed_by_id = %s AND is_open UNION "
    "SELECT a.id FROM alarms_alarm a JOIN below ON a.suppressed_by_id = below.id WHERE a.is_open) SELECT id FROM below"
)


def explained(cause: int) -> list[int]:
    """The open alarms that a cause keeps silent, also those that something it keeps silent does."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPLAINED, [cause])
        return [id_ for (id_,) in cursor.fetchall()]


class Quoted(NamedTuple):
    """A cause as a line quotes it."""

    fr: str
    en: str
    sector: int | None


def suppressed(draft: Draft, cause: int, of: Quoted, now: dt.datetime) -> Line:
    """The sentence of a cause in another sector is not quoted: whoever reads the lines of this alarm may not see that one."""
    fr, en = f"l'alarme {cause}", f"alarm {cause}"
    if draft.sector_id in (None, of.sector):
        fr, en = f"« {of.fr[:150]} »", f"“{of.en[:150]}”"
    return Line(
        "alarm.suppressed", now, f"Inhibée, expliquée par {fr} : {draft.sentence_fr}",
        f"Suppressed, explained by {en}: {draft.sentence_en}", [("alarm", draft.id)], details={"cause": cause},
    )  # fmt: skip


def _unsuppress(draft: Draft, fr: str, en: str, page: Page, now: dt.datetime) -> None:
    cause, draft.suppressed_by_id = draft.suppressed_by_id, None
    draft.state = after(draft.state, "unsuppress")
    draft.tell(page, unsuppressed(draft, cause, fr, en, now))


def unsuppressed(draft: Draft, cause: int, fr: str, en: str, now: dt.datetime) -> Line:
    """`fr` and `en` say why it is back."""
    return Line(
        "alarm.unsuppressed", now, f"Rétablie, {fr} : {draft.sentence_fr}", f"Back in view, {en}: {draft.sentence_en}",
        [("alarm", draft.id)], details={"cause": cause},
    )  # fmt: skip
