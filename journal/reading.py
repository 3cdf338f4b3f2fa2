"""Reads the journal: the lines about some things, and whether the whole of it is what was written."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

import msgspec
from django.db.models import Q, QuerySet

from journal import nouns
from journal.actors import Actor, Kind
from journal.models import About, JournalEntry, Ledger
from journal.page import DIGESTS, GENESIS, Line, Thing

SENT_AGAIN = dt.timedelta(minutes=1)
"""In which the same words of the same person are one remark: an answer was lost, and the desk sent it again by itself."""


def numbers_about(site: int, noun: str, ids: Collection[int] | QuerySet[Any]) -> QuerySet[About, Any]:
    """Numbers of the lines of a site about these things, as a subquery; so may `ids` be."""
    return About.objects.filter(site_id=site, noun=noun, ref__in=ids).values("seq")


def lines_about(site: int, noun: str, ids: Collection[int] | QuerySet[Any]) -> QuerySet[JournalEntry]:
    """The lines of a site about these things, in no order yet."""
    return JournalEntry.objects.filter(site_id=site, seq__in=numbers_about(site, noun, ids))


def lines_within(site: int, sectors: Collection[str]) -> Q:
    """A filter of a site's lines for whoever sees these sectors: those about a thing of any noun that lies there."""
    lines = Q(pk__in=())
    for noun in nouns.every():
        if (ids := noun.readable(site, sectors)) is not None:
            lines |= Q(seq__in=numbers_about(site, noun.name, ids))
    return lines


def was_said(kind: str, text: str, by: Actor, now: dt.datetime, site: int, about: Thing) -> bool:
    """Whether this person said the same just now about a thing whose row the caller has locked."""
    lines = lines_about(site, about[0], [about[1]]).filter(kind=kind, actor=by.name, at__gt=now - SENT_AGAIN)
    return lines.filter(text_fr=text[:600]).exists()


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a journal: at which number, and what."""

    seq: int
    reason: str


def verify(site: int) -> Iterator[Flaw]:
    """Read the whole journal of a site and yield what does not hold: gaps, altered lines, a counter or index that disagrees."""
    last, previous = 0, GENESIS
    indexed = _indexed(site)
    place = next(indexed, None)
    for entry, about, missing, reason in _chained(JournalEntry.objects.filter(site_id=site), 1, GENESIS):
        if missing:
            yield _gap(entry, missing)
        while place is not None and place[0] < entry.seq:
            yield Flaw(place[0], "the index speaks of a line that is not there")
            place = next(indexed, None)
        if reason:
            yield Flaw(entry.seq, reason)
        found: set[Thing] = set()
        if place is not None and place[0] == entry.seq:
            found, place = place[1], next(indexed, None)
        if found != set(about):
            yield Flaw(entry.seq, "the index says that it is about something else")
        last, previous = entry.seq, entry.hash
    while place is not None:
        yield Flaw(place[0], "the index speaks of a line that is not there")
        place = next(indexed, None)
    yield from _counter(site, last, previous)


def verify_between(site: int, first: int, last: int) -> Iterator[Flaw]:
    """The same of the lines first..last alone, which must follow the line before them."""
    previous = GENESIS
    if first > 1:
        before = JournalEntry.objects.filter(site_id=site, seq=first - 1).first()
        previous = before.hash if before is not None else ""
    reached = first - 1
    lines = JournalEntry.objects.filter(site_id=site, seq__range=(first, last))
    for entry, _about, missing, reason in _chained(lines, first, previous):
        if missing:
            yield _gap(entry, missing)
        if reason:
            yield Flaw(entry.seq, reason)
        reached = entry.seq
    if reached < last:
        yield Flaw(reached + 1, f"{last - reached} line(s) are missing at the end")


def _chained(lines: QuerySet[JournalEntry], first: int, previous: str) -> Iterator[tuple[JournalEntry, list[Thing], int, str]]:
    """(line, what it is about, how many are missing before it, what is wrong with it) of lines that begin with number `first`,
    after the one whose hash is `previous`."""
    expected = first
    for entry in lines.order_by("seq").iterator(chunk_size=5000):
        about = [(noun, ref) for noun, ref in msgspec.json.decode(entry.about)]
        yield entry, about, entry.seq - expected, _altered(entry, about, previous)
        previous, expected = entry.hash, entry.seq + 1


def _gap(entry: JournalEntry, missing: int) -> Flaw:
    return Flaw(entry.seq - missing, f"{missing} line(s) are missing before number {entry.seq}")


def number_at(site: int, moment: dt.datetime) -> int:
    """Number of the first line written at this instant or after; one beyond the last where there is none.

    By halves, for numbers follow commits and so do their instants: twenty looks into a million lines, and no index on time.
    """
    low, high = 1, (Ledger.objects.filter(site_id=site).values_list("seq", flat=True).first() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        at = JournalEntry.objects.filter(site_id=site, seq=middle).values_list("at", flat=True).first()
        if at is not None and at < moment:
            low = middle + 1
        else:
            high = middle
    return low


def _altered(entry: JournalEntry, about: list[Thing], previous: str) -> str:
    """What is wrong with a line after the one whose hash is `previous`; empty: nothing."""
    by = Actor(cast("Kind", entry.actor_kind), entry.actor, entry.desk)
    line = Line(entry.kind, entry.at, entry.text_fr, entry.text_en, about, by)
    digest = DIGESTS.get(entry.format)
    if digest is None:
        return f"its format {entry.format} is none of the journal's"
    if digest(previous, entry.site_id, entry.seq, line, entry.details) != entry.hash:
        return "its content, or the line before it, is not what was written"
    return ""


def _indexed(site: int) -> Iterator[tuple[int, set[Thing]]]:
    """(number of a line, what the index says it is about), by number."""
    rows = About.objects.filter(site_id=site).order_by("seq").values_list("seq", "noun", "ref").iterator(chunk_size=5000)
    for seq, group in groupby(rows, key=itemgetter(0)):
        yield seq, {(noun, ref) for _, noun, ref in group}


def _counter(site: int, last: int, hash_: str) -> Iterator[Flaw]:
    ledger = Ledger.objects.filter(site_id=site).first()
    if ledger is None:
        if last:
            yield Flaw(last, f"the counter is gone and the journal ends at {last}")
    elif (ledger.seq, ledger.hash) != (last, hash_):
        yield Flaw(ledger.seq, f"the counter stands at {ledger.seq} and the journal ends at {last}")
