"""Alarms while a batch of verdicts goes over them: read and locked at once, written back at once."""

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter

from django.db import connection

from alarms.journal import Line, Page
from alarms.lifecycle.table import ACKNOWLEDGED, UNACKNOWLEDGED
from alarms.survey import Subject

STANDING = (UNACKNOWLEDGED, ACKNOWLEDGED)
"""States in which the condition holds."""


@dataclasses.dataclass(slots=True)
class Draft:
    """An open alarm; columns as in Alarm, then what only the batch knows of it.

    new       not in the database yet; `names` says what it is about
    moved     a journal line of this batch speaks of it
    judged    a transition changed it, and not only what surrounds it
    past      it began and ended in this batch, long before we learned of it
    came      it was raised, or raised again, in this batch
    was_cause as stored before the batch: it stood, and explained others
    explained the standing cause above it, when it came or was folded in this batch
    """

    id: int
    rule_id: int
    subject: str
    state: str
    severity: int
    eased_to: int | None
    latched: bool
    sentence_fr: str
    sentence_en: str
    version_id: int
    evidence: str
    raised_at: dt.datetime
    first_raised_at: dt.datetime | None
    learned_at: dt.datetime
    returned_at: dt.datetime | None
    closed_at: dt.datetime | None
    occurrences: int
    seq: int
    asset_id: int | None
    sector_id: int | None
    suppressed_by_id: int | None
    cause: bool
    releases_at: dt.datetime | None
    incident_id: int | None
    came_at: dt.datetime | None
    raises: list[dt.datetime]
    chattering: bool
    maintenance_id: int | None
    shelved_until: dt.datetime | None = None
    shelved_reason: str = ""
    out_of_service_until: dt.datetime | None = None
    out_of_service_reason: str = ""
    new: bool = False
    moved: bool = False
    judged: bool = False
    past: bool = False
    came: bool = False
    was_cause: bool = False
    since: dt.datetime | None = None
    explained: int | None = None
    names: Subject | None = None

    @property
    def current(self) -> int:
        """How severe it is now, or was when it ended."""
        return self.severity if self.eased_to is None else self.eased_to

    @property
    def stands(self) -> bool:
        return self.state in STANDING

    def tell(self, page: Page, line: Line) -> None:
        """Journal a line about it; its row is then of that line."""
        self.seq = page.write(line)
        self.moved = True

    @property
    def set_aside(self) -> bool:
        return self.shelved_until is not None or self.out_of_service_until is not None


_FIELDS = [field.name for field in dataclasses.fields(Draft)]
_READ = _FIELDS[: _FIELDS.index("new")]
_FLAGS = {
    "state": "text", "seq": "bigint", "suppressed_by_id": "bigint", "incident_id": "bigint", "came_at": "timestamptz",
    "chattering": "boolean", "maintenance_id": "bigint", "shelved_until": "timestamptz", "shelved_reason": "text",
    "out_of_service_until": "timestamptz", "out_of_service_reason": "text",
}  # fmt: skip
"""What a batch may change of a stored alarm because of others, and the type each column is handed over as."""
_JUDGED = _FLAGS | {
    "severity": "smallint", "eased_to": "smallint", "sentence_fr": "text", "sentence_en": "text", "version_id": "bigint",
    "evidence": "text", "raised_at": "timestamptz", "first_raised_at": "timestamptz", "learned_at": "timestamptz",
    "returned_at": "timestamptz", "closed_at": "timestamptz", "occurrences": "int", "cause": "boolean",
    "releases_at": "timestamptz", "raises": "text",
}  # fmt: skip
"""And of one that a transition moved."""
_CAST = {"evidence": "::jsonb", "raises": "::timestamptz[]"}


def locked(ids: Collection[int]) -> list[Draft]:
    """Lock what is open or silenced among these alarms in order of id, as everyone who locks several does, and read it."""
    columns = ", ".join("a.evidence::text" if name == "evidence" else f"a.{name}" for name in _READ)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM alarms_alarm a "
            "WHERE a.id = ANY(%s) AND (a.state <> 'normal' OR a.shelved_until IS NOT NULL OR a.out_of_service_until IS NOT NULL) "
            "ORDER BY a.id FOR NO KEY UPDATE OF a",
            [sorted(ids)],
        )
        drafts = [Draft(*row) for row in cursor.fetchall()]
    for draft in drafts:
        draft.was_cause = draft.cause and draft.stands
    return drafts


_NEW = (
    "id", "rule_id", "version_id", "subject", "severity", "eased_to", "state", "latched", "sentence_fr", "sentence_en",
    "evidence", "raised_at", "first_raised_at", "learned_at", "returned_at", "closed_at", "shelved_until", "shelved_reason",
    "out_of_service_until", "out_of_service_reason", "occurrences", "seq", "asset_id", "sector_id", "suppressed_by_id", "cause",
    "releases_at", "incident_id", "came_at", "chattering", "maintenance_id",
)  # fmt: skip
_row = attrgetter(*_NEW)


def insert(site: int, drafts: Sequence[Draft]) -> None:
    """Store new alarms by COPY."""
    if not drafts:
        return
    columns = ", ".join(_NEW)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY alarms_alarm ({columns}, raises, site_id, point_id, feed_id, comments) FROM STDIN") as copy,
    ):
        for draft in drafts:
            copy.write_row((*_row(draft), _array(draft.raises), site, draft.names.point, draft.names.feed, 0))


def update(drafts: Sequence[Draft], given_over: Sequence[Draft] = ()) -> None:
    """Store what changed of alarms that are there already, in two statements at most. `given_over`: those closed before the
    batch whose silence went over to a new one."""
    _update([draft for draft in drafts if draft.judged], _JUDGED)
    _update([draft for draft in (*drafts, *given_over) if not draft.judged], _FLAGS)


def _update(drafts: Sequence[Draft], kept: Mapping[str, str]) -> None:
    if not drafts:
        return
    changes = ", ".join(f"{column} = n.{column}{_CAST.get(column, '')}" for column in kept)
    arrays = ", ".join(f"%s::{kind}[]" for kind in ("bigint", *kept.values()))
    values = [[getattr(draft, column) for draft in drafts] for column in ("id", *kept)]
    if "raises" in kept:
        values[1 + list(kept).index("raises")] = [_array(draft.raises) for draft in drafts]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE alarms_alarm a SET {changes} FROM unnest({arrays}) AS n (id, {', '.join(kept)}) WHERE a.id = n.id", values
        )


def _array(moments: Sequence[dt.datetime]) -> str:
    """As PostgreSQL reads it: an array of arrays would be flattened on its way, and the driver's own way is slow."""
    return f"{{{','.join([moment.isoformat() for moment in moments])}}}"
