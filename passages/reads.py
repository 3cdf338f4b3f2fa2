"""One reading of a plate as any reader says it, decoded once at the border and trusted from there on. Pure."""

import enum
from dataclasses import dataclass, field

MOST_GUESSES = 10
MOST_IN_A_MESSAGE = 50
LARGEST_PICTURE = 512 * 1024


class Malformed(ValueError):
    """A message that is not what its source documents: a defect of theirs, told with its place."""


class Direction(enum.StrEnum):
    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


class Phase(enum.StrEnum):
    """Where in a vehicle's stay at the gate the reader is: the first guess, a better one, its last word."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Read:
    """What one reader says once of one plate.

    arrival        the reader's own key of the vehicle, the same in all its reads; empty: it has none
    at             µs since the Unix epoch by the reader's clock; None when it says none that can be trusted
    raw            as read; `guesses` likewise
    country        two letters, empty when not said
    confidence     0..1, None when not said; `chars` the same of each character
    retransmitted  kept by the reader through a cut and sent now: nothing of it is about now
    preview        the reader expects to say better
    parked         the vehicle stands, and may have stood for hours
    zone           the reader's name of the part of its picture
    listed         the name of the reader's own list that has the plate: a fact, never a decision
    """

    raw: str
    arrival: str = ""
    at: int | None = None
    country: str = ""
    confidence: float | None = None
    chars: tuple[float, ...] = ()
    guesses: tuple[str, ...] = ()
    direction: Direction = Direction.UNKNOWN
    phase: Phase = Phase.NEW
    retransmitted: bool = False
    preview: bool = False
    parked: bool = False
    zone: str = ""
    listed: str = ""
    vehicle: str = ""
    colour: str = ""
    picture: str = ""
    """A link to the picture at the reader or its recorder; never one with a plate in it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one message of a reader has: reads, or a sign of life without any, and the picture that came with it."""

    reads: tuple[Read, ...] = ()
    picture: bytes = field(default=b"", repr=False)


def fraction(said: object, whole: float = 1.0) -> float | None:
    """A confidence as 0..1, of a number or of one written as text; None for what is none."""
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    try:
        value = float(said) / whole
    except (ValueError, OverflowError):
        return None
    return value if 0.0 <= value <= 1.0 else None


def text(said: object, longest: int = 80) -> str:
    """A text or a number as text; nothing for anything else, for no stranger's document is trusted to have the right types."""
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return ""
    return "".join(letter for letter in str(said) if letter.isprintable())[:longest].strip()


CENTURY = (946_684_800, 4_102_444_800)
"""Seconds since the epoch that an instant of a read may be: the years 2000 to 2099."""


def micros(said: object, per_second: float) -> int | None:
    """µs since the epoch, of a number counted `per_second`; None for what cannot be an instant of our century."""
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    try:
        seconds = float(said) / per_second
    except (ValueError, OverflowError):
        return None
    return round(seconds * 1_000_000) if CENTURY[0] <= seconds <= CENTURY[1] else None
