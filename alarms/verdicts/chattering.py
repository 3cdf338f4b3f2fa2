"""Alarms that come and go (ISA-18.2 chattering): counted on one row, flagged, and offered for shelving.

ISA-18.2 counts three within a minute; city points report once a minute, so ours are three within ten minutes. The count and
the last instants pass from an alarm that was closed to its next occurrence, or acknowledging it would hide the habit.
"""

import datetime as dt

from alarms.verdicts.drafts import Draft
from journal.page import Line, Page

RAISES = 3
PERIOD = dt.timedelta(minutes=10)


def count(draft: Draft, at: dt.datetime, page: Page, now: dt.datetime) -> None:
    """Note that it came at this instant, and say so once when it makes a habit of it."""
    draft.raises = [*draft.raises, at][-RAISES:]
    if draft.chattering or len(draft.raises) < RAISES or draft.raises[-1] - draft.raises[0] > PERIOD:
        return
    draft.chattering = True
    draft.tell(
        page,
        Line(
            "alarm.chattering", now, f"Alarme intermittente, {RAISES} fois en 10 min : {draft.sentence_fr}",
            f"Chattering, {RAISES} times in 10 min: {draft.sentence_en}",
            [("alarm", draft.id)], details={"occurrences": draft.occurrences},
        ),
    )  # fmt: skip
