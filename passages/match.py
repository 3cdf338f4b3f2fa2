"""Which permits a reading of a plate may belong to, weighed: exact, repaired, several, near or none. Pure.

A reading that is a plate of its own, if of no permit, is another vehicle: nothing is repaired that could be right. In a French
plate a character of the wrong type cannot be right; when all such characters stand for one plate only, that plate is what was
read. Whatever else comes close is shown to the operator and never opens.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from passages import plates

CONFUSION, SUBSTITUTION, INDEL = 0.3, 1.0, 0.8
MALUS = 0.3
"""Of a reader's second guess against its first."""
NEAR = 1.2
"""The furthest distance at which a permit is worth showing: one lost character and one confusion."""
TWIN = 0.6
"""Two permits' plates closer than this can be taken for one another: up to two confusions."""
MOST = 5
"""Candidates that are shown."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_INDEX = {letter: index for index, letter in enumerate(_ALPHABET)}


class Kind(enum.StrEnum):
    EXACT = "exact"
    REPAIRED = "repaired"
    SEVERAL = "several"
    NEAR = "near"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Held:
    """One plate of one permit."""

    permit: int
    plate: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A permit a reading may belong to.

    differs   places (from 0) of the permit's plate that were read otherwise; empty when a character was lost or added
    twin      whether another permit has a plate that can be taken for this one
    """

    permit: int
    plate: str
    distance: float
    differs: tuple[int, ...]
    twin: bool


@dataclass(frozen=True, slots=True)
class Match:
    """`found` is in order of distance; the first is the permit only when `kind` is exact or repaired."""

    kind: Kind
    found: tuple[Candidate, ...] = ()

    @property
    def sure(self) -> Candidate | None:
        """The permit that this is, when a doubt needs no pair of eyes."""
        return self.found[0] if self.kind in (Kind.EXACT, Kind.REPAIRED) else None


def _costs(fits: str) -> NDArray[np.float32]:
    """[read, true] → cost where the true plate has a letter ("A"), a digit ("0") or whatever it likes ("")."""
    costs = np.full((len(_ALPHABET), len(_ALPHABET)), SUBSTITUTION, np.float32)
    np.fill_diagonal(costs, 0.0)
    for read, true in plates.DIRECT:
        costs[_INDEX[read], _INDEX[true]] = CONFUSION
    if fits:
        for read in _ALPHABET:
            for true in plates.MEANT.get((fits == "A", read), ()):
                costs[_INDEX[read], _INDEX[true]] = CONFUSION / 2  # it cannot be what was read
    return costs


_ANY, _LETTER, _DIGIT = _costs(""), _costs("A"), _costs("0")


class PermitBook:
    """The permits' plates of one gate, laid out to be compared with a reading at once."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._exact: dict[str, list[Held]] = {}
        groups: dict[tuple[int, bool], list[Held]] = {}
        for each in held:
            if plates.SHORTEST <= len(each.plate) <= plates.LONGEST and set(each.plate) <= _INDEX.keys():
                self._exact.setdefault(each.plate, []).append(each)
                groups.setdefault((len(each.plate), plates.is_siv(each.plate)), []).append(each)
        self._groups = {key: (each, _matrix([one.plate for one in each])) for key, each in groups.items()}
        self._twins: dict[str, bool] = {}

    def __len__(self) -> int:
        return sum(map(len, self._exact.values()))

    def exact(self, plate: str) -> list[Held]:
        return self._exact.get(plate, [])

    def near(self, plate: str, chars: Sequence[float] | None = None, furthest: float = NEAR) -> list[tuple[float, Held]]:
        """(distance, permit's plate) of all within `furthest`, nearest first."""
        if not plate or not set(plate) <= _INDEX.keys():
            return []
        read = np.array([_INDEX[letter] for letter in plate])
        weights = _weights(len(plate), chars)
        found: list[tuple[float, Held]] = []
        for (length, siv), (held, matrix) in self._groups.items():
            if abs(length - len(plate)) > 1:
                continue
            distances = _distances(read, weights, matrix, siv)
            close = np.flatnonzero(distances <= furthest + 1e-6)
            found += [(round(float(distances[index]), 3), held[index]) for index in close]
        return sorted(found, key=lambda each: (each[0], each[1].plate, each[1].permit))

    def is_twin(self, plate: str) -> bool:
        """Whether another plate of these permits can be taken for this one, or both for what is read."""
        if plate not in self._twins:
            self._twins[plate] = any(other.plate != plate for _, other in self.near(plate, furthest=TWIN))
        return self._twins[plate]


def match(
    plate: str, book: PermitBook, *, country: str = "", chars: Sequence[float] | None = None, guesses: Sequence[str] = ()
) -> Match:
    """What a normalised reading may be.

    country   two letters, where the reader says it: a French repair is not for a plate that is read as German
    chars     the reader's confidence in each character, 0..1
    guesses   the reader's other guesses, normalised
    """
    if (held := book.exact(plate)) and not _of_another_country(held, country):
        return Match(Kind.EXACT, tuple(Candidate(each.permit, plate, 0.0, (), book.is_twin(plate)) for each in held))
    found = _candidates(plate, book, chars, guesses)
    if not found:
        return Match(Kind.NONE)
    if country in ("", "FR"):
        meant = plates.possible(plate)
        if len(meant) == 1 and book.exact(meant[0]):
            ordered = sorted(found, key=lambda each: (each.plate != meant[0], each.distance))
            return Match(Kind.REPAIRED, tuple(ordered))
    nearest = {each.plate for each in found if each.distance <= found[0].distance + CONFUSION}
    return Match(Kind.SEVERAL if len(nearest) > 1 else Kind.NEAR, found)


def differing(read: str, true: str) -> tuple[int, ...]:
    """Places at which two plates of one length differ; nothing to mark when one lost or gained a character."""
    return (
        tuple(place for place, pair in enumerate(zip(read, true, strict=True)) if pair[0] != pair[1])
        if len(read) == len(true)
        else ()
    )


def twins(held: Sequence[Held]) -> list[tuple[Held, Held, float]]:
    """Pairs of plates of different permits that can be taken for one another, with their distance; each pair once."""
    book = PermitBook(held)
    pairs: dict[tuple[tuple[str, int], tuple[str, int]], tuple[Held, Held, float]] = {}
    for each in held:
        for distance, other in book.near(each.plate, furthest=TWIN):
            if other.plate != each.plate and other.permit != each.permit:
                first, second = sorted((each, other), key=lambda one: (one.plate, one.permit))
                pairs[(first.plate, first.permit), (second.plate, second.permit)] = (first, second, distance)
    return [pairs[key] for key in sorted(pairs)]


def distance(one: str, other: str) -> float:
    """Between two readings, whatever their format; more than a plate has when their lengths differ by two."""
    near = PermitBook([Held(0, other)]).near(one, furthest=float(plates.LONGEST))
    return near[0][0] if near else float(plates.LONGEST)


def _candidates(plate: str, book: PermitBook, chars: Sequence[float] | None, guesses: Sequence[str]) -> tuple[Candidate, ...]:
    best: dict[tuple[int, str], float] = {}
    said = [(plate, chars, 0.0), *((guess, None, MALUS) for guess in guesses[:10] if guess != plate)]
    for text, confidences, malus in said:
        for far, held in book.near(text, confidences, NEAR - malus):
            key = (held.permit, held.plate)
            best[key] = min(best.get(key, NEAR), round(far + malus, 3))
    ordered = sorted(best.items(), key=lambda each: (each[1], each[0][1], each[0][0]))[:MOST]
    return tuple(
        Candidate(permit, true, far, differing(plate, true), book.is_twin(true)) for (permit, true), far in ordered
    )  # fmt: skip


def _of_another_country(held: list[Held], country: str) -> bool:
    return bool(country) and all(each.country not in ("", country) for each in held)


def _matrix(texts: Sequence[str]) -> NDArray[np.intp]:
    return np.array([[_INDEX[letter] for letter in text] for text in texts], np.intp)


def _weights(length: int, chars: Sequence[float] | None) -> NDArray[np.float32]:
    """How much a difference counts in each place: less where the reader was unsure. Readers that are sure are wrong too."""
    if chars is None or len(chars) != length:
        return np.ones(length, np.float32)
    return (0.5 + 0.5 * np.clip(np.array(chars, np.float32), 0.0, 1.0)).astype(np.float32)


def _distances(
    read: NDArray[np.intp], weights: NDArray[np.float32], true: NDArray[np.intp], siv: bool
) -> NDArray[np.float32]:  # fmt: skip
    """From one reading to each row of `true`, whose length differs by one at most."""
    length, wanted = len(read), true.shape[1]
    if length == wanted:
        tables = [(_LETTER if slot == "A" else _DIGIT) for slot in plates.SIV_SHAPE] if siv else [_ANY] * length
        far = np.zeros(len(true), np.float32)
        for place, table in enumerate(tables):
            far += table[read[place], true[:, place]] * weights[place]
        return far
    shorter = min(length, wanted)
    best = np.full(len(true), np.inf, np.float32)
    for gap in range(shorter + 1):  # a character was lost from the reading, or added to it, at this place
        mine = np.delete(np.arange(length), gap) if length > wanted else np.arange(length)
        theirs = np.delete(np.arange(wanted), gap) if wanted > length else np.arange(wanted)
        best = np.minimum(best, (_ANY[read[mine][None, :], true[:, theirs]] * weights[mine]).sum(axis=1))
    return best + np.float32(INDEL)
