"""Alarms while a batch of verdicts goes over them: read and locked at once, written back at once."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import compress
from operator import attrgetter, ne

import msgspec
from django.db import connection

from alarms.lifecycle.table import ACKNOWLEDGED, UNACKNOWLEDGED
from alarms.site.survey import NamedSubject
from assets import statements
from journal.page import Line, Page

Key = tuple[int, str]
"""(rule, subject): at most one open alarm each."""
STANDING = (UNACKNOWLEDGED, ACKNOWLEDGED)
"""States in which the condition holds."""


class Draft(msgspec.Struct, gc=False):
    """An open alarm; columns as in Alarm, then what only the batch knows of it. None is part of a reference cycle.

    evidence  empty until a transition of this batch gives it: what is stored is asked for where it is needed (`evidence_of`)
    xmin      the transaction that wrote the row, as it was read
    new       not in the database yet; `names` says what it is about
    moved     a journal line of this batch speaks of it
    judged    a transition changed it, and not only what surrounds it
    past      it began and ended in this batch, long before we learned of it
    came      it was raised, or raised again, in this batch
    was_cause as stored before the batch: it stood, and explained others
    explained the standing cause above it, when it came or was folded in this batch
    extent    how far its value went to the bad side, once that was worked out
    stored    what a batch may change of it, as it was read
    """

    id: int
    rule_id: int
    subject: str
    state: str
    severity: int
    eased_to: int | None
    stake: int
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
    shelved_at: dt.datetime | None = None
    shelved_by_id: int | None = None
    out_of_service_until: dt.datetime | None = None
    out_of_service_reason: str = ""
    out_of_service_at: dt.datetime | None = None
    out_of_service_by_id: int | None = None
    together: str = ""
    witness: int | None = None
    xmin: bytes = b""
    new: bool = False
    moved: bool = False
    judged: bool = False
    past: bool = False
    came: bool = False
    was_cause: bool = False
    since: dt.datetime | None = None
    explained: int | None = None
    extent: float | None = None
    names: NamedSubject | None = None
    stored: tuple[object, ...] = ()

    @property
    def key(self) -> Key:
        return self.rule_id, self.subject

    @property
    def feed(self) -> int | None:
        """The feed it is about, if it is about a feed as a whole."""
        kind, _, ident = self.subject.partition(":")
        return int(ident) if kind == "feed" else None

    @property
    def worst_point(self) -> int | None:
        """Of the alarm of a sector: its worst point."""
        return self.witness if self.subject.startswith("sector:") else None

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


_FIELDS = Draft.__struct_fields__
_READ = _FIELDS[: _FIELDS.index("new")]
_COLUMNS = ", ".join("''" if name == "evidence" else f"a.{name}" for name in _READ)
_FLAGS = {
    "state": "text", "seq": "bigint", "suppressed_by_id": "bigint", "incident_id": "bigint", "came_at": "timestamptz",
    "chattering": "boolean", "maintenance_id": "bigint", "shelved_until": "timestamptz", "shelved_reason": "text",
    "shelved_at": "timestamptz", "shelved_by_id": "bigint", "out_of_service_until": "timestamptz",
    "out_of_service_reason": "text", "out_of_service_at": "timestamptz", "out_of_service_by_id": "bigint", "together": "text",
}  # fmt: skip
"""What a batch may change of a stored alarm because of others, and the type each column is handed over as."""
_JUDGED = _FLAGS | {
    "severity": "smallint", "eased_to": "smallint", "stake": "smallint",
    "sentence_fr": "text", "sentence_en": "text", "version_id": "bigint",
    "evidence": "text", "raised_at": "timestamptz", "first_raised_at": "timestamptz", "learned_at": "timestamptz",
    "returned_at": "timestamptz", "closed_at": "timestamptz", "occurrences": "int", "cause": "boolean",
    "releases_at": "timestamptz", "raises": "text", "witness": "bigint",
}  # fmt: skip
"""And of one that a transition moved."""
_WRITTEN = {"evidence": "coalesce(nullif(n.evidence, '')::jsonb, a.evidence)", "raises": "n.raises::timestamptz[]"}
"""How a column is made of what is handed over, where that is not the value itself."""


_CHANGEABLE = tuple(_JUDGED)
_changeable, _flags = attrgetter(*_JUDGED), attrgetter(*_FLAGS)


def read(condition: str, values: Sequence[object]) -> list[Draft]:
    """The alarms for which this holds, in order of id; `condition` calls the table `a` and may lock it."""
    return [Draft(*row) for row in statements.rows(f"SELECT {_COLUMNS} FROM alarms_alarm a WHERE {condition}", values)]


def begin(drafts: Iterable[Draft]) -> None:
    """Note how they are stored, before a batch changes them."""
    for draft in drafts:
        draft.was_cause = draft.cause and draft.stands
        draft.stored = _changeable(draft)


def locked(ids: Collection[int]) -> list[Draft]:
    """Lock what is open or silenced among these alarms, and read it. In order of id, as everyone who locks several does."""
    found = read(
        "a.id = ANY(%s::bigint[]) AND (a.is_open OR a.shelved_until IS NOT NULL OR a.out_of_service_until IS NOT NULL) "
        "ORDER BY a.id FOR NO KEY UPDATE OF a",
        [statements.array("bigint", sorted(ids))],
    )
    begin(found)
    return found


def evidence_of(drafts: Iterable[Draft]) -> Mapping[int, str]:
    """The evidence of some alarms as JSON, by id, also where no transition of the batch gave it."""
    told = {draft.id: draft.evidence for draft in drafts}
    if asked := [id_ for id_, evidence in told.items() if not evidence]:
        told.update(
            statements.rows(
                "SELECT id, evidence::text FROM alarms_alarm WHERE id = ANY(%s::bigint[])", [statements.array("bigint", asked)]
            )
        )
    return told


_NEW = _JUDGED | {
    "id": "bigint", "rule_id": "bigint", "subject": "text", "latched": "boolean", "asset_id": "bigint", "sector_id": "bigint",
}  # fmt: skip


def insert(site: int, drafts: Sequence[Draft]) -> None:
    """Store new alarms by COPY."""
    if not drafts:
        return
    columns = {name: (kind, [getattr(draft, name) for draft in drafts]) for name, kind in _NEW.items()}
    columns["raises"] = "text", _raises(drafts)
    columns |= {name: ("bigint", [getattr(draft.names, name[:-3]) for draft in drafts]) for name in ("point_id", "feed_id")}
    columns |= {"site_id": ("bigint", [site] * len(drafts)), "comments": ("int", [0] * len(drafts))}
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY alarms_alarm ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        copy.write(statements.copied_rows(columns.values()))


def _raises(drafts: Iterable[Draft]) -> list[str]:
    return [statements.array("timestamptz", draft.raises) for draft in drafts]


FEW = 16
"""Alarms below which a statement for what changed of them alone costs more than it spares."""


def update(drafts: Sequence[Draft], given_over: Sequence[Draft] = ()) -> None:
    """Store what changed of alarms that are there already. `given_over`: those closed before the batch whose silence went over
    to a new one.

    A batch changes few columns of most alarms, and the same ones of many: each such group has a statement of its own.
    """
    groups: dict[tuple[bool, tuple[bool, ...]], list[Draft]] = {}
    for draft in (*drafts, *given_over):
        now = _changeable(draft) if draft.judged else _flags(draft)
        groups.setdefault((draft.judged, tuple(map(ne, now, draft.stored))), []).append(draft)
    rest: dict[bool, list[Draft]] = {True: [], False: []}
    of_rest: dict[bool, set[str]] = {True: set(), False: set()}
    for (judged, changed), alike in groups.items():
        columns = list(compress(_CHANGEABLE, changed))
        if len(alike) < FEW:
            rest[judged] += alike
            of_rest[judged].update(columns)
        else:
            _update(alike, columns)
    for judged, others in rest.items():
        _update(others, [column for column in _CHANGEABLE if column in of_rest[judged]])


def _update(drafts: Sequence[Draft], columns: Sequence[str]) -> None:
    if not drafts or not columns:
        return
    kinds = {"id": "bigint"} | {column: _JUDGED[column] for column in columns}
    values: dict[str, list[object]] = {column: [getattr(draft, column) for draft in drafts] for column in kinds}
    if "raises" in values:
        values["raises"] = _raises(drafts)
    # What is the same for all goes over once: of most moves the new state, and when they came.
    same = {column for column in columns if column not in _WRITTEN and values[column].count(values[column][0]) == len(drafts)}
    listed = [column for column in kinds if column not in same]
    changes = ", ".join(
        f"{column} = %s::{kinds[column]}" if column in same else f"{column} = {_WRITTEN.get(column, f'n.{column}')}"
        for column in columns
    )
    arrays = ", ".join(f"%s::{kinds[column]}[]" for column in listed)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE alarms_alarm a SET {changes} FROM unnest({arrays}) AS n ({', '.join(listed)}) WHERE a.id = n.id",
            [values[column][0] for column in columns if column in same]
            + [statements.array(kinds[column], values[column]) for column in listed],
        )
