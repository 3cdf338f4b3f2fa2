"""Whether to open, to refuse or to look: an ordered list of facts, each one sentence and one weight, and what follows. Pure.

Nothing opens by the absence of an objection: one permit must hold, the plate must have been read twice alike (or sharply), the
barrier must be known to work. What speaks against it weighs more than what speaks for it.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from passages import plates
from passages.arrivals import AGREEING, Consensus
from passages.match import Kind, Match
from passages.reads import Direction
from passages.sentences import SENTENCES

STILL_READING = dt.timedelta(seconds=5)
"""A reader may need as long; nobody is refused before for what was not read yet."""
RIVAL = 3
"""A plate must be read more often than this for each time that another one was read on the same vehicle."""
REFUSALS = 3
"""Earlier refusals within a day from which somebody looks."""


class Verdict(enum.StrEnum):
    OPEN = "open"
    CHECK = "check"
    REFUSE = "refuse"


class Policy(enum.StrEnum):
    MANUAL = "manual"
    ASSISTED = "assisted"
    AUTOMATIC = "automatic"


class Holds(enum.StrEnum):
    """Whether a permit covers this gate at this instant, and why not."""

    YES = "yes"
    SUSPENDED = "suspended"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    OTHER_GATE = "other_gate"
    OUTSIDE_HOURS = "outside_hours"


@dataclass(frozen=True, slots=True)
class PermitView:
    """What a recommendation needs of a permit. `until`: a local time as text; `hours`: in French and in English."""

    id: int
    company: str
    holds: Holds
    until: str = ""
    hours: tuple[str, str] = ("", "")
    escort: bool = False
    longest_stay: dt.timedelta | None = None


class Barrier(enum.StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    FAULT = "fault"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that is known of a passage when it is judged; nothing is looked up from here.

    age            since the first read
    gate_direction what may pass here: in, out, or unknown for both ways
    barrier_age    of its newest reading; `barrier_stale` when that is too old to be believed
    inside_since   the vehicle went in and was not seen to come out
    clock_off      by how much the reader's clock is ahead of ours, when it is too far to be believed
    same_plate     another vehicle at this gate has this plate at the moment
    """

    consensus: Consensus
    match: Match
    permits: Sequence[PermitView] = ()
    age: dt.timedelta = dt.timedelta(0)
    direction: Direction = Direction.UNKNOWN
    gate_direction: Direction = Direction.UNKNOWN
    barrier: Barrier = Barrier.UNKNOWN
    barrier_age: dt.timedelta | None = None
    barrier_stale: bool = True
    ahead: int = 0
    inside_since: dt.timedelta | None = None
    refused_today: int = 0
    passed_before: int = 0
    alarms: Sequence[tuple[str, str, str]] = ()
    """(severity, name in French, in English) of the open ones at the gate."""
    listed: str = ""
    clock_off: dt.timedelta | None = None
    same_plate: bool = False
    parked: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that speaks for a verdict. `weight` 0..100: the list is in this order."""

    code: str
    leans: Verdict | None
    weight: int
    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`permit`: the one that is recommended to be followed; None when there is none, or several."""

    verdict: Verdict
    facts: tuple[Fact, ...]
    permit: int | None = None
    confidence: float = 0.0
    odd: bool = False
    """Something about the reads, the barrier or the place that no machine should decide by itself."""
    by_itself: bool = field(default=False)
    """Whether an automatic gate may act on it, were it sure enough."""


def recommend(seen: Situation) -> Recommendation:
    facts = sorted(_facts(seen), key=lambda fact: -fact.weight)
    leanings = {fact.leans for fact in facts}
    permit = _permit(seen)
    if Verdict.REFUSE in leanings and Verdict.CHECK not in leanings - {Verdict.REFUSE}:
        verdict = Verdict.REFUSE
    elif leanings & {Verdict.REFUSE, Verdict.CHECK} or permit is None:
        verdict = Verdict.CHECK
    else:
        verdict = Verdict.OPEN
    odd = any(fact.code in _ODD for fact in facts)
    live = seen.consensus.live >= AGREEING
    by_itself = verdict is Verdict.OPEN and live and not odd and seen.match.kind is Kind.EXACT
    return Recommendation(
        verdict, tuple(facts), permit.id if permit else None, seen.consensus.confidence, odd=odd, by_itself=by_itself
    )  # fmt: skip


def may_open_by_itself(recommended: Recommendation, policy: Policy, threshold: float) -> bool:
    """Whether a gate of this policy opens without anybody: never on a single, a retransmitted or an odd read."""
    return policy is Policy.AUTOMATIC and recommended.by_itself and recommended.confidence >= threshold


_ODD = frozenset(
    {"clock_off", "retransmitted", "unknown_format", "provisional", "same_plate", "already_inside", "repaired", "parked",
     "preview", "escort", "alarm", "single_read", "sharp_read", "refused_before", "listed"}
)  # fmt: skip


def _permit(seen: Situation) -> PermitView | None:
    """The permit that covers the vehicle, if it is one vehicle and it does."""
    if seen.match.sure is None:
        return None
    sure = {each.permit for each in seen.match.found if each.plate == seen.match.found[0].plate}
    holding = [each for each in seen.permits if each.id in sure and each.holds is Holds.YES]
    return holding[0] if holding else None


def _fact(code: str, leans: Verdict | None, weight: int, **said: object) -> Fact:
    """`said` fills the sentence; a pair is French and English."""
    fr, en = (
        sentence.format(**{name: value[place] if isinstance(value, tuple) else value for name, value in said.items()})
        for place, sentence in enumerate(SENTENCES[code])
    )
    return Fact(code, leans, weight, fr, en)


def _facts(seen: Situation) -> Iterator[Fact]:
    yield from _of_the_reads(seen)
    yield from _of_the_permit(seen)
    yield from _of_the_gate(seen)
    yield from _of_the_past(seen)


def _of_the_reads(seen: Situation) -> Iterator[Fact]:
    read = seen.consensus
    if not read.plate:
        reading = seen.age < STILL_READING
        yield _fact("reading" if reading else "no_plate", Verdict.CHECK, 95)
        return
    if read.live == 0:
        yield _fact("retransmitted", Verdict.CHECK, 99)
    elif read.agreement >= AGREEING:
        yield _fact("agreement", None, 60, n=read.agreement, reads=read.reads)
    elif read.sharp:
        yield _fact("sharp_read", None, 55)
    else:
        yield _fact("single_read", Verdict.CHECK, 80)
    if read.rivals * RIVAL >= read.agreement and read.rivals:
        yield _fact("reads_differ", Verdict.CHECK, 78, n=read.agreement, reads=read.reads)
    kind = plates.format_of(read.plate, read.country)
    if not kind and seen.match.kind is not Kind.REPAIRED:
        exact = seen.match.kind is Kind.EXACT
        yield _fact("unknown_format", None if exact else Verdict.CHECK, 30 if exact else 50)
    elif kind == "WW":
        yield _fact("provisional", None, 40)
    if seen.clock_off is not None:
        yield _fact("clock_off", None, 45, off=_span(abs(seen.clock_off)))
    if seen.same_plate:
        yield _fact("same_plate", Verdict.CHECK, 90)
    if seen.parked:
        yield _fact("parked", Verdict.CHECK, 48)


def _of_the_permit(seen: Situation) -> Iterator[Fact]:
    kind = seen.match.kind
    if not seen.consensus.plate:
        return
    if kind is Kind.NONE:
        well_read = seen.consensus.live >= AGREEING
        yield _fact("no_permit", Verdict.REFUSE if well_read else Verdict.CHECK, 92)
        return
    if kind is Kind.SEVERAL:
        yield _fact("several", Verdict.CHECK, 93, n=len({each.plate for each in seen.match.found}))
        return
    if kind is Kind.NEAR:
        yield _fact("near", Verdict.CHECK, 93)
        return
    if kind is Kind.REPAIRED:
        twin = seen.match.found[0].twin
        yield _fact("twin" if twin else "repaired", Verdict.CHECK if twin else None, 94 if twin else 65)
    permit = _permit(seen)
    if permit is not None:
        yield _fact("permit_holds", Verdict.OPEN, 85, company=permit.company, until=permit.until)
        if permit.escort:
            yield _fact("escort", Verdict.CHECK, 75)
        return
    sure = {each.permit for each in seen.match.found if each.plate == seen.match.found[0].plate}
    for each in (each for each in seen.permits if each.id in sure):
        yield _fact(f"permit_{each.holds}", Verdict.REFUSE, 91, company=each.company, until=each.until, hours=each.hours)


def _of_the_gate(seen: Situation) -> Iterator[Fact]:
    if {seen.direction, seen.gate_direction} == {Direction.IN, Direction.OUT}:
        yield _fact("wrong_way", Verdict.CHECK, 88)
    if seen.barrier is Barrier.FAULT:
        yield _fact("barrier_fault", Verdict.CHECK, 97)
    elif seen.barrier is Barrier.UNKNOWN or seen.barrier_stale:
        age = "" if seen.barrier_age is None else _span(seen.barrier_age)
        yield _fact("barrier_stale" if age else "barrier_unknown", Verdict.CHECK, 82, age=age)
    elif seen.barrier is Barrier.OPEN:
        yield _fact("barrier_open", Verdict.CHECK, 83)
    else:
        yield _fact("barrier_ready", None, 20)
    if seen.ahead:
        yield _fact("queue", Verdict.CHECK, 84, n=seen.ahead)
    for severity, name_fr, name_en in seen.alarms:
        grave = severity in ("critical", "high")
        fact = _fact("alarm", Verdict.CHECK if grave else None, 87 if grave else 35)
        yield Fact(fact.code, fact.leans, fact.weight, f"{fact.fr} {name_fr}.", f"{fact.en} {name_en}.")


def _of_the_past(seen: Situation) -> Iterator[Fact]:
    permit = _permit(seen)
    if seen.inside_since is not None:
        stay = _span(seen.inside_since)
        leaving = Direction.OUT in (seen.direction, seen.gate_direction)
        if not leaving:
            yield _fact("already_inside", Verdict.CHECK, 86, stay=stay)
        elif permit is not None and permit.longest_stay is not None and seen.inside_since > permit.longest_stay:
            yield _fact("stayed_too_long", None, 58, stay=stay, most=_span(permit.longest_stay))
        else:
            yield _fact("stay", None, 25, stay=stay)
    if seen.refused_today >= REFUSALS:
        yield _fact("refused_before", Verdict.CHECK, 77, n=seen.refused_today)
    elif seen.passed_before:
        yield _fact("passed_before", None, 15, n=seen.passed_before)
    if seen.listed:
        yield _fact("listed", None, 28, name=seen.listed)


def _span(span: dt.timedelta) -> str:
    """A duration that reads the same in both languages: 45 s, 12 min, 8 h, 3 d would not; days are written as hours."""
    seconds = int(span.total_seconds())
    if seconds < 120:
        return f"{seconds}\u00a0s"
    if seconds < 2 * 3600:
        return f"{seconds // 60}\u00a0min"
    return f"{seconds // 3600}\u00a0h"
