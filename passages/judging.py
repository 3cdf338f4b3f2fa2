"""Looks up all that a recommendation needs of a passage, and writes down what it says. The rules are in recommendation.py."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

from django.db.models import Max

from alarms.models import Alarm, Severity
from assets.instants import microseconds
from passages import arrivals, field, vehicles
from passages.arrivals import Consensus, Heard
from passages.match import Held, Kind, Match, PermitBook, match
from passages.models import ClearRead, Gate, Passage, Permit, PermitPlate, PlateRead, Stay
from passages.permits import hours
from passages.reads import Direction, Phase, Read
from passages.recommendation import PermitView, Recommendation, Situation, Verdict, recommend

RECENTLY = dt.timedelta(days=90)
"""How long an ended permit is known as one that ended; then its vehicle is a stranger."""
BELIEVED = dt.timedelta(seconds=60)
"""By how much a reader's clock may differ from ours."""
AGAIN = dt.timedelta(seconds=2)
"""While a vehicle waits, what is around it changes: its recommendation is made anew this often."""


class Books:
    """The plates of a site's permits, laid out once for each state of them."""

    def __init__(self) -> None:
        self._books: dict[int, tuple[object, PermitBook]] = {}

    def of(self, site: int, now: dt.datetime) -> PermitBook:
        state = Permit.objects.filter(site_id=site).aggregate(newest=Max("seq"), last=Max("pk"))
        key = (state["newest"], state["last"], now.date())
        known = self._books.get(site)
        if known is None or known[0] != key:
            rows = PermitPlate.objects.filter(permit__site_id=site, permit__valid_until__gt=now - RECENTLY)
            held = [Held(*row) for row in rows.order_by("pk").values_list("permit_id", "plate", "country")]
            known = self._books[site] = (key, PermitBook(held))
        return known[1]


BOOKS = Books()


def heard(passage: Passage) -> list[Heard]:
    """The reads of a passage that is not erased, in the order in which they came."""
    rows = ClearRead.objects.filter(read__passage=passage).select_related("read").defer("picture").order_by("read_id")
    return [_heard(row.read, row) for row in rows]


def judge(passage: Passage, now: dt.datetime) -> Recommendation:
    """Look at a locked passage as it is now, and give it what is recommended; nothing is saved."""
    told = heard(passage)
    together = arrivals.consensus(told)
    book = BOOKS.of(passage.site_id, now)
    found = match(together.plate, book, country=together.country, chars=together.chars, guesses=together.guesses)
    said = arrivals.direction(told)
    passage.direction = said if said is not Direction.UNKNOWN else passage.direction
    passage.plate, passage.country = together.plate, together.country
    passage.token = vehicles.token(passage.site_id, arrivals.canonical(together.plate), passage.first_at)
    recommended = recommend(_situation(passage, told, together, found, now))
    passage.reads, passage.agreement, passage.confidence = together.reads, together.agreement, together.confidence
    passage.match = found.kind
    passage.candidates = [asdict(each) for each in found.found]
    passage.verdict, passage.by_itself = recommended.verdict, recommended.by_itself
    passage.facts = [asdict(fact) for fact in recommended.facts]
    if passage.state == Passage.State.WAITING:
        passage.permit_id = recommended.permit  # once it is decided, it is the permit that was decided for
    passage.judged_at = now
    passage.judge_at = now + AGAIN if passage.state == Passage.State.WAITING else None
    for one in reversed(told):
        passage.vehicle = passage.vehicle or one.read.vehicle
        passage.colour = passage.colour or one.read.colour
    return recommended


def off_by(read: Read, received: int) -> dt.timedelta | None:
    """By how much a reader's clock is ahead of ours, by one read; None where it says no time."""
    return None if read.at is None else dt.timedelta(microseconds=read.at - received)


def _heard(row: PlateRead, clear: ClearRead) -> Heard:
    read = Read(
        raw=clear.raw, arrival=row.arrival, at=None if row.at is None else microseconds(row.at), country=clear.country,
        confidence=row.confidence, chars=tuple(clear.chars), guesses=tuple(clear.guesses), direction=Direction(row.direction),
        phase=Phase(row.phase), retransmitted=row.retransmitted, preview=row.preview, parked=row.parked, zone=row.zone,
        listed=row.listed,
    )  # fmt: skip
    return Heard(read, row.reader_id or 0, microseconds(row.received_at), clear.plate)


def _situation(passage: Passage, told: Sequence[Heard], together: Consensus, found: Match, now: dt.datetime) -> Situation:
    gate = passage.gate
    barrier = field.barrier(gate, now)
    others = Passage.objects.filter(gate=gate, closed_at=None).exclude(pk=passage.pk)
    ahead = others.filter(state__in=(Passage.State.WAITING, Passage.State.OPENING), first_at__lt=passage.first_at)
    return Situation(
        consensus=together,
        match=found,
        permits=_permits(gate, found, now),
        age=now - passage.first_at,
        direction=Direction(passage.direction),
        gate_direction=Direction(gate.direction),
        barrier=barrier.state,
        barrier_age=barrier.age,
        barrier_stale=barrier.stale,
        ahead=ahead.count(),
        inside_since=_inside_since(passage, now),
        **_past(passage, now),
        alarms=_alarms(gate),
        listed=next((one.read.listed for one in reversed(told) if one.read.listed), ""),
        clock_off=_clock_off(told),
        same_plate=bool(together.plate) and others.filter(plate=together.plate).exists(),
        parked=bool(told) and told[-1].read.parked,
    )


def _permits(gate: Gate, found: Match, now: dt.datetime) -> tuple[PermitView, ...]:
    if found.kind is Kind.NONE:
        return ()
    rows = Permit.objects.filter(pk__in={each.permit for each in found.found}).prefetch_related("gates").select_related("site")
    return tuple(view(permit, gate, now) for permit in rows)


def view(permit: Permit, gate: Gate, now: dt.datetime) -> PermitView:
    zone = ZoneInfo(permit.site.timezone)
    return PermitView(
        permit.pk, permit.company, hours.holds(permit, gate, now),
        until=f"{permit.valid_until.astimezone(zone):%d/%m/%Y %H:%M}",
        hours=(hours.shown(permit.weekly, "fr"), hours.shown(permit.weekly, "en")), escort=permit.escort,
        longest_stay=None if permit.longest_stay is None else dt.timedelta(minutes=permit.longest_stay),
    )  # fmt: skip


def _inside_since(passage: Passage, now: dt.datetime) -> dt.timedelta | None:
    if not passage.token or not passage.gate.area:
        return None
    known = vehicles.tokens(passage.site_id, arrivals.canonical(passage.plate), now)
    stay = Stay.objects.filter(site_id=passage.site_id, area=passage.gate.area, left_at=None, tokens__overlap=known).first()
    return None if stay is None or stay.entry_id == passage.pk else now - stay.entered_at


def _past(passage: Passage, now: dt.datetime) -> dict[str, int]:
    if not passage.token:
        return {}
    same = Passage.objects.filter(site_id=passage.site_id, token=passage.token).exclude(pk=passage.pk)
    refused = same.filter(decision__verdict=Verdict.REFUSE, first_at__gt=now - dt.timedelta(days=1))
    return {"refused_today": refused.count(), "passed_before": same.filter(state=Passage.State.PASSED).count()}


def _alarms(gate: Gate) -> tuple[tuple[str, str, str], ...]:
    rows = Alarm.objects.filter(asset_id=gate.asset_id, state__in=(Alarm.State.UNACKNOWLEDGED, Alarm.State.ACKNOWLEDGED))
    open_ = rows.order_by("severity", "pk").values_list("severity", "rule__name_fr", "rule__name_en")[:3]
    return tuple((Severity(severity).name.lower(), fr, en) for severity, fr, en in open_)


def _clock_off(told: Iterable[Heard]) -> dt.timedelta | None:
    said = [off for one in told if not one.read.retransmitted and (off := off_by(one.read, one.received)) is not None]
    furthest = max(said, key=abs, default=dt.timedelta(0))
    return furthest if abs(furthest) > BELIEVED else None
