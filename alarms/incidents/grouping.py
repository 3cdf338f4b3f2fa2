"""Which alarms belong together: the rule by which alarms join incidents. Pure, and the same for the same arrivals.

In this order, each alarm that comes and belongs nowhere yet:
  1. what is explained by a cause joins the cause's incident; the first such alarm opens it, with its cause;
  2. of one rule: joins that rule's incident while it is fresh; three alarms of a rule within ten minutes open one;
  3. in one sector: likewise, for what is left.
An incident is fresh while less than ten minutes passed since an alarm joined it last. A lonely alarm is no incident.

Fresh incidents of rules that are about the same assets are one, says `alike`: a river that rises is not an incident for its
speed, one for its level and one for what is expected of it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

ENOUGH = 3
FRESH = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alarm without an incident; `cause` is the alarm that explains it, None when nothing does."""

    alarm: int
    rule: int
    sector: int | None
    cause: int | None = None


@dataclass(slots=True)
class Grouped:
    """Alarms that join an incident by its id, and that open one by its key, both in order of id."""

    joins: dict[int, list[int]] = field(default_factory=dict)
    opens: dict[str, list[int]] = field(default_factory=dict)


def group(arrivals: Iterable[Arrival], held: Mapping[int, int], above: Mapping[int, int], fresh: Mapping[str, int]) -> Grouped:
    """`held`: the incident of an alarm that has one; `above`: what explains a cause; `fresh`: incidents by key."""
    joins: defaultdict[int, list[int]] = defaultdict(list)
    opens: defaultdict[str, list[int]] = defaultdict(list)
    left: list[Arrival] = []
    for each in sorted(arrivals, key=lambda arrival: arrival.alarm):
        if each.cause is None:
            left.append(each)
            continue
        root = _root(each.cause, held, above)
        if root in held:
            joins[held[root]].append(each.alarm)
        else:
            opens[f"cause:{root}"].append(each.alarm)
    # A new cause of what is in an incident already belongs there too, even with nothing new to explain.
    for root in sorted({_root(above[alarm], held, above) for alarm in held if alarm in above} - set(held)):
        opens.setdefault(f"cause:{root}", [])
    gathered = {alarm for alarms in (*joins.values(), *opens.values()) for alarm in alarms}
    causes = {int(key.removeprefix("cause:")) for key in opens}
    left = [each for each in left if each.alarm not in gathered and each.alarm not in causes]
    for key in ("rule", "sector"):
        left = _sharing(left, key, fresh, joins, opens)
    return Grouped(dict(joins), {key: sorted(alarms) for key, alarms in opens.items()})


def _root(cause: int, held: Mapping[int, int], above: Mapping[int, int]) -> int:
    """The topmost cause on the way up, or the first that has an incident."""
    seen = {cause}
    while cause not in held and cause in above and above[cause] not in seen:
        cause = above[cause]
        seen.add(cause)
    return cause


def _sharing(
    left: list[Arrival], what: str, fresh: Mapping[str, int], joins: dict[int, list[int]], opens: dict[str, list[int]]
) -> list[Arrival]:
    """Gather those that share a rule or a sector; answers what remains."""
    sharing: dict[int, list[Arrival]] = defaultdict(list)
    remaining = []
    for each in left:
        shared = getattr(each, what)
        if shared is None:
            remaining.append(each)
        else:
            sharing[shared].append(each)
    for shared, arrivals in sorted(sharing.items()):
        key, alarms = f"{what}:{shared}", [each.alarm for each in arrivals]
        if key in fresh:
            joins[fresh[key]] += alarms
        elif len(alarms) >= ENOUGH:
            opens[key] += alarms
        else:
            remaining += arrivals
    return sorted(remaining, key=lambda arrival: arrival.alarm)


def alike(assets: Mapping[int, Set[int]]) -> dict[int, int]:
    """Of incidents and the assets of their open alarms: those that should go into an older one, and into which.

    Three assets at least, and half of those of each, are the other's too.
    """
    found = {}
    for younger, mine in assets.items():
        for older in sorted(each for each in assets if each < younger):
            shared = len(mine & assets[older])
            if shared >= ENOUGH and 2 * shared >= max(len(mine), len(assets[older])):
                found[younger] = older
                break
    return found
