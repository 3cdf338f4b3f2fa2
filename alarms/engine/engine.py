"""The engine: readings and the time go in, transitions come out; nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarms.engine.accounts import Accounts
from alarms.engine.calendar import Openings
from alarms.engine.clock import APPLIED, UNKNOWN, Clock, Sorting
from alarms.engine.derived import Derived
from alarms.engine.facts import Happening
from alarms.engine.gate import Gate
from alarms.engine.ladders import Ladders, Moves, Read
from alarms.engine.layout import Rows, ScopedRule, lay_out
from alarms.engine.profiles import Profiles
from alarms.engine.relay import Relay
from alarms.engine.silence import Hearing, Watches
from alarms.engine.spec import RANK, SEVERITIES
from alarms.engine.telling import Keyed, Place, Teller, in_order
from alarms.engine.transitions import Active, Transition, mark_past
from assets.readings import BAD, Readings
from assets.register import Register


@dataclass(frozen=True, slots=True)
class Step:
    """What a batch did: its transitions in order, and what became of each of its readings."""

    transitions: list[Transition]
    sorting: Sorting


class Engine:
    """All rules of a site at work on its register. See the package docstring for use.

    started   µs: when listening began; nobody is silent before a full period has passed since.
    zone      the site's time zone, in which calendars and hours of the week are read
    profiles  what points usually do, for anomalies; made by whoever has the history
    Raises CompileError: UnknownLimit when a rule names a limit that the register does not have; rules that wait for each
    other's alarms in a circle.
    """

    def __init__(
        self,
        register: Register,
        rules: Sequence[ScopedRule],
        started: int,
        zone: str = "UTC",
        profiles: Profiles | None = None,
    ) -> None:
        self.register = register
        self.rules = tuple(rules)
        self._gates = {
            rule.version: Gate(rule.version, Openings(rule.spec.calendar, zone))
            for rule in rules
            if rule.spec.calendar is not None
        }
        self._relay = Relay(register, rules, self._gates)
        self._derived = Derived(register, rules, zone, profiles or Profiles.none())
        rows = Rows.of(register, self._derived.point)
        self._point = rows.point
        """Of each row of the ladders: the register row of its point."""
        self._clock = Clock(len(rows))
        layout = lay_out(rows, [*rules, *self._derived.ladders, *self._relay.atoms])
        self._judged = {rule.version for rule in rules if not self._relay.runs(rule)}
        self._plain = not self._gates and len(self._judged) == len({rule.version for rule in rules})
        """Nothing follows from a move: no calendar, no rule that lives on facts. Most steps move nothing, and cost little."""
        self._told = len(layout.rules) - len(self._relay.atoms)
        """Rules of the layout from here on are atoms: they tell the relay, not the operator."""
        self._ladders = Ladders(layout, self._clock)
        self._watches = Watches(register, rules, self._clock, started)
        self._teller = Teller(register, layout, rows.point, self._derived, self._watches)

    # -- what moves it --------------------------------------------------------------------------------------------

    def apply(self, readings: Readings, happenings: Sequence[Happening] = ()) -> Step:
        """Judge a batch of readings, in order, each on its point's own clock. The wall clock plays no part.

        `happenings` are the events among them, in order, each with its place. That an event is a sign of life of its feed
        is for `hear`.
        """
        sorting, keyed = self._apply(readings, happenings)
        return Step(mark_past(in_order(keyed)), sorting)

    def advance(self, now: int) -> list[Transition]:
        """Let time pass up to `now` (µs): silences begin, then delays end that no further reading has to confirm."""
        return mark_past(in_order(self._advance(now)))

    def step(self, readings: Readings, now: int, happenings: Sequence[Happening] = ()) -> Step:
        """`apply`, then `advance`."""
        sorting, keyed = self._apply(readings, happenings)
        return Step(mark_past(in_order(keyed) + in_order(self._advance(now))), sorting)

    def hear(self, feed: int, received: int) -> list[Transition]:
        """A sign of life of a feed (id) that carried no reading: an event, an empty but successful poll."""
        row = self.register.feed_rows(np.array([feed], np.int64))
        if row[0] < 0:
            return []
        instant = np.array([received], np.int64)
        self._watches.hear_otherwise(row, instant)
        return in_order(self._conclude(self._feeds_spoke(row, instant)))

    # -- what it knows --------------------------------------------------------------------------------------------

    @property
    def unknown_feeds(self) -> frozenset[int]:
        """Ids of the feeds that are silent: what their assets do is not known."""
        return frozenset(self.register.feed_id[self._watches.unknown].tolist())

    def active(self) -> list[Active]:
        """All alarms that stand, by rule and subject: to be reconciled with those open in the database."""
        watches, register, gates = self._watches, self.register, self._gates
        standing = []
        ladders, layout = self._ladders, self._ladders.layout
        check = np.flatnonzero(ladders.severity)
        point = register.point_id[self._point[layout.row[check]]]
        columns = (layout.version[layout.rule[check]], point, ladders.severity[check], ladders.opened[check])
        standing += [
            Active(rule, "point", subject, SEVERITIES[rank - 1], since)
            for rule, subject, rank, since in zip(*(column.tolist() for column in columns), strict=True)
            if rule >= 0 and rule not in gates
        ]
        for watch in np.flatnonzero(watches.silent).tolist():
            rule = watches.rules[watches.rule[watch]]
            if rule.version in gates:
                continue
            ids = register.feed_id if rule.spec.of == "feed" else register.asset_id
            subject = int(ids[watches.subject[watch]])
            standing.append(Active(rule.version, rule.spec.of, subject, rule.spec.severity, int(watches.since[watch])))
        standing += self._relay.active()
        for gate in gates.values():
            standing += gate.active()
        return sorted(standing, key=lambda alarm: (alarm.rule, alarm.subject_kind, alarm.subject))

    def accounts(self) -> Accounts:
        """What the rules that run say of the alarms that stand."""
        return Accounts(self.rules, self._ladders, self._watches, self._teller, self._check_index, self._watch_index)

    @property
    def event_kinds(self) -> frozenset[str]:
        """Kinds of events that some rule is about."""
        return self._relay.event_kinds

    def hearing(self) -> Hearing:
        """What is known of silence and follows from no reading that is stored, for an engine that is built anew."""
        return self._watches.hearing()

    # -- how it begins --------------------------------------------------------------------------------------------

    def listen(self, hearing: Hearing) -> None:
        """Go on listening where another engine left off, instead of beginning anew. Before anything else is told."""
        self._watches.listen(hearing)

    def recall(self, past: Readings) -> None:
        """Fill the windows of rates and forecasts with what was read before the replay begins; nothing is judged.

        Each point's readings in order of time. Roll-ups will do: of a window, a thirtieth counts as one sample.
        """
        rows = self.register.rows(past.point).astype(np.intp)
        usable = ((rows >= 0) & np.isfinite(past.value) & (past.quality != BAD)).nonzero()[0]
        self._derived.recall(rows[usable], past.at[usable], past.value[usable])

    def seed(self, latest: Readings, standing: Iterable[Active]) -> list[Transition]:
        """Start from what was known: the alarms that stand, then each point's latest reading before the replay.

        The readings are judged like any other, so `received` must tell how late each was (at + lag when only the lag is
        known). Alarms of rules or subjects that are not there are passed over: `active()` will not list them.
        Returns the transitions this causes; a caller that reconciles with `active()` has no use for them.
        """
        watch_of, check_of = self._watch_index(), self._check_index()
        standing = list(standing)
        self._relay.hold(standing)
        for version, gate in self._gates.items():
            gate.hold(alarm for alarm in standing if alarm.rule == version)
        for alarm in standing:
            if alarm.subject_kind == "point":
                check = check_of.get((alarm.rule, alarm.subject))
                if check is not None:
                    self._ladders.hold(check, RANK[alarm.severity], alarm.since)
            else:
                watch = watch_of.get((alarm.rule, alarm.subject_kind, alarm.subject))
                if watch is not None:
                    self._watches.hold(watch, alarm.since, max(alarm.since, alarm.asof))
        self._ladders.refresh_all()
        return self.apply(latest).transitions

    def _check_index(self) -> dict[tuple[int, int | str], int]:
        layout = self._ladders.layout
        points = self.register.point_id[self._point[layout.row]]
        pairs = zip(layout.version[layout.rule].tolist(), points.tolist(), strict=True)
        return {pair: check for check, pair in enumerate(pairs)}

    def _watch_index(self) -> dict[tuple[int, str, int], int]:
        watches, index = self._watches, {}
        for watch, (rule, subject) in enumerate(zip(watches.rule.tolist(), watches.subject.tolist(), strict=True)):
            scoped = watches.rules[rule]
            ids = self.register.feed_id if scoped.spec.of == "feed" else self.register.asset_id
            index[scoped.version, scoped.spec.of, int(ids[subject])] = watch
        return index

    # -- inside ---------------------------------------------------------------------------------------------------

    def _apply(self, readings: Readings, happenings: Sequence[Happening]) -> tuple[Sorting, list[Keyed]]:
        # Indexing with any other integer would convert it each time.
        rows = self.register.rows(readings.point).astype(np.intp)
        sorting, applied, repeated = self._clock.take(rows, readings.at, readings.received)
        if happenings:
            self._relay.happen(happenings)
        if not len(rows):
            return sorting, self._conclude([])
        keyed = self._heard(rows, readings.received, sorting)
        if applied is not None:
            rows, readings = rows[applied], readings.take(applied)
        keyed += self._teller.hushes(self._watches.hear_rows(rows, readings.received), applied)
        awake = self._ladders.awake(rows, readings.value).nonzero()[0]
        if len(awake) or self._derived.rules:
            usable = np.isfinite(readings.value) & (readings.quality != BAD)
            place = np.arange(len(rows)) if applied is None else applied
            read = Read(place, rows, readings.at, readings.value, usable, readings.received)
            keyed += self._judge(read, awake, repeated)
        return sorting, self._conclude(keyed)

    def _judge(self, read: Read, awake: NDArray[np.intp], repeated: bool) -> list[Keyed]:
        """What readings of points tell, of which those at `awake` are outside their rows' bands, and what is derived of them."""
        ladders, parts = self._ladders, []
        if len(awake):
            parts.append(ladders.waking(read, awake, repeated))
        found = self._derived.derive(read, repeated) if self._derived.rules else None
        if found is not None and len(found.read.rows):
            derived = found.read
            self._clock.move(derived.rows, derived.at, derived.received)
            awake = ladders.awake(derived.rows, derived.value).nonzero()[0]
            if len(awake):
                parts.append(ladders.waking(derived, awake, repeated))
        keyed: list[Keyed] = []
        if parts:
            read = parts[0] if len(parts) == 1 else Read(*map(np.concatenate, zip(*parts, strict=True)))
            keyed += self._teller.moves(self._levels(ladders.judge(read, repeated)), found)
        if found is not None:
            self._derived.settle(found, ladders.low, ladders.high)
        return keyed

    def _levels(self, batches: list[Moves]) -> list[Moves]:
        """The moves that are for the operator; those of atoms go to the relay."""
        if not self._relay.atoms:
            return batches
        layout, levels = self._ladders.layout, []
        for moves in batches:
            rule = layout.rule[moves.check]
            asked = rule >= self._told
            if asked.any():
                of_atoms = moves.take(asked.nonzero()[0])
                self._relay.edges(of_atoms, rule[asked] - self._told, layout.row[of_atoms.check])
                moves = moves.take((~asked).nonzero()[0])
            if len(moves.check):
                levels.append(moves)
        return levels

    def _conclude(self, keyed: list[Keyed]) -> list[Keyed]:
        """What calendars let through, and what follows from it for the rules that live on facts."""
        if self._plain:
            return keyed
        if self._gates:
            keyed = self._through(keyed)
        self._relay.alarms(keyed)
        return keyed + self._relay.run()

    def _through(self, keyed: list[Keyed]) -> list[Keyed]:
        told: list[Keyed] = []
        for pair in keyed:
            gate = self._gates.get(pair[1].rule)
            told += (pair,) if gate is None else gate.through((pair,))
        return told

    def _heard(self, rows: NDArray[np.intp], received: NDArray[np.int64], sorting: Sorting) -> list[Keyed]:
        """Every message of a known point is a sign of life of its feed, whether its reading counts or not."""
        if not sorting.clean:
            other = ((sorting.verdict != APPLIED) & (sorting.verdict != UNKNOWN)).nonzero()[0]
            self._watches.hear_otherwise(self.register.feed[rows[other]], received[other])
        if not self._watches.awaiting:
            return []
        known = None if sorting.clean else (sorting.verdict != UNKNOWN).nonzero()[0]
        if known is not None:
            rows, received = rows[known], received[known]
        return self._feeds_spoke(self.register.feed[rows], received, known)

    def _feeds_spoke(self, feeds: NDArray[np.int32], received: NDArray[np.int64], place: Place = None) -> list[Keyed]:
        hushes, back = self._watches.hear_feeds(feeds, received)
        if back:
            self._ladders.reconsider()
        return list(self._teller.hushes(hushes, place))

    def _advance(self, now: int) -> list[Keyed]:
        keyed = list(self._teller.hushes(self._watches.expire(now)))
        keyed += self._teller.moves(self._ladders.expire(now, self._unknown_rows))
        if self._plain:
            return keyed
        if self._gates:
            keyed = self._through(keyed)
            for version, gate in self._gates.items():
                if version in self._judged:
                    keyed += [((0, 3, -1, version), move) for move in gate.expire(now)]
        self._relay.alarms(keyed)
        return keyed + self._relay.expire(now, self._watches.unknown)

    def _unknown_rows(self) -> NDArray[np.bool_] | None:
        unknown = self._watches.unknown
        return unknown[self.register.feed[self._point]] if unknown.any() else None
