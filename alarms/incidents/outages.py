"""Which alarms about feeds belong together: those of one supervisor, and those that are reached at one host. Pure.

A supervisor that stops is silent on each of its feeds, each in its own time: one matter, however long apart they are noticed.
So is a host, or a broker, behind which several supervisors are. An alarm joins an incident beside an alarm of its supervisor
there; by its host only beside those that are there for themselves or for that host, so that no chain of supervisors becomes
the whole site.
"""

from collections.abc import Iterable
from typing import NamedTuple

from alarms.incidents.grouping import Grouped
from alarms.lifecycle.reasons import FIRST, Reason


class Way(NamedTuple):
    """How a feed reaches us: its supervisor, and the host it is asked at; "" where it comes by itself."""

    supervisor: int
    host: str = ""


class Outage(NamedTuple):
    """An alarm about a feed; `incident` and `why`, the code of its reason, of one that is in an incident."""

    alarm: int
    feed: int
    way: Way
    incident: int | None = None
    why: str = ""


def gather(outages: Iterable[Outage]) -> Grouped:
    """Which of those that are in no incident join one, and which open one: the same for the same alarms in any order."""
    found = Grouped()
    ordered = sorted(outages)
    settled = [each for each in ordered if each.incident is not None]
    free = [each for each in ordered if each.incident is None]
    while free:
        first = free.pop(0)
        if (beside := _beside(first, settled)) is not None:
            other, why = beside
            found.joins.setdefault(other.incident, {})[first.alarm] = why
            settled.append(first._replace(incident=other.incident, why=why.code))
        elif sharing := [(each, why) for each in free if (why := _shared(each, first)) is not None]:
            what = min((why.code for _, why in sharing), key=("supervisor", "host").index)
            found.opens[f"{what}:{first.feed}"] = {first.alarm: FIRST} | {each.alarm: why for each, why in sharing}
            free = [each for each in free if each not in {other for other, _ in sharing}]
    return found


def _beside(one: Outage, settled: Iterable[Outage]) -> tuple[Outage, Reason] | None:
    """The oldest alarm beside which this one belongs into an incident: of its supervisor, else of its host."""
    near = [(each, why) for each in settled if (why := _shared(one, each)) is not None]
    by_supervisor = [(each, why) for each, why in near if why.code == "supervisor"]
    by_host = [(each, why) for each, why in near if why.code == "host" and each.why != "supervisor"]
    return next(iter([*by_supervisor, *by_host]), None)


def _shared(one: Outage, other: Outage) -> Reason | None:
    if one.way.supervisor == other.way.supervisor:
        return Reason("supervisor", other.alarm)
    return Reason("host", other.alarm) if one.way.host and one.way.host == other.way.host else None
