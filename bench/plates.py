"""False opens and recall of the match over generated misreads: `python -m bench.plates [--reads 10000] [--misread 0.45]`.

Each vehicle is read twice, each time with its own misreads drawn from the documented confusions (docs/passages.md). Vehicles
with a permit give the recall; those without one give the false opens, also where a sister lorry of theirs has a permit.
"""

from __future__ import annotations

import datetime as dt
import random
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.report import arguments, publish
from passages import plates
from passages.arrivals import Heard, consensus
from passages.match import Held, Kind, PermitBook, match
from passages.reads import Read
from passages.recommendation import Barrier, Holds, PermitView, Situation, Verdict, recommend

MISREAD = 0.45
"""Share of reads with a misread character, far more than of a reader that is well set up; of these, TWICE have two."""
TWICE = 0.22
LOST = 0.1
"""Share of the misreads that lose the character."""
SECOND = 1_000_000


@dataclass
class Score:
    """What came of the vehicles of one kind. `opened` for a vehicle that has no such permit is false."""

    vehicles: int = 0
    opened: int = 0
    shown: int = 0
    refused: int = 0
    exact_chance: int = 0


def siv(chance: random.Random) -> str:
    letters = sorted(plates.SIV_LETTERS)
    while True:
        first, last = ("".join(chance.choices(letters, k=2)) for _ in range(2))
        made = f"{first}{chance.randint(1, 999):03}{last}"
        if plates.is_siv(made):
            return made


def foreign(chance: random.Random) -> str:
    """A German or a Spanish plate."""
    if chance.random() < 0.5:
        letters = "".join(chance.choices(string.ascii_uppercase, k=2))
        return f"{chance.choice(['B', 'HH', 'KA', 'M'])}{letters}{chance.randint(1, 9999)}"
    return f"{chance.randint(0, 9999):04}{''.join(chance.choices('BCDFGHJKLMNPRSTVWXYZ', k=3))}"


def sister(plate: str, chance: random.Random) -> str:
    """Another plate one documented confusion away, as those of lorries registered together are; the same if there is none."""
    places = list(range(len(plate)))
    chance.shuffle(places)
    for place in places:
        for other in sorted(true for read, true in plates.DIRECT if read == plate[place]):
            made = plate[:place] + other + plate[place + 1 :]
            if plates.is_siv(made):
                return made
    return plate


def misread(plate: str, share: float, chance: random.Random) -> str:
    """With 0 to 2 of the documented confusions; `share` of the reads have any."""
    text = plate
    for _ in range(chance.choices((0, 1, 2), (1 - share, share * (1 - TWICE), share * TWICE))[0]):
        places = [place for place, letter in enumerate(text) if any(letter == true for _, true in plates.DIRECT)]
        if not places or chance.random() < LOST:
            place = chance.randrange(len(text))
            text = text[:place] + text[place + 1 :]
            continue
        place = chance.choice(places)
        text = (
            text[:place] + chance.choice(sorted(read for read, true in plates.DIRECT if true == text[place])) + text[place + 1 :]
        )
    return text


def judged(plate: str, book: PermitBook, reads: int, share: float, chance: random.Random) -> tuple[Verdict, Kind, set[str]]:
    """The recommendation for a vehicle, how its plate matched, and the permits' plates that were shown."""
    heard = [
        Heard(Read(raw=text, at=number * SECOND, confidence=0.9), 1, number * SECOND, text)
        for number, text in enumerate(misread(plate, share, chance) for _ in range(reads))
    ]
    together = consensus(heard)
    found = match(together.plate, book, guesses=together.guesses)
    permits = tuple(PermitView(each.permit, "", Holds.YES) for each in found.found)
    situation = Situation(together, found, permits, dt.timedelta(seconds=9), barrier=Barrier.CLOSED, barrier_stale=False)
    return recommend(situation).verdict, found.kind, {each.plate for each in found.found}


def streams(count: int, permitted: list[str], chance: random.Random) -> Iterator[tuple[str, str, bool]]:
    """(kind, plate, whether it has a permit)."""
    known = set(permitted)
    for number in range(count):
        yield "permitted", permitted[number % len(permitted)], True
    for _ in range(count):
        plate = siv(chance) if chance.random() < 0.8 else foreign(chance)
        if plate not in known:
            yield "strangers", plate, False
    for number in range(count):
        plate = sister(permitted[number % len(permitted)], chance)
        if plate not in known:
            yield "sisters of permitted", plate, False


def measure(permits: int, vehicles: int, reads: int, share: float, seed: int) -> tuple[dict[str, Score], float]:
    """Scores by stream, and seconds per vehicle."""
    chance = random.Random(seed)
    permitted = [siv(chance) if chance.random() < 0.9 else foreign(chance) for _ in range(permits)]
    book = PermitBook([Held(number, plate) for number, plate in enumerate(permitted)])
    scores: dict[str, Score] = {}
    began, judgements = time.perf_counter(), 0
    for kind, plate, _ in streams(vehicles, permitted, chance):
        score = scores.setdefault(kind, Score())
        verdict, how, shown = judged(plate, book, reads, share, chance)
        judgements += 1
        score.vehicles += 1
        score.opened += verdict is Verdict.OPEN
        score.refused += verdict is Verdict.REFUSE
        score.shown += plate in shown
        score.exact_chance += verdict is Verdict.OPEN and how is Kind.EXACT and plate not in shown
    return scores, (time.perf_counter() - began) / judgements


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--permits", type=int, default=5_000)
    parser.add_argument("--reads", type=int, default=10_000, help="vehicles of each kind")
    parser.add_argument("--misread", type=float, default=MISREAD, help="share of reads with a misread character")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rows = []
    for reads in (2, 3, 5):
        scores, seconds = measure(asked.permits, asked.reads, reads, asked.misread, asked.seed)
        for kind, score in scores.items():
            rows.append({
                "vehicles": kind, "reads each": reads, "number": score.vehicles,
                "opened": score.opened, "of these read as another's plate": score.exact_chance,
                "refused": score.refused, "own permit shown": score.shown, "ms each": round(seconds * 1000, 2),
            })  # fmt: skip
    publish("Plates: false opens and recall", rows, asked.json)


if __name__ == "__main__":
    main()
