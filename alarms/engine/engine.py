"""The engine: readings and the time go in, transitions come out; nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from alarms.engine import indices
from alarms.engine.accounts import Accounts
from alarms.engine.calendar import Openings
from alarms.engine.clock import APPLIED, UNKNOWN, Clock, Sorting
from alarms.engine.columns import Moves, Read
from alarms.engine.derived import Consumed, Derived
from alarms.engine.facts import Happening
from alarms.engine.gate import Gate
from alarms.engine.ladders import Ladders
from alarms.engine.latent import Comparisons, Latent, Turned
from alarms.engine.layout import LadderPoints, ScopedRule, lay_out
from alarms.engine.order import before_batch, of_calendar
from alarms.engine.passing import dues
from alarms.engine.profiles import Profiles
from alarms.engine.relay import FactRelay
from alarms.engine.silence import Hearing, Watches
from alarms.engine.spec import RANK, SEVERITIES, Spec
from alarms.engine.summits import Summits
from alarms.engine.telling import Keyed, Place, Teller, in_order
from alarms.engine.transitions import Active, Transition, mark_past
from assets.readings import BAD, Readings
from assets.register import Register

Retained = NDArray[np.bool_] | None
"""Which readings of a batch a broker kept and repeated; None: no one of them."""


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
        rules: Sequence[ScopedRule[Spec]],
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
        self._relay = FactRelay(register, rules, self._gates)
        self._derived = Derived(register, rules, zone, profiles or Profiles.none())
        rows = LadderPoints.of(register, self._derived.point)
        self._point = rows.point
        """Of each row of the ladders: the register row of its point."""
        self._clock = Clock(len(rows))
        layout = lay_out(rows, [*rules, *self._derived.ladders, *self._relay.atoms])
        self._judged = {rule.version for rule in rules if not self._relay.runs(rule)}
        self._told = len(layout.rules) - len(self._relay.atoms)
        """Rules of the layout from here on are atoms: they tell the relay, not the operator."""
        self._ladders = Ladders(layout, self._clock)
        self._watches = Watches(register, rules, self._clock, started)
        self._teller = Teller(register, layout, rows.point, self._derived, self._watches)
        self._summits = Summits(register, rules, self._ladders, self._teller, self._derived, rows.point)
        self._check_index = partial(indices.of_checks, register, layout, rows.point)
        self._watch_index = partial(indices.of_watches, register, self._watches)
        self._plain = not (self._gates or self._summits) and len(self._judged) == len({rule.version for rule in rules})
        """Nothing follows from a move: no calendar, no sector, no rule on facts. Most steps move nothing, and cost little."""

    # -- what moves it --------------------------------------------------------------------------------------------

    def apply(self, readings: Readings, happenings: Sequence[Happening] = (), retained: Retained = None) -> Step:
        """Judge a batch of readings, in order, each on its point's own clock. The wall clock plays no part.

        `happenings` are the events among them, in order, each with its place. That an event is a sign of life of its feed
        is for `hear`. `retained` marks the readings that are no sign of life: a broker kept and repeated them.
        """
        sorting, keyed = self._apply(readings, happenings, retained)
        return Step(mark_past(in_order(keyed)), sorting)

    def advance(self, now: int) -> list[Transition]:
        """Let time pass up to `now` (µs): silences begin, then delays end that no further reading has to confirm."""
        return mark_past(in_order(self._advance(now)))

    def step(self, readings: Readings, now: int, happenings: Sequence[Happening] = (), retained: Retained = None) -> Step:
        """`apply`, then `advance`."""
        sorting, keyed = self._apply(readings, happenings, retained)
        return Step(mark_past(in_order(keyed) + in_order(self._advance(now))), sorting)

    def hear(self, feed: int, received: int) -> list[Transition]:
        """A sign of life of a feed (id) that carried no reading: an event, an empty but successful poll."""
        row = self.register.feed_rows(np.array([feed], np.int64))
        if row[0] < 0:
            return []
        instant = np.array([received], np.int64)
        self._watches.hear_otherwise(row, instant)
        return in_order(self._conclude(self._feeds_spoke(row, instant)))

    def hear_unusable(self, feed: int, received: int, ahead: int, points: Mapping[int, int]) -> list[Transition]:
        """A message of a feed (id) of which nothing can be used, or nothing of these points: what is silent may speak after all.

        ahead    by how much (µs) its clock is ahead of ours: behind when negative, 0 when the clock is not what is wrong
        points   the same by point (id), of those whose readings were refused for their time
        """
        row = self.register.feed_rows(np.array([feed], np.int64))
        if row[0] < 0:
            return []
        ids = np.fromiter(points, np.int64, len(points))
        rows = zip(self.register.rows(ids).tolist(), points.values(), strict=True)
        known = {place: by for place, by in rows if place >= 0}
        return in_order(list(self._teller.hushes(self._watches.hear_unusable(int(row[0]), received, ahead, known))))

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
        standing = [alarm for alarm in standing if not self._summits.speaks_for(alarm)]
        standing += [alarm for alarm in self._summits.active() if alarm.rule not in gates]
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

    def latent(self, newest: NDArray[np.float64]) -> Latent:
        """What no alarm and no newest reading tells, for an engine that is built anew; `newest`: values by register row."""
        listening = {rule.version for rule in self._watches.rules}
        gates = [gate for version, gate in self._gates.items() if version not in listening]
        untold = tuple(alarm for gate in gates for alarm in gate.untold())
        turned = tuple(self._comparisons().kept(newest)) if self._relay.atoms else ()
        return Latent(untold, turned, tuple(self._summits.points()))

    def worst_now(self, newest: NDArray[np.float64]) -> Iterator[tuple[int, str, int]]:
        """(version, sector, point) of the alarms of sectors: which point is the worst now; `newest`: values by register row."""
        return self._summits.now(newest)

    def consumption(self, rows: NDArray[np.intp]) -> Consumed:
        """What the counters among these distinct rows of points consume per hour, as rules judged it last."""
        return self._derived.consumption(rows)

    def hearing(self) -> Hearing:
        """What is known of silence and follows from no reading that is stored, for an engine that is built anew."""
        return self._watches.hearing()

    # -- how it begins --------------------------------------------------------------------------------------------

    def listen(self, hearing: Hearing) -> None:
        """Go on listening where another engine left off, instead of beginning anew. Before anything else is told."""
        self._watches.listen(hearing)

    def relate(self, moves: Iterable[Transition]) -> list[Transition]:
        """Tell the rules that speak of others' alarms of moves that no reading tells again, in order."""
        self._relay.alarms((before_batch(place), move) for place, move in enumerate(moves))
        return in_order(self._conclude([]))

    def recall(self, past: Readings) -> None:
        """Fill the windows of rates and forecasts with what was read before the replay begins; nothing is judged.

        Each point's readings in order of time. Roll-ups will do: of a window, a thirtieth counts as one sample.
        """
        rows = self.register.rows(past.point).astype(np.intp)
        usable = ((rows >= 0) & np.isfinite(past.value) & (past.quality != BAD)).nonzero()[0]
        self._derived.recall(rows[usable], past.at[usable], past.value[usable])

    def seed(self, latest: Readings, standing: Iterable[Active], turned: Iterable[Turned] = ()) -> list[Transition]:
        """Start from what was known: the alarms that stand, then each point's latest reading before the replay.

        The readings are judged like any other, so `received` must tell how late each was (at + lag when only the lag is
        known). Alarms of rules or subjects that are not there are passed over: `active()` will not list them.
        `turned` are comparisons that held, as in Latent.
        Returns the transitions this causes; a caller that reconciles with `active()` has no use for them.
        """
        check_of = self._check_index()
        standing = list(standing)
        self._relay.hold(standing)
        self._hold_gates([alarm for alarm in standing if not self._summits.speaks_for(alarm)])
        self._summits.hold(standing)
        for alarm in standing:
            check = check_of.get((alarm.rule, alarm.subject)) if alarm.subject_kind == "point" else None
            if check is not None:
                self._ladders.hold(check, RANK[alarm.severity], alarm.since)
        self._hold_silences(standing)
        if turned := list(turned):
            self._comparisons().hold(turned)
        self._ladders.refresh_all()
        return self.apply(latest).transitions

    def catch_up(self, now: int, silences: Iterable[Active] = ()) -> list[Transition]:
        """Let time pass up to `now` of which only the end is known, as if `advance` had been called all along.

        What was over before a feed fell silent did not wait for it. `silences` are those that stand by then.
        """
        watch_of = self._watch_index()
        fell: dict[int, list[Active]] = {term: [] for term in self._watches.falls(now)}
        for alarm in silences:
            watch = watch_of.get((alarm.rule, alarm.subject_kind, alarm.subject))
            if watch is not None:
                fell.setdefault(min(self._watches.term(watch, alarm.since), now), []).append(alarm)
        told = []
        for term, alarms in sorted(fell.items()):
            told += self._let_pass(term - 1)
            self._hold_gates(alarms)
            self._hold_silences(alarms)
        return told + self._let_pass(now)

    def _let_pass(self, until: int) -> list[Transition]:
        """`advance`, and before that at every instant at which something is due that other rules may hear of."""
        told = [move for due in dues(self._ladders, self._relay, until) for move in self.advance(due)]
        return told + self.advance(until)

    def _comparisons(self) -> Comparisons:
        return Comparisons(self.register, self._ladders, self._relay, self._told)

    def _hold_gates(self, standing: Sequence[Active]) -> None:
        for version, gate in self._gates.items():
            gate.hold(alarm for alarm in standing if alarm.rule == version)

    def _hold_silences(self, standing: Iterable[Active]) -> None:
        watch_of = self._watch_index()
        for alarm in standing:
            watch = watch_of.get((alarm.rule, alarm.subject_kind, alarm.subject))
            if watch is not None:
                self._watches.hold(watch, alarm.since, max(alarm.since, alarm.asof), alarm.ahead)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _apply(self, readings: Readings, happenings: Sequence[Happening], retained: Retained) -> tuple[Sorting, list[Keyed]]:
        # Indexing with any other integer would convert it each time.
        rows = self.register.rows(readings.point).astype(np.intp)
        sorting, applied, repeated = self._clock.take(rows, readings.at, readings.received, retained)
        if happenings:
            self._relay.happen(happenings)
        if not len(rows):
            return sorting, self._conclude([])
        keyed = self._heard(rows, readings.received, sorting, applied, retained)
        if applied is not None:
            rows, readings = rows[applied], readings.take(applied)
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
        keyed = self._through(keyed)
        self._relay.alarms(keyed)
        return keyed + self._relay.run()

    def _through(self, keyed: list[Keyed]) -> list[Keyed]:
        if self._summits:
            keyed = self._summits.through(keyed)
        if not self._gates:
            return keyed
        told: list[Keyed] = []
        for pair in keyed:
            gate = self._gates.get(pair[1].rule)
            told += (pair,) if gate is None else gate.through((pair,))
        return told

    def _heard(
        self, rows: NDArray[np.intp], received: NDArray[np.int64], sorting: Sorting, applied: Place, retained: Retained
    ) -> list[Keyed]:
        """Every message of a known point is a sign of life of its feed, whether its reading counts or not; of its asset, when it
        does. Of neither, when it is retained.
        """
        known: Place = None
        if retained is not None:
            known = ((sorting.verdict != UNKNOWN) & ~retained).nonzero()[0]
            applied = ((sorting.verdict == APPLIED) & ~retained).nonzero()[0]
        elif not sorting.clean:
            known = (sorting.verdict != UNKNOWN).nonzero()[0]
        if known is not None and not sorting.clean:
            other = known[sorting.verdict[known] != APPLIED]
            self._watches.hear_otherwise(self.register.feed[rows[other]], received[other])
        keyed: list[Keyed] = []
        if self._watches.awaiting:
            from_known = slice(None) if known is None else known
            keyed = self._feeds_spoke(self.register.feed[rows[from_known]], received[from_known], known)
        of_applied = slice(None) if applied is None else applied
        return [*keyed, *self._teller.hushes(self._watches.hear_rows(rows[of_applied], received[of_applied]), applied)]

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
        keyed = self._through(keyed)
        for version, gate in self._gates.items():
            if version in self._judged:
                keyed += [(of_calendar(version), move) for move in gate.expire(now)]
        self._relay.alarms(keyed)
        return keyed + self._relay.expire(now, self._watches.unknown)

    def _unknown_rows(self) -> NDArray[np.bool_] | None:
        unknown = self._watches.unknown
        return unknown[self.register.feed[self._point]] if unknown.any() else None
