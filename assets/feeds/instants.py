"""Times as supervisors write them, turned into µs since the Unix epoch (UTC), one by one or a column at once.

Pure. Accepted: an RFC 3339 text with its offset (`Z` or `±hh:mm`), or a number of seconds, milliseconds or microseconds
since the epoch, told apart by size (the three never overlap between 1990 and the year 5138). A text without an offset is
refused: guessing the zone is how a night of readings ends up an hour away. 24:00:00 is the midnight that ends its day.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = int((datetime(1990, 1, 1, tzinfo=UTC) - EPOCH) / timedelta(microseconds=1))
"""µs; a supervisor whose clock was never set says 1970 or 1980."""
FUTURE = 5 * 60 * 1_000_000
"""µs ahead of us that a supervisor's clock may be."""
LONGEST = 64
"""Characters a time may have; what is longer is none, and is looked at no further: a whole body may share one text."""
UNREADABLE = np.iinfo(np.int64).min
"""What `column` puts where there is no time."""

_END_OF_DAY = re.compile(r"([-\dW]{7,10}[T ])24((?::?00){0,2}(?:[.,]0+)?)([Zz]|[-+][\d:]+)?", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)
_SECONDS_BELOW, _MILLISECONDS_BELOW, _MICROSECONDS_BELOW = 1e11, 1e14, 1e17
_DASH, _COLON, _POINT, _PLUS, _ZERO, _NINE, _T, _Z = b"-:.+09TZ"
_PLAIN = len("2026-01-01T00:00:00")
_TO_MICROSECONDS = len("2026-01-01T00:00:00.000000")


class BadTime(ValueError):
    """Not a time we can place; the message says why, in words for the supervisor's people."""


def from_datetime(moment: datetime) -> int:
    """µs since the epoch of an aware datetime."""
    return (moment - EPOCH) // _MICROSECOND


def micros(at: str | float | None, received: int) -> int:
    """µs since the epoch of one time as sent; an absent one is `received` (µs). Raises BadTime."""
    if at is None:
        return received
    if isinstance(at, str):
        return _from_text(at)
    return _from_number(at)


def judge(at: int, received: int, oldest: int = EARLIEST) -> None:
    """Raises BadTime when `at` cannot be true, or is from before `oldest`; all in µs since the epoch."""
    if at < EARLIEST:
        raise BadTime("at is before 1990")
    if at < oldest:
        raise BadTime(f"at is older than what is kept: {(received - oldest) // 86_400_000_000} days")
    if at > received + FUTURE:
        raise BadTime("at is in the future by more than 5 minutes")


def column(ats: Sequence[str | float | None], received: int) -> NDArray[np.int64]:
    """µs since the epoch (int64) of each, UNREADABLE where `micros` would raise."""
    if not set(map(type, ats)) <= {str}:
        return np.fromiter((_or_unreadable(at, received) for at in ats), np.int64, len(ats))
    return _from_texts(ats, set(map(len, ats)))  # type: ignore[arg-type]


def from_iso(text: str) -> datetime:
    """The date and time of an ISO 8601 text, aware when it has an offset; 24:00 is the next day's 00:00. Raises BadTime."""
    try:
        if len(text) <= LONGEST:
            ends_day = _END_OF_DAY.fullmatch(text)
            if ends_day is None:
                return datetime.fromisoformat(text)
            begin, rest, offset = ends_day.groups("")
            return datetime.fromisoformat(f"{begin}00{rest}{offset}") + timedelta(days=1)
    except OverflowError as error:
        raise BadTime("at is outside of the calendar") from error
    except ValueError:
        pass  # said below
    raise BadTime("at is not an RFC 3339 time")


def _from_text(text: str) -> int:
    moment = from_iso(text)
    if moment.tzinfo is None:
        raise BadTime("at has no offset: end it with Z or ±hh:mm")
    return from_datetime(moment)


def _from_number(number: float) -> int:
    size = abs(number)
    if size < _SECONDS_BELOW:
        return round(number * 1_000_000)
    if size < _MILLISECONDS_BELOW:
        return round(number * 1_000)
    if size < _MICROSECONDS_BELOW:
        return round(number)
    raise BadTime("at is not a number of seconds, milliseconds or microseconds since 1970")


def _or_unreadable(at: str | float | None, received: int) -> int:
    try:
        return micros(at, received)
    except BadTime:
        return UNREADABLE


def _from_texts(texts: Sequence[str], lengths: set[int]) -> NDArray[np.int64]:
    """Supervisors drop a zero fraction, so a batch mixes a few lengths: each group at once, odd texts one by one."""
    if len(lengths) > 8 or len(texts) < 16:
        return np.fromiter((_or_unreadable(text, 0) for text in texts), np.int64, len(texts))
    if len(lengths) == 1:
        return _from_group(texts, *lengths)
    answer = np.full(len(texts), UNREADABLE)
    length_of = np.fromiter(map(len, texts), np.int64, len(texts))
    for length in lengths:
        where = np.flatnonzero(length_of == length)
        answer[where] = _from_group([texts[index] for index in where.tolist()], length)
    return answer


def _from_group(texts: Sequence[str], length: int) -> NDArray[np.int64]:
    try:
        return _from_equal_texts(texts, length)
    except ValueError:  # at least one is odd: each is looked at on its own
        return np.fromiter((_or_unreadable(text, 0) for text in texts), np.int64, len(texts))


def _from_equal_texts(texts: Sequence[str], length: int) -> NDArray[np.int64]:
    """All of one length and plainly written, or ValueError."""
    if not _PLAIN < length <= LONGEST:
        raise ValueError("too short to have an offset, or too long for a time")
    letters = np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(len(texts), length)
    if (letters < _PLUS).any():
        raise ValueError("spaces or control characters")
    if (letters[:, -1] == _Z).all():
        end, offset = length - 1, np.zeros(1, np.int64)
    else:
        end, offset = length - 6, _offsets(letters[:, -6:])
    if end < _PLAIN or not all((letters[:, at] == letter).all() for at, letter in _template(end)):
        raise ValueError("not the plain form")
    if end > _TO_MICROSECONDS:
        beyond = letters[:, _TO_MICROSECONDS:end]
        if (beyond < _ZERO).any() or (beyond > _NINE).any():
            raise ValueError("not a fraction")
        end = _TO_MICROSECONDS
    local = np.ascontiguousarray(letters[:, :end]).view(f"S{end}").ravel().astype("M8[us]").astype(np.int64)
    return local - offset


def _template(end: int) -> list[tuple[int, int]]:
    plain = [(4, _DASH), (7, _DASH), (10, _T), (13, _COLON), (16, _COLON)]
    return plain if end == _PLAIN else [*plain, (_PLAIN, _POINT)]


def _offsets(letters: NDArray[np.uint8]) -> NDArray[np.int64]:
    """µs to subtract, from columns that spell ±hh:mm. Raises ValueError."""
    sign, digits = letters[:, 0], letters[:, [1, 2, 4, 5]].astype(np.int64) - _ZERO
    hours, minutes = digits[:, 0] * 10 + digits[:, 1], digits[:, 2] * 10 + digits[:, 3]
    negative = sign == _DASH
    spelled = (negative | (sign == _PLUS)) & (letters[:, 3] == _COLON) & (digits >= 0).all(1) & (digits <= 9).all(1)
    if not (spelled & (hours < 24) & (minutes < 60)).all():
        raise ValueError("not an offset")
    return np.where(negative, -1, 1) * (hours * 60 + minutes) * 60_000_000
