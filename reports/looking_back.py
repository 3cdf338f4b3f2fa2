"""The alarms of a site as they stood at an instant of the past, and how many came over a day. Read from annunciations.

An alarm stands from when the journal tells of it until its condition ended on the readings' clock; one that ended and nobody had
acknowledged is there for WAITED more.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection

import msgspec
from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Count, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Least

from assets.sector_filters import within
from journal.models import Bookmark, JournalEntry
from reports import annunciations
from reports.models import Annunciation

WAITED = dt.timedelta(days=1)
BIN = dt.timedelta(minutes=15)
MOST = 3_000
"""Rows of one instant, the worst first; totals count all."""
UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED = "unacknowledged", "acknowledged", "returned"
SILENCED: dict[int, str] = {
    Annunciation.Unheard.PAST: "past", Annunciation.Unheard.SUPPRESSED: "suppressed",
    Annunciation.Unheard.SHELVED: "shelved", Annunciation.Unheard.OUT_OF_SERVICE: "out_of_service",
}  # fmt: skip
_RAISED = "alarm.raised"


class Stood(msgspec.Struct, frozen=True):
    """An alarm as it stood. `silenced`: why nobody heard it when it came, "" for one that was heard."""

    row: Annunciation
    state: str
    silenced: str
    sentence_fr: str
    sentence_en: str


class Instant(msgspec.Struct, frozen=True):
    """`counts`: alarms by severity and state, those silenced when they came apart as `silenced`. `reached`: the last journal line
    that is known of."""

    at: dt.datetime
    alarms: list[Stood]
    counts: dict[tuple[int, str], int]
    more: bool
    reached: int


def at_instant(site: int, at: dt.datetime, sees: Collection[str] | None) -> Instant:
    """`sees`: paths of sectors the reader is confined to, None the whole site."""
    of_site = Annunciation.objects.filter(within(sees), site_id=site)
    found: dict[int, tuple[int, int, int, str, str]] = {}
    for query, standing in ((_ended(of_site, at), False), (_standing(of_site, at), True)):
        for pk, alarm, seq, severity, acknowledged_at, unheard in query.values_list(
            "pk", "alarm", "seq", "severity", "acknowledged_at", "unheard"
        ):
            if alarm not in found or found[alarm][1] <= seq:
                state = _answered(acknowledged_at, at) if standing else RETURNED
                found[alarm] = pk, seq, severity, state, SILENCED.get(unheard, "")
    worst = sorted(found.values(), key=lambda each: (each[4] != "", each[2], -each[1]))
    counts = Counter((severity, "silenced" if silenced else state) for _pk, _seq, severity, state, silenced in worst)
    reached = Bookmark.objects.filter(site=site, follower=annunciations.NAME).values_list("seq", flat=True).first() or 0
    return Instant(
        at,
        _told(site, {pk: state for pk, _seq, _severity, state, _silenced in worst[:MOST]}),
        dict(counts),
        len(worst) > MOST,
        reached,
    )


def by_bin(site: int, start: dt.datetime, end: dt.datetime, sees: Collection[str] | None) -> list[int]:
    """How many annunciations were heard in each BIN from `start` on."""
    heard = Annunciation.objects.filter(within(sees), site_id=site, at__gte=start, at__lt=end, unheard=Annunciation.Unheard.HEARD)
    binned = Func(Value(BIN), F("at"), Value(start), function="date_bin", output_field=DateTimeField())
    counted = dict(heard.order_by().values_list(binned).annotate(Count("pk")))
    bins = -(-(end - start) // BIN)
    return [counted.get(start + number * BIN, 0) for number in range(bins)]


def _open_then(query: QuerySet[Annunciation], at: dt.datetime) -> QuerySet[Annunciation]:
    return query.filter(Q(alarm__closed_at=None) | Q(alarm__closed_at__gt=at))


def _standing(query: QuerySet[Annunciation], at: dt.datetime) -> QuerySet[Annunciation]:
    """Those whose condition held, by the index annunciation_held."""
    held = Func(Least("at", "returned_at"), F("returned_at"), function="tstzrange", output_field=DateTimeRangeField())
    return _open_then(query.alias(held=held).filter(Q(("held__contains", at)), at__lte=at), at)


def _ended(query: QuerySet[Annunciation], at: dt.datetime) -> QuerySet[Annunciation]:
    """Those that had ended and still asked to be acknowledged."""
    newer = Annunciation.objects.filter(alarm=OuterRef("alarm"), seq__gt=OuterRef("seq"), at__lte=at)
    ended = query.filter(at__gt=at - WAITED, at__lte=at, returned_at__lte=at, unheard=Annunciation.Unheard.HEARD)
    unanswered = ended.filter(Q(acknowledged_at=None) | Q(acknowledged_at__gt=at))
    return _open_then(unanswered.filter(~Exists(newer)), at)


def _answered(acknowledged_at: dt.datetime | None, at: dt.datetime) -> str:
    return ACKNOWLEDGED if acknowledged_at is not None and acknowledged_at <= at else UNACKNOWLEDGED


def _told(site: int, states: dict[int, str]) -> list[Stood]:
    """In the order of `states`, which has them by annunciation; each with the sentence it came with, as the journal has it, else
    with the last it had."""
    rows = Annunciation.objects.select_related("alarm__rule", "asset__kind", "sector").in_bulk(list(states))
    numbers = [row.seq for row in rows.values() if row.cause == Annunciation.Cause.RAISED]
    lines = JournalEntry.objects.filter(site_id=site, seq__in=numbers, kind=_RAISED)
    said = {line.seq: (line.text_fr, line.text_en) for line in lines if len(line.ids("alarm")) == 1}
    told = []
    for pk, state in states.items():
        row = rows[pk]
        fr, en = said.get(row.seq, (row.alarm.sentence_fr, row.alarm.sentence_en))
        told.append(Stood(row, state, SILENCED.get(row.unheard, ""), fr, en))
    return told
