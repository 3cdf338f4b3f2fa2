"""Brings back what outlasts its cause, and calms what no longer chatters. Swept every two seconds by a task.

A cause that has returned keeps its own quiet for the settling time of its rule, as its consequences return one after another.
Each of them stays quiet for as long as its own supervisor needs to say that it is well: the rhythm of its points, and the delay
with which its rule lets an alarm end. What still stands then is explained by the next cause up, or else is unacknowledged again
and sounds.
"""

import datetime as dt

from django.db import connection, transaction

from alarms.lifecycle.table import after
from alarms.verdicts import drafts
from alarms.verdicts.causes import chains
from alarms.verdicts.chattering import PERIOD
from alarms.verdicts.drafts import STANDING, Draft
from alarms.verdicts.suppression import Quoted, standing_causes, suppressed, unsuppressed
from journal import live
from journal.page import Line, Page, open_page

BATCH = 10_000


def sweep(site: int, now: dt.datetime) -> int:
    """Release and calm what is due on one site, at most BATCH alarms; returns how many were changed."""
    with transaction.atomic():
        released = {draft.id: draft for draft in drafts.locked(_due(site, now))}
        calmed = [draft for draft in drafts.locked(_calm(site, now, BATCH - len(released))) if draft.chattering]
        if not released and not calmed:
            return 0
        causes = standing_causes(site)
        above = chains(_parents({draft.asset_id for draft in released.values()}), [each.asset_id for each in released.values()])
        page = open_page(site)
        explained = {id_: causes.nearest(above.get(draft.asset_id, ())) for id_, draft in released.items() if draft.stands}
        words = sentences(set(explained.values()) - {None})
        for draft in released.values():
            release(draft, explained.get(draft.id), words, page, now, OVER)
        for draft in calmed:
            draft = released.get(draft.id, draft)
            draft.chattering = False
            fr, en = f"N'est plus intermittente : {draft.sentence_fr}", f"No longer chattering: {draft.sentence_en}"
            draft.tell(page, Line("alarm.steady", now, fr, en, [("alarm", draft.id)]))
            released[draft.id] = draft
        drafts.update(list(released.values()))
        live.publish(page)
    return len(released)


_RHYTHM = (
    "(SELECT coalesce(max(greatest(k.interval, f.expected_interval)), 0) FROM assets_point k"
    " LEFT JOIN assets_feed f ON f.id = k.feed_id WHERE k.asset_id = c.asset_id AND (c.point_id IS NULL OR k.id = c.point_id))"
)
"""Seconds after which whoever watches the subject of an alarm is expected to have spoken."""


def _due(site: int, now: dt.datetime) -> list[int]:
    """Suppressed alarms whose cause is over; the cause is locked with them, so that it does not come back meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id FROM alarms_alarm c JOIN alarms_alarm p ON p.id = c.suppressed_by_id "
            "JOIN alarms_ruleversion v ON v.id = c.version_id "
            "WHERE c.site_id = %s AND c.suppressed_by_id IS NOT NULL AND c.is_open "
            "AND NOT (p.cause AND p.state = ANY(%s)) AND (p.releases_at IS NULL OR p.releases_at + make_interval("
            f"secs => {_RHYTHM} + coalesce((v.spec->>'off_delay')::float8, 0)) <= %s) "
            "ORDER BY c.id LIMIT %s FOR NO KEY UPDATE OF c, p SKIP LOCKED",
            [site, list(STANDING), now, BATCH],
        )
        return [id_ for (id_,) in cursor.fetchall()]


def _calm(site: int, now: dt.datetime, most: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM alarms_alarm WHERE site_id = %s AND chattering AND is_open AND came_at < %s "
            "ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
            [site, now - PERIOD, most],
        )
        return [id_ for (id_,) in cursor.fetchall()]


def _parents(assets: set[int | None]) -> dict[int, int | None]:
    """What these assets depend on, and what those depend on, up to the top."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up (id, above) AS (SELECT id, depends_on_id FROM assets_asset WHERE id = ANY(%s) "
            "UNION SELECT a.id, a.depends_on_id FROM assets_asset a JOIN up ON a.id = up.above) SELECT id, above FROM up",
            [list(assets - {None})],
        )
        return dict(cursor.fetchall())


OVER = "sa cause est levée", "its cause is over"


def release(
    draft: Draft, cause: int | None, words: dict[int, Quoted], page: Page, now: dt.datetime, why: tuple[str, str]
) -> None:
    """Let another cause explain it, whose sentence is in `words`, or bring it back in view; `why` says so in both languages."""
    before, draft.suppressed_by_id = draft.suppressed_by_id, cause
    if cause is not None:
        draft.tell(page, suppressed(draft, cause, words[cause], now))
        return
    draft.state = after(draft.state, "unsuppress")
    draft.came_at = now  # a cause that comes back at once folds it again
    draft.tell(page, unsuppressed(draft, before, *why, now))


def sentences(alarms: set[int]) -> dict[int, Quoted]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, sentence_fr, sentence_en, sector_id FROM alarms_alarm WHERE id = ANY(%s)", [list(alarms)])
        return {id_: Quoted(*words) for id_, *words in cursor.fetchall()}
