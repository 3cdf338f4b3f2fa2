"""The one shape of a journal line, wherever it is shown: API, socket, template."""

import datetime as dt
from typing import Any, TypedDict

import msgspec
from django.db.models import QuerySet

from journal.compiled import Compiled
from journal.models import JournalEntry

FEW = 100
"""Lines up to which the statement that is planned once is the right one: it is planned for a handful."""

_FIELDS = ("seq", "at", "kind", "about", "actor_kind", "actor", "desk", "text_fr", "text_en", "hash")
_about = msgspec.json.Decoder(list[tuple[str, int]]).decode


class Text(TypedDict):
    """What a line says, in both languages."""

    fr: str
    en: str


class EntryRow(TypedDict):
    """`about` has the ids of each noun; `at` is written by `time_text`."""

    seq: int
    at: str | None
    kind: str
    about: dict[str, list[int]]
    actor_kind: str
    actor: str
    desk: str
    text: Text
    hash: str


def time_text(moment: dt.datetime | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond."""
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entry_rows(entries: QuerySet[JournalEntry]) -> list[EntryRow]:
    """Lines of the journal, in the queryset's order, in one query."""
    return [_row(values) for values in entries.values_list(*_FIELDS)]


def entries_between(site: int, first: int, last: int) -> list[EntryRow]:
    """The journal's lines first..last, in order: asked at every commit."""
    if last - first >= FEW:
        return entry_rows(JournalEntry.objects.filter(site_id=site, seq__gte=first, seq__lte=last).order_by("seq"))
    return [_row(values) for values in _lines(site, [*range(first, last + 1)])]


def _row(values: tuple[Any, ...]) -> EntryRow:
    seq, at, kind, about, actor_kind, actor, desk, fr, en, hash_ = values
    things: dict[str, list[int]] = {}
    for noun, id_ in _about(about):
        things.setdefault(noun, []).append(id_)
    return {
        "seq": seq, "at": time_text(at), "kind": kind, "about": things, "actor_kind": actor_kind, "actor": actor, "desk": desk,
        "text": {"fr": fr, "en": en}, "hash": hash_,
    }  # fmt: skip


_lines = Compiled(
    lambda site, seqs: JournalEntry.objects.filter(site_id=site, seq__any_of=seqs).order_by("seq").values_list(*_FIELDS),
    values=2,
)
