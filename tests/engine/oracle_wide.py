"""All ten kinds and calendars together, one reading or event at a time: what `Oracle` does, then what follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from alarms.engine.evidence import CalendarEvidence
from alarms.engine.spec import Anomaly, Calendar, Condition, Forecast, Predicate, Rate, Spec
from alarms.engine.transitions import Active, Transition
from tests.engine.oracle import Oracle, Point
from tests.engine.oracle_facts import Fact, Land, Rule, turned, usable
from tests.engine.oracle_meetings import KINDS
from tests.engine.oracle_values import Cell, derived_ladder

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Doorkeeper:
    """The calendar of one rule. Boundaries fall on whole minutes: they are looked for minute by minute, for two days."""

    def __init__(self, calendar: Calendar, zone: str, version: int) -> None:
        self.calendar, self.zone, self.version = calendar, ZoneInfo(zone), version
        self.alarms: dict[tuple[str, int | str], dict] = {}

    def __hash__(self) -> int:
        return hash(self.calendar)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Doorkeeper) and self.calendar == other.calendar

    def open(self, at: int) -> bool:
        return is_open(self, at // MINUTE)

    def look(self, at: int) -> bool:
        local = dt.datetime.fromtimestamp(at // SECOND, self.zone)
        today, minute = local.date(), local.hour * 60 + local.minute
        return any(a <= minute < b for a, b in self.hours(today)) or any(
            a <= minute + 1440 < b for a, b in self.hours(today - dt.timedelta(1))
        )

    def hours(self, day: dt.date) -> list[tuple[int, int]]:
        for special in self.calendar.exceptions:
            if special.date == day:
                return [self.minutes(hours) for hours in special.hours]
        if self.calendar.dates and not any(period.first <= day <= period.last for period in self.calendar.dates):
            return []
        if not self.calendar.weekly:
            return [(0, 1440)]
        return [self.minutes(hours) for hours in self.calendar.weekly if DAYS[day.weekday()] in hours.days]

    @staticmethod
    def minutes(hours) -> tuple[int, int]:
        start, end = (60 * int(text[:2]) + int(text[3:]) for text in (hours.start, hours.end))
        return start, end if end > start else end + 1440

    def boundary(self, after: int) -> int | None:
        return next_boundary(self, after // MINUTE)

    def search(self, after: int) -> int | None:
        minute = (after // MINUTE + 1) * MINUTE
        for at in range(minute, minute + 2 * 1440 * MINUTE, MINUTE):
            if self.open(at) != self.open(at - 1):
                return at
        return None

    def through(self, move: Transition) -> list[Transition]:
        alarm = (move.subject_kind, move.subject)
        kept = self.alarms.setdefault(alarm, {"asof": move.at, "holds": None, "shown": None})
        told = self.settle(alarm, move.at, move.learned)
        kept["holds"] = None if move.kind == "clear" else move
        if self.open(max(move.at, kept["asof"])):
            before, kept["shown"] = kept["shown"], None if move.kind == "clear" else move.severity
            if before is None and kept["shown"]:
                kept["opened"] = move.since
                told.append(msgspec.structs.replace(move, kind="raise", previous=None))
            elif before != kept["shown"]:
                since = move.since if kept["shown"] else kept["opened"]
                told.append(msgspec.structs.replace(move, previous=before, since=since))
        self.clean()
        return told

    def settle(self, alarm: tuple[str, int | str], until: int, learned: int) -> list[Transition]:
        kept, told = self.alarms[alarm], []
        while (at := self.boundary(kept["asof"])) is not None and at <= until:
            kept["asof"] = at
            if self.open(at) and kept["holds"] is not None:
                holds = kept["holds"]
                kept |= {"shown": holds.severity, "opened": holds.since}
                told.append(msgspec.structs.replace(holds, kind="raise", previous=None, at=at, learned=learned, past=False))
            elif not self.open(at) and kept["shown"] is not None:
                evidence = CalendarEvidence(at, self.boundary(at))
                shown, kept["shown"] = kept["shown"], None
                told.append(Transition("clear", self.version, *alarm, shown, shown, at, kept["opened"], learned, evidence))
        kept["asof"] = max(kept["asof"], until)
        return told

    def advance(self, now: int) -> list[Transition]:
        told = []
        while True:
            due = [(self.boundary(kept["asof"]), alarm) for alarm, kept in self.alarms.items()]
            due = [(at, alarm) for at, alarm in due if at is not None and at <= now]
            if not due:
                return told
            at, alarm = min(due)
            told += self.settle(alarm, at, now)
            self.clean()

    def clean(self) -> None:
        for alarm in [alarm for alarm, kept in self.alarms.items() if kept["holds"] is None and kept["shown"] is None]:
            del self.alarms[alarm]

    def active(self) -> list[Active]:
        return [Active(self.version, *alarm, k["shown"], k["opened"]) for alarm, k in self.alarms.items() if k["shown"]]


@lru_cache(maxsize=100_000)
def is_open(door: Doorkeeper, minute: int) -> bool:
    """Looked up once: a calendar answers the same all minute long."""
    return door.look(minute * MINUTE)


@lru_cache(maxsize=10_000)
def next_boundary(door: Doorkeeper, minute: int) -> int | None:
    return door.search(minute * MINUTE)


class WideOracle(Oracle):
    """`named` gives the slugs of rules by version; `land` what a person knows of the site."""

    def __init__(
        self,
        points: Sequence[Point],
        quantities: Mapping[int, str],
        feeds: Mapping[int, int],
        rules: Sequence[tuple[int, Spec, Sequence[int]]],
        started: int,
        *,
        land: Land,
        zone: str,
        profiles: Mapping[int, Mapping[int, Cell]],
    ) -> None:
        super().__init__(points, feeds, rules, started)
        self.quantities, self.land = quantities, land
        self.derived = [
            derived_ladder(version, spec, point, zone, profiles.get(point.id, {}))
            for point in points
            for version, spec, members in rules
            if point.id in members and isinstance(spec, Rate | Forecast | Anomaly)
        ]
        self.doors = {version: Doorkeeper(spec.calendar, zone, version) for version, spec, _ in rules if spec.calendar}
        self.scopes = {version: set(members) for version, _, members in rules}
        self.versions = {f"rule-{version}": version for version, _, _ in rules}
        self.fact_rules: list[Rule] = []
        for version, spec in in_order({version: spec for version, spec, _ in rules}, self.versions):
            if type(spec) in KINDS:
                assets = {self.points[point].asset for point in self.scopes[version]}
                self.fact_rules.append(KINDS[type(spec)](version, spec, assets, land))
        self.holds: dict[tuple[int, int, int], bool] = {}
        self.queues: dict[int, list[Fact]] = {rule.version: [] for rule in self.fact_rules}

    # -- what comes in

    def read(self, point_id: int, at: int, value: float, quality: int, received: int) -> list[Transition]:
        before = self.counts["applied"]
        told = self.guard(super().read(point_id, at, value, quality, received))
        if self.counts["applied"] > before and usable(quality, value):
            for rule in self.fact_rules:
                self.compare(rule, self.points[point_id], at, value, received)
        return told + self.follow()

    def hear(self, feed: int, received: int) -> list[Transition]:
        return self.guard(super().hear(feed, received)) + self.follow()

    def happen(
        self, kind: str, asset: int | None, address: str, feed: int, at: int, received: int, attributes: Mapping
    ) -> list[Transition]:
        if at - received > 300 * SECOND:
            return []
        subject = f"asset:{asset}" if asset else f"address:{address}"
        for rule in self.fact_rules:
            roles = [
                (role, "moment") for role, predicate in predicates(rule.spec)
                if predicate.event == kind
                and all(attributes.get(name) == wanted for name, wanted in predicate.attributes.items())
            ]  # fmt: skip
            if roles and (asset in rule.assets if asset else rule.spec.scope == type(rule.spec.scope)()):
                sector = self.land.sector.get(asset, "")
                self.queues[rule.version].append(Fact(at, received, roles, subject, asset, feed, None, sector, attributes))
        return self.follow()

    def advance(self, now: int) -> list[Transition]:
        told = self.guard(super().advance(now))
        facts = {rule.version for rule in self.fact_rules}
        for version, door in self.doors.items():
            if version not in facts:
                moves = door.advance(now)
                self.relay(moves)
                told += moves
        return told + self.follow(now)

    # -- what follows

    def guard(self, moves: Iterable[Transition]) -> list[Transition]:
        told = []
        for move in moves:
            passed = self.doors[move.rule].through(move) if move.rule in self.doors else [move]
            self.relay(passed)
            told += passed
        return told

    def compare(self, rule: Rule, point: Point, at: int, value: float, received: int) -> None:
        turns = []
        for role, term in terms(rule.spec):
            if term.quantity != self.quantities[point.id] or not self.concerns(rule, term, point):
                continue
            key = (rule.version, role, point.id)
            self.holds[key], change = turned(term, self.holds.get(key), value)
            if change in rule.wants:
                turns.append((role, change))
        if turns:
            fact = Fact(
                at,
                received,
                turns,
                f"point:{point.id}",
                point.asset,
                point.feed,
                point.id,
                self.land.sector[point.asset],
                {},
                value,
            )
            self.queues[rule.version].append(fact)

    def concerns(self, rule: Rule, term, point: Point) -> bool:
        if not isinstance(rule.spec, Condition):
            return point.id in self.scopes[rule.version]
        if term.of == "asset":
            return point.asset in rule.assets
        return point.asset in {self.land.parent.get(asset) for asset in rule.assets}

    def relay(self, moves: Iterable[Transition]) -> None:
        for move in moves:
            if move.kind == "change":
                continue
            change = "began" if move.kind == "raise" else "ended"
            for rule in self.fact_rules:
                turns = [
                    (role, change) for role, each in predicates(rule.spec)
                    if each.rule is not None and self.versions.get(each.rule) == move.rule
                ]  # fmt: skip
                asset, sector, attributes = self.about(move)
                inside = asset is None or asset in rule.assets
                if turns and inside and change in rule.wants:
                    subject = f"{move.subject_kind}:{move.subject}"
                    fact = Fact(move.at, move.learned, turns, subject, asset, None, None, sector, attributes)
                    self.queues[rule.version].append(fact)

    def about(self, move: Transition) -> tuple[int | None, str, dict]:
        if move.subject_kind == "sector":
            return None, move.subject, {}
        if move.subject_kind == "attribute":
            name, _, value = move.subject.partition("=")
            return None, "", {name: value}
        if move.subject_kind not in ("point", "asset"):
            return None, "", {}
        asset = self.points[move.subject].asset if move.subject_kind == "point" else move.subject
        return asset, self.land.sector[asset], {}

    def follow(self, now: int | None = None) -> list[Transition]:
        told = []
        for rule in self.fact_rules:
            facts, self.queues[rule.version] = self.queues[rule.version], []
            moves = [move for fact in facts for move in rule.take(fact)]
            if now is not None:
                moves += rule.advance(now, self.unknown_feeds)
            told += self.guard(moves)
            if now is not None and rule.version in self.doors:
                turned_ = self.doors[rule.version].advance(now)
                self.relay(turned_)
                told += turned_
        return told

    def active(self) -> list[Active]:
        standing = super().active() + [alarm for rule in self.fact_rules for alarm in rule.active()]
        standing = [alarm for alarm in standing if alarm.rule not in self.doors]
        standing += [alarm for door in self.doors.values() for alarm in door.active()]
        return sorted(standing, key=lambda alarm: (alarm.rule, alarm.subject_kind, alarm.subject))


def predicates(spec: Spec) -> list[tuple[int, Predicate]]:
    named = [getattr(spec, name, None) for name in ("of", "first", "then", "unless")]
    return list(enumerate(each for each in named if isinstance(each, Predicate)))


def terms(spec: Spec) -> list:
    return list(enumerate(spec.when.terms())) if isinstance(spec, Condition) else predicates(spec)


def in_order(specs: Mapping[int, Spec], versions: Mapping[str, int]) -> list[tuple[int, Spec]]:
    """Each rule after those it speaks of."""
    done: dict[int, Spec] = {}

    def visit(version: int) -> None:
        for _, predicate in predicates(specs[version]):
            if predicate.rule in versions:
                visit(versions[predicate.rule])
        done.setdefault(version, specs[version])

    for version in specs:
        visit(version)
    return list(done.items())
