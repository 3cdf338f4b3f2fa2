"""Times without an offset, on the clock of a declared zone: the hour that is skipped in spring, and the one that comes twice.

Pure. A time that the clock skipped does not exist and is refused. A time that it showed twice is told by what is certain:
the first one when the second is still to come, or the order of the series in its document. Else it is refused as
ambiguous: a guess would put half of the night an hour away.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from assets.feeds import instants
from assets.feeds.instants import BadTime
from assets.feeds.intake import Batch, Item

_DIRECTIVE = re.compile(r"%(.)", re.DOTALL)
_CLOCK = frozenset("HIMSfpcXT")
"""Directives of a pattern that says more than a date."""
_ISO_DAY = re.compile(r"[-\dW]{7,10}(?:[T ]24.*)?\Z", re.ASCII)
"""A date alone, or the midnight that ends one."""
_TOGETHER = timedelta(days=1)
"""Two times that come twice belong to one change of the clock when less than this lies between them."""


class Twice(Exception):
    """The clock of the zone showed this time twice, and one document has to tell which of both is meant."""

    def __init__(self, local: datetime) -> None:
        super().__init__(local)
        self.local = local


def from_iso(text: str, zone: ZoneInfo) -> int:
    """µs since the epoch of an ISO 8601 text; without an offset it is of the clock of the zone. Raises BadTime, and Twice."""
    moment = instants.from_iso(text)
    if moment.tzinfo is not None:
        return instants.from_datetime(moment)
    return instant(moment, zone, begins_day=_ISO_DAY.match(text) is not None)


def check_pattern(pattern: str) -> None:
    """Raises ValueError, with what is wrong, when a pattern cannot be used."""
    names = _DIRECTIVE.findall(pattern)
    if "Z" in names:
        raise ValueError("%Z is a name that several zones share: use %z, or a time zone")
    if not ({*"YyGcxs"} & {*names}):
        raise ValueError("it has no year")
    try:
        datetime.strptime("", pattern)  # noqa: DTZ007
    except re.error as error:
        raise ValueError("it says one thing twice") from error
    except ValueError as error:
        if "does not match format" not in str(error):
            raise


def from_pattern(text: str, pattern: str, zone: ZoneInfo | None) -> int:
    """µs since the epoch of a text of this form; `zone` may be None when the pattern has %z. Raises BadTime, and Twice."""
    ends_day = False
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007
    except ValueError as error:
        midnight = _end_of_day(text, pattern)
        if midnight is None:
            raise BadTime(f"at {text[:40]!r} is not a time of the form {pattern}") from error
        moment, ends_day = midnight, True
    try:
        moment += timedelta(days=ends_day)
    except OverflowError as error:
        raise BadTime("at is outside of the calendar") from error
    if moment.tzinfo is not None or zone is None:
        return instants.from_datetime(moment)
    return instant(moment, zone, begins_day=ends_day or not _CLOCK & {*_DIRECTIVE.findall(pattern)})


def _end_of_day(text: str, pattern: str) -> datetime | None:
    """The midnight with which the day of a text begins whose hour is 24; None when it is none."""
    if "H" not in _DIRECTIVE.findall(pattern):
        return None
    try:
        moment = datetime.strptime(text, _DIRECTIVE.sub(lambda found: "24" if found[1] == "H" else found[0], pattern))  # noqa: DTZ007
    except ValueError:
        return None
    return None if moment.minute or moment.second or moment.microsecond else moment


def instant(local: datetime, zone: ZoneInfo, *, begins_day: bool = False) -> int:
    """µs since the epoch of a time without an offset.

    `begins_day`: it stands for the beginning of its day (a date alone, or 24:00 of the day before), which exists in any case.
    Raises BadTime for a time that does not exist, and Twice.
    """
    try:
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError as error:
        raise BadTime("at is outside of the calendar") from error
    if first != second and not begins_day:
        if first.astimezone(zone).replace(tzinfo=None) != local:
            raise BadTime(f"at {shown(local)} does not exist in {zone.key}: the clock was put forward over it")
        raise Twice(local)
    # Of a day whose midnight is skipped, `first` is the change of the clock itself, with which that day begins.
    return instants.from_datetime(first)


def settle(batch: Batch, twice: Mapping[int, datetime], zone: ZoneInfo, received: int | None) -> None:
    """Give the items of one document at these indices, whose local time came twice, their `at`, or refuse them.

    `received` (µs): a time that would still be to come is not meant. None for recordings, which have no such instant.
    """
    if not twice:
        return
    series: dict[str, list[int]] = {}
    doubtful = {batch.items[index].address for index in twice}
    for index, item in enumerate(batch.items):
        if item.address in doubtful:
            series.setdefault(item.address, []).append(index)
    lost = set()
    for indices in series.values():
        lost.update(_settle_series(batch.items, indices, twice, zone, received))
    if not lost:
        return
    places = batch.places or range(len(batch.items))
    for index in sorted(lost):
        item = batch.items[index]
        told = f"at {shown(twice[index])} is ambiguous: the clock of {zone.key} showed it twice"
        reason = f"{told}, and the order does not tell; send an offset"
        batch.refusals.add(places[index], reason, f"{item.address} = {item.value!r}")
    kept = [index for index in range(len(batch.items)) if index not in lost]
    batch.items[:], batch.places = [batch.items[index] for index in kept], [places[index] for index in kept]


def _settle_series(
    items: Sequence[Item], indices: list[int], twice: Mapping[int, datetime], zone: ZoneInfo, received: int | None
) -> list[int]:
    """Give `at` to what can be told, and return the indices of what cannot."""
    direction = _direction(items, indices, twice, zone)
    lost = []
    for change in _changes([index for index in indices if index in twice], twice):
        local = [twice[index] for index in change][:: direction or 1]
        hourly = len(local) == 2 and local[0] == local[1]
        back = [place for place in range(1, len(local)) if hourly or local[place] < local[place - 1]]
        told = direction != 0 and len(back) == 1
        for place, index in enumerate(change[:: direction or 1]):
            first, second = _both(local[place], zone)
            if told:
                items[index].at = float(first if place < back[0] else second)
            elif received is not None and second > received + instants.FUTURE:
                items[index].at = float(first)
            else:
                lost.append(index)
    return lost


def _direction(items: Sequence[Item], indices: list[int], twice: Mapping[int, datetime], zone: ZoneInfo) -> int:
    """1 when a series is in the order of time, -1 when its newest comes first, 0 when neither can be told."""
    spans: list[tuple[float, float]] = []
    for index in indices:
        at = items[index].at
        if index in twice:
            spans.append(_both(twice[index], zone))
        elif isinstance(at, float | int):
            spans.append((at, at))
    # Nothing else falls into the two hours that share one hour of the clock, so that spans overlap within one change only.
    steps = {(later[0] > earlier[1]) - (later[1] < earlier[0]) for earlier, later in pairwise(spans)} - {0}
    if steps:
        return steps.pop() if len(steps) == 1 else 0
    local = [twice[index] for index in indices if index in twice]
    down = sum(earlier > later for earlier, later in pairwise(local))
    up = sum(earlier < later for earlier, later in pairwise(local))
    return (down == 1) - (up == 1)


def _changes(indices: list[int], twice: Mapping[int, datetime]) -> list[list[int]]:
    """The indices in groups of one change of the clock each."""
    groups: list[list[int]] = []
    for index in indices:
        if groups and abs(twice[index] - twice[groups[-1][-1]]) < _TOGETHER:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _both(local: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """µs since the epoch of the first and of the second time that the clock showed this."""
    first, second = (instants.from_datetime(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    return first, second


def shown(local: datetime) -> str:
    return local.isoformat(" ", "auto" if local.second or local.microsecond else "minutes")
