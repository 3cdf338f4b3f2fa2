"""Alarms that come and go (ISA-18.2 chattering): counted on one row, flagged, and offered for shelving.

ISA-18.2 counts three within a minute; city points report once a minute, so ours are three within ten minutes. The count and
the last instants pass from an alarm that was closed to its next occurrence, or acknowledging it would hide the habit.
"""

import datetime as dt

from alarms.journal import Line, Page
from alarms.lifecycle.drafts import Draft

RAISES = 3
PERIOD = dt.timedelta(minutes=10)


def just_closed(
    cursor, site: int, rules: list[int], subjects: list[str], now: dt.datetime
) -> dict[tuple[int, str], tuple[int, list[dt.datetime]]]:
    """(occurrences, last raises) of the same alarms that closed within the period, by (rule, subject)."""
    cursor.execute(
        "SELECT DISTINCT ON (a.rule_id, a.subject) a.rule_id, a.subject, a.occurrences, a.raises "
        "FROM alarms_alarm a JOIN unnest(%s::bigint[], %s::text[]) AS k (rule, subject) "
        "ON a.rule_id = k.rule AND a.subject = k.subject "
        "WHERE a.site_id = %s AND a.closed_at >= %s AND a.state = 'normal' ORDER BY a.rule_id, a.subject, a.id DESC",
        [rules, subjects, site, now - PERIOD],
    )
    return {(rule, subject): (occurrences, raises) for rule, subject, occurrences, raises in cursor.fetchall()}


def count(draft: Draft, at: dt.datetime, page: Page, now: dt.datetime) -> None:
    """Note that it came at this instant, and say so once when it makes a habit of it."""
    draft.raises = [*draft.raises, at][-RAISES:]
    if draft.chattering or len(draft.raises) < RAISES or draft.raises[-1] - draft.raises[0] > PERIOD:
        return
    draft.chattering = True
    draft.tell(
        page,
        Line(
            "alarm.chattering", now, f"Alarme battante, {RAISES} fois en 10 min : {draft.sentence_fr}",
            f"Chattering, {RAISES} times in 10 min: {draft.sentence_en}", draft.id, details={"occurrences": draft.occurrences},
        ),
    )  # fmt: skip
