"""Which alarms belong together: the rule by which alarms join incidents. Pure, and the same for the same arrivals.

In this order, each alarm that comes and belongs nowhere yet:
  1. what is explained by a cause joins the cause's incident; the first such alarm opens it, with its cause;
  2. what is about the asset of a member of an incident joins that, and so does what depends directly on that asset;
  3. of one rule: joins that rule's fresh incident within REACH of the alarm it began with; three within REACH of the middle one,
     within ten minutes, open one;
  4. two about one asset, or one and another on what depends directly on it, open one;
  5. two of assets of one kind and supervisor, in one building or fed by one asset, open one; later ones join while it is fresh.
Alarms about feeds have rules of their own (`outages`). What shares nothing of that is apart, however near and however soon. A
lonely alarm is no incident here. An incident is fresh while less than ten minutes passed since an alarm joined it last.

A rule that speaks of three assets of an incident of 3 belongs to it, too: more of its alarms join within REACH of its first.

Nothing snowballs: 3 and 5 compare with the alarm the incident began with and never with who joined later. Each member has a
reason that names another one, and following them leads to the first in a few steps.

A small incident, of 4 or 5, goes as a whole into one of 3 when one of its alarms is of that rule and place: a river that rises is
not an incident for each gauge.

Two that began apart, one with each of two such rules, are one, says `kin`: a river that rises is not an incident for its speed,
one for its level and one for what is expected of it.
"""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import Struct

from alarms.lifecycle.reasons import FIRST, ROOT, Reason

ENOUGH = 3
FRESH = dt.timedelta(minutes=10)
REACH = 2_000
"""Metres from the first alarm of a rule's incident to the others: a river through a town, and not the next town."""
_DEGREE = 111_320
"""Metres of a degree of latitude."""


class Arrival(Struct, frozen=True, gc=False):
    """An alarm that may join; `cause` is the alarm that explains it, None when nothing does.

    bears      what depends on its asset may be together with it: its rule does not say that it explains nothing
    incident   the small incident it is in, which may go into another as a whole
    """

    alarm: int
    rule: int
    asset: int | None = None
    cause: int | None = None
    bears: bool = True
    incident: int | None = None


class Where(NamedTuple):
    """An asset's place: degrees, the asset it depends on, and a number it shares with its system (None: it has none)."""

    longitude: float
    latitude: float
    parent: int | None = None
    system: int | None = None
    indoors: bool = False
    """The system is that of a building."""


class Beginning(NamedTuple):
    """A fresh incident: where those go who join it, its founding rule (None: it is of a system), alarm and asset."""

    incident: int
    rule: int | None
    alarm: int
    asset: int


class Companion(NamedTuple):
    """An open alarm that is in an incident."""

    alarm: int
    incident: int
    bears: bool = True


Members = dict[int, Reason]
"""Reasons by alarm."""


@dataclass(slots=True)
class Grouped:
    """Alarms that join an incident by its id, and that open one by its key."""

    joins: dict[int, Members] = field(default_factory=dict)
    opens: dict[str, Members] = field(default_factory=dict)

    def with_(self, other: "Grouped") -> "Grouped":
        """Both; no alarm is in both."""
        joins = {id_: self.joins.get(id_, {}) | other.joins.get(id_, {}) for id_ in (*self.joins, *other.joins)}
        return Grouped(joins, self.opens | other.opens)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What alarms come into: fresh incidents, a companion by asset, and the places of assets, also of beginnings."""

    fresh: Sequence[Beginning] = ()
    companions: Mapping[int, Companion] = field(default_factory=dict)
    where: Mapping[int, Where] = field(default_factory=dict)


def group(arrivals: Iterable[Arrival], held: Mapping[int, int], above: Mapping[int, int], around: Surroundings) -> Grouped:
    """`held`: the incident of an alarm that has one; `above`: what explains a cause."""
    joins: defaultdict[int, Members] = defaultdict(dict)
    opens: defaultdict[str, Members] = defaultdict(dict)
    left = []
    arrivals = sorted(arrivals, key=lambda arrival: arrival.alarm)
    for each in arrivals:
        if each.cause is None:
            left.append(each)
            continue
        root = _root(each.cause, held, above)
        members = joins[held[root]] if root in held else opens[f"cause:{root}"]
        members[each.alarm] = Reason("cause", each.cause)
    # A new cause of what is in an incident already belongs there too, even with nothing new to explain.
    for root in sorted({_root(above[alarm], held, above) for alarm in held if alarm in above} - set(held)):
        opens.setdefault(f"cause:{root}", {})
    for key, members in opens.items():
        members[int(key.removeprefix("cause:"))] = ROOT
    gathered = {alarm: members for members in (*joins.values(), *opens.values()) for alarm in members}
    placing = _Placing([each for each in left if each.alarm not in gathered], around, joins, opens)
    for each in arrivals:
        if each.alarm in gathered and each.asset is not None:
            placing.beside.setdefault(each.asset, (gathered[each.alarm], each))
    placing.run()
    return Grouped({incident: members for incident, members in joins.items() if members}, dict(opens))


def _root(cause: int, held: Mapping[int, int], above: Mapping[int, int]) -> int:
    """The topmost cause on the way up, or the first that has an incident."""
    seen = {cause}
    while cause not in held and cause in above and above[cause] not in seen:
        cause = above[cause]
        seen.add(cause)
    return cause


class _Begun(NamedTuple):
    """An incident that takes in, known or opened just now; fields as of a Beginning."""

    members: Members
    rule: int | None
    alarm: int
    asset: int


class _Placing:
    """Places what no cause explains, in order of id."""

    def __init__(
        self, left: Iterable[Arrival], around: Surroundings, joins: dict[int, Members], opens: dict[str, Members]
    ) -> None:
        self._left = {each.alarm: each for each in left if each.asset in around.where}
        self._around, self._joins, self._opens = around, joins, opens
        self.beside: dict[int | None, tuple[Members, Arrival]] = {}
        """By asset: where an alarm of this batch was placed, and which one."""
        self._along: list[tuple[Members, Arrival]] = []
        """What was placed because of its asset."""
        self._gone: dict[int, tuple[Members, Arrival]] = {}
        """By small incident: where it goes, and by which of its alarms."""

    def run(self) -> None:
        small = {each.incident for each in self._left.values()}
        begun = [_Begun(self._joins[each.incident], each.rule, each.alarm, each.asset) for each in self._around.fresh]
        self._beside_members(small)
        self._join([*begun, *self._taken_up(begun)])
        for rule in sorted({each.rule for each in self._left.values()}):
            opened = self._open_rule([each for each in self._left.values() if each.rule == rule])
            if opened:
                self._beside_placed()
                self._join(self._taken_up(opened))
        self._bring_along()
        self._beside_placed()
        self._beside_members(set())
        self._open_assets()
        self._open_systems()
        self._beside_placed()

    def _free(self) -> list[Arrival]:
        """Those that are in no small incident."""
        return [each for each in self._left.values() if each.incident is None]

    def _place(self, each: Arrival, members: Members, why: Reason) -> None:
        members[each.alarm] = why
        del self._left[each.alarm]
        if why.code == "asset":
            self._along.append((members, each))
        if each.incident is not None:
            self._gone.setdefault(each.incident, (members, each))
        self.beside.setdefault(each.asset, (members, each))

    def _parent(self, each: Arrival) -> int | None:
        return self._around.where[each.asset].parent

    def _beside_members(self, but: Set[int | None]) -> None:
        """Beside a member of an incident that is none of `but`: those may go into another as a whole yet."""
        companions = {asset: each for asset, each in self._around.companions.items() if each.incident not in but}
        for each in self._free() if companions else ():
            same, over = companions.get(each.asset), companions.get(self._parent(each))
            if same is not None:
                self._place(each, self._joins[same.incident], Reason("asset", same.alarm))
            elif over is not None and over.bears:
                self._place(each, self._joins[over.incident], Reason("dependency", over.alarm))

    def _beside_placed(self) -> None:
        for each in self._free():
            same, over = self.beside.get(each.asset), self.beside.get(self._parent(each))
            if same is not None:
                self._place(each, same[0], Reason("asset", same[1].alarm))
            elif over is not None and over[1].bears:
                self._place(each, over[0], Reason("dependency", over[1].alarm))

    def _taken_up(self, begun: Iterable[_Begun]) -> list[_Begun]:
        """Rules that speak, in this batch, of enough assets of an incident of another rule: it is about them, too."""
        of: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for members, each in self._along:
            of[id(members), each.rule].append(each.alarm)
        found = []
        for one in {id(each.members): each for each in begun if each.rule is not None}.values():
            found += [
                one._replace(rule=rule, alarm=min(alarms))
                for (members, rule), alarms in sorted(of.items())
                if members == id(one.members) and rule != one.rule and len(alarms) >= ENOUGH
            ]
        return found

    def _join(self, begun: Iterable[_Begun]) -> None:
        where = self._around.where
        of_rule: defaultdict[int | None, list[_Begun]] = defaultdict(list)
        of_system: dict[int, _Begun] = {}
        for one in begun:
            if one.asset in where and one.rule is not None:
                of_rule[one.rule].append(one)
            elif one.asset in where and (system := where[one.asset].system) is not None:
                of_system.setdefault(system, one)
        for each in list(self._left.values()) if of_rule or of_system else ():
            here = where[each.asset]
            near = next((one for one in of_rule[each.rule] if apart(here, where[one.asset]) <= REACH), None)
            if near is not None:
                self._place(each, near.members, Reason("rule", near.alarm))
            elif each.incident is None and here.system is not None and (same := of_system.get(here.system)) is not None:
                self._place(each, same.members, Reason(_system(here), same.alarm))

    def _open_rule(self, waiting: list[Arrival]) -> list[_Begun]:
        where, opened = self._around.where, []
        while len(waiting) >= ENOUGH:
            first = waiting[0]
            near = _near(first, waiting, where)
            if len(near) < ENOUGH:
                waiting = waiting[1:]
                continue
            middle = _middle(near, where)
            around = _near(middle, waiting, where)
            if len(around) < ENOUGH:
                middle, around = first, near
            members = self._opens[f"rule:{middle.rule}:{middle.asset}"]
            for each in around:
                self._place(each, members, FIRST if each is middle else Reason("rule", middle.alarm))
            opened.append(_Begun(members, middle.rule, middle.alarm, middle.asset))
            waiting = [each for each in waiting if each.alarm in self._left]
        return opened

    def _bring_along(self) -> None:
        """A small incident goes as a whole: by the alarm of it that is of that rule."""
        for each in list(self._left.values()) if self._gone else ():
            if each.incident in self._gone:
                members, by = self._gone[each.incident]
                self._place(each, members, Reason(self._relation(each, by), by.alarm))

    def _relation(self, each: Arrival, by: Arrival) -> str:
        here, there = self._around.where[each.asset], self._around.where[by.asset]
        if each.asset == by.asset:
            return "asset"
        return _system(here) if here.system is not None and here.system == there.system else "dependency"

    def _open_assets(self) -> None:
        own: defaultdict[int | None, list[Arrival]] = defaultdict(list)
        below: defaultdict[int | None, list[Arrival]] = defaultdict(list)
        for each in self._free():
            own[each.asset].append(each)
            below[self._parent(each)].append(each)
        for asset in sorted(own):
            about = [each for each in own[asset] if each.alarm in self._left]
            bearing = next((each for each in about if each.bears), None)
            depending = [] if bearing is None else [each for each in below[asset] if each.alarm in self._left]
            if not about or len(about) + len(depending) < 2:
                continue
            first = bearing or about[0]
            members = self._opens[f"asset:{asset}"]
            self._place(first, members, FIRST)
            for each in about:
                if each is not first:
                    self._place(each, members, Reason("asset", first.alarm))
            for each in depending:
                self._place(each, members, Reason("dependency", first.alarm))

    def _open_systems(self) -> None:
        of: defaultdict[int, list[Arrival]] = defaultdict(list)
        for each in self._free():
            if (system := self._around.where[each.asset].system) is not None:
                of[system].append(each)
        for _, sharing in sorted(of.items()):
            if len(sharing) >= 2:
                first, *others = sharing
                code = _system(self._around.where[first.asset])
                members = self._opens[f"{code}:{first.asset}"]
                self._place(first, members, FIRST)
                for each in others:
                    self._place(each, members, Reason(code, first.alarm))


def _system(where: Where) -> str:
    return "building" if where.indoors else "system"


def apart(one: Where, other: Where) -> float:
    """Metres between two places of one town."""
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return _DEGREE * math.hypot(east, one.latitude - other.latitude)


def _near(middle: Arrival, arrivals: Iterable[Arrival], where: Mapping[int, Where]) -> list[Arrival]:
    return [each for each in arrivals if apart(where[middle.asset], where[each.asset]) <= REACH]


def _middle(arrivals: Sequence[Arrival], where: Mapping[int, Where]) -> Arrival:
    """The one nearest to the centre of all, and of equals the oldest: whichever came first by chance begins nothing."""
    places = [where[each.asset] for each in arrivals]
    centre = Where(*(sum(column) / len(places) for column in ([p.longitude for p in places], [p.latitude for p in places])))
    return min(arrivals, key=lambda each: (round(apart(where[each.asset], centre)), each.alarm))


class Core(NamedTuple):
    """What a fresh incident of a rule is about: the rule and place it began with, and the other rules it took up."""

    rule: int
    where: Where
    also: Set[int]


def kin(cores: Mapping[int, Core]) -> dict[int, int]:
    """Of incidents, those that should go into an older one, and into which: it took up their rule, and began near."""
    found = {}
    for younger, mine in cores.items():
        for older in sorted(each for each in cores if each < younger):
            theirs = cores[older]
            if mine.rule in theirs.also and apart(mine.where, theirs.where) <= REACH:
                found[younger] = older
                break
    return found
