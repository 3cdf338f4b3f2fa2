"""Which reads are of one vehicle, and what they say together. Pure: times are µs since the epoch, by our own clock.

A read belongs to the passage that has its reader's arrival key; without one, to the one it is close to in time and likeness.
What several reads agree on outranks any single one, however sure of itself, and a later single one never overwrites it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from passages import plates
from passages.match import distance
from passages.reads import Direction, Read

SECOND = 1_000_000
TOGETHER = 8 * SECOND
"""Between two reads of one vehicle that has no arrival key."""
ALIKE = 1.0
"""Distance of two readings of one plate."""
AGREEING = 2
"""Reads that must say the same before it is called read."""
SHARP = 0.9
"""Product of the characters' confidences from which one read is worth two to an operator; never to a machine."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One read as it came in. `received` by our clock; `plate` normalised."""

    read: Read
    reader: int
    received: int
    plate: str


@dataclass(frozen=True, slots=True)
class Near:
    """A passage that a read may belong to: its keys as (reader, arrival), its plate so far, the newest read's reception."""

    id: int
    keys: frozenset[tuple[int, str]]
    plate: str
    last: int
    direction: Direction


def of(heard: Heard, passages: Iterable[Near]) -> int | None:
    """The passage a read belongs to; None when it is of another vehicle. `passages`: of its gate, of the last minutes."""
    near = sorted(passages, key=lambda each: each.last, reverse=True)
    if heard.read.arrival:
        for each in near:
            if (heard.reader, heard.read.arrival) in each.keys:
                return each.id
    return next((each.id for each in near if _is_alike(heard, each)), None)


def _is_alike(heard: Heard, near: Near) -> bool:
    if abs(heard.received - near.last) > TOGETHER or heard.read.retransmitted:
        return False
    if heard.read.arrival and any(reader == heard.reader and key for reader, key in near.keys):
        return False  # its reader tells vehicles apart, and says that this is another
    ways = {heard.read.direction, near.direction} - {Direction.UNKNOWN}
    if len(ways) > 1:
        return False
    if not heard.plate or not near.plate:
        return not heard.plate or any(reader != heard.reader for reader, _ in near.keys) or not near.plate
    return canonical(heard.plate) == canonical(near.plate) or distance(heard.plate, near.plate) <= ALIKE


def canonical(plate: str) -> str:
    """The only French plate a reading can stand for, if there is one; else the reading."""
    possible = plates.possible(plate)
    return possible[0] if len(possible) == 1 else plate


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the reads of a passage say together.

    plate       normalised; empty when none has one
    agreement   reads that say exactly this, each instant of each reader counted once
    reads       all that have a plate
    rivals      those that say another plate which can be one: a well-formed plate is not a slip of the reader
    confidence  mean of the agreeing ones; 0 when no reader says any
    sharp       whether one of them is sure of every character
    live        agreeing ones that were not kept through a cut, and are no preview
    guesses     other plates that readers thought of, likeliest first
    """

    plate: str = ""
    country: str = ""
    agreement: int = 0
    reads: int = 0
    rivals: int = 0
    confidence: float = 0.0
    chars: tuple[float, ...] = ()
    sharp: bool = False
    live: int = 0
    guesses: tuple[str, ...] = ()


def consensus(heard: Sequence[Heard]) -> Consensus:
    """Group the readings that are alike, take the largest group, in it what most say. The order of arrival does not count."""
    distinct = {(one.reader, one.read.at or one.received, one.plate, one.read.retransmitted): one for one in heard if one.plate}
    told = [distinct[key] for key in sorted(distinct)]
    if not told:
        return Consensus()
    votes: dict[str, list[Heard]] = {}
    for one in told:
        votes.setdefault(canonical(one.plate), []).append(one)
    support = {text: sum(len(each) for other, each in votes.items() if _close(text, other)) for text in votes}
    best = max(votes, key=lambda text: (support[text], len(votes[text]), _weight(votes[text]), text))
    agreeing = [*votes.pop(best), *(one for one in told if best in plates.possible(one.plate) and canonical(one.plate) != best)]
    chosen = next((one for one in agreeing if one.plate == best), max(agreeing, key=lambda one: one.read.confidence or 0.0))
    others = sorted(votes, key=lambda text: (-len(votes[text]), text))
    rivals = sum(len(votes[text]) for text in others if plates.is_siv(text) or not plates.is_siv(best))
    guesses = dict.fromkeys([*others, *(plates.normalised(guess) for one in agreeing for guess in one.read.guesses)])
    guesses.pop(chosen.plate, None)
    chars = max((one.read.chars for one in agreeing if one.plate == chosen.plate), key=_product, default=())
    return Consensus(
        plate=chosen.plate,
        country=next((one.read.country for one in agreeing if one.read.country), ""),
        agreement=len(agreeing),
        reads=len(told),
        rivals=rivals,
        confidence=sum(one.read.confidence or 0.0 for one in agreeing) / len(agreeing),
        chars=chars,
        sharp=bool(chars) and _product(chars) >= SHARP,
        live=sum(not one.read.retransmitted and not one.read.preview for one in agreeing),
        guesses=tuple(guess for guess in guesses if guess)[:10],
    )


def direction(heard: Iterable[Heard]) -> Direction:
    """The newest that was said; unknown when none was."""
    said = [(one.received, one.read.direction) for one in heard if one.read.direction is not Direction.UNKNOWN]
    return max(said, key=lambda each: each[0])[1] if said else Direction.UNKNOWN


def _close(one: str, other: str) -> bool:
    return one == other or distance(one, other) <= ALIKE


def _weight(heard: Sequence[Heard]) -> float:
    return sum(one.read.confidence or 0.0 for one in heard)


def _product(chars: Sequence[float]) -> float:
    result = 1.0 if chars else 0.0
    for each in chars:
        result *= each
    return result
