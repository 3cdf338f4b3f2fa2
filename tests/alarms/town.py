"""A small town that Hypothesis plays against the correlator and PostgreSQL, held after each step against a naive model."""

import contextlib
import datetime as dt
import itertools
from concurrent.futures import ThreadPoolExecutor

import msgspec
from django.db import transaction
from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alarms import lifecycle
from alarms.incidents import moves as incidents
from alarms.maintenance import moves as maintenance
from alarms.models import Alarm, Incident, MaintenanceWindow, Rule
from alarms.rows import alarm_rows
from alarms.rules import activate, retire, write_rule
from assets.instants import instant
from assets.log import Log
from assets.models import Asset, Site
from assets.readings import Readings
from assets.refusal import Refused
from journal import live
from journal.actors import Actor
from journal.models import JournalEntry
from journal.page import open_page
from journal.reading import verify
from tests.alarms.byhand import SECOND, ByHand
from tests.alarms.lives import CRITICAL, LOADS, NORMAL, OF_READINGS, OWN, SEVERITY, Life, Rungs, worst
from tests.alarms.town_clock import NOW, above, closing, settled, sweep
from tests.factories import NOON, make_asset, make_feed, make_point, make_sector, make_site, make_user

NAMES = {severity: name for name, severity in SEVERITY.items()}


VALUES = st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0])


SOME = st.integers(0, 30)


START = 1_790_000_000 * SECOND


TOWNS = itertools.count()
"""No two examples share a site."""


class Town(RuleBasedStateMachine):
    """A substation, two cabinets on it, lamps on these, in two sectors; a rule with versions, one with the points' own marks."""

    hand: ByHand

    @initialize()
    def build(self) -> None:
        self.site = make_site(f"town-{next(TOWNS)}")
        self.sectors = [make_sector(self.site, "est"), make_sector(self.site, "ouest")]
        self.feed = make_feed(self.site, f"feed-{self.site.slug}")
        self.people = [make_user(f"{name}-{self.site.slug}", self.site) for name in ("anne", "bruno")]
        substation = self._asset("P", None)
        cabinets = [self._asset(code, substation) for code in ("A", "B")]
        self.assets = [substation, *cabinets, *(self._asset(f"L{n}", cabinets[n % 2]) for n in range(4))]
        self.points = [make_point(asset, self.feed, "load", limits={"mark": 2.5}) for asset in self.assets]
        self.last: list[tuple[int, float | None]] = [(0, None) for _ in self.points]
        self.running: dict[str, Rungs] = {}
        self._activate("load", LOADS[0])
        self._activate("own", OWN[0])
        self.hand = ByHand(self.site, START)
        NOW.hand = self.hand
        self.correlator = ThreadPoolExecutor(1)
        self.lives: dict[int, Life] = {}
        self.stands: dict[tuple[str, int], int] = {}
        self.desk: dict[int, dict] = {}
        self.read = 0
        self.expected = {}
        self._turn()

    def _asset(self, code: str, on: Asset | None) -> Asset:
        sector = self.sectors[len(code) % 2]
        return make_asset(self.site, code, "post", depends_on=on, sector=sector)

    def _activate(self, slug: str, rungs: Rungs) -> None:
        about = {"cause": False} if slug == "own" else {}
        limit = {"point": "mark"}
        limits = [{"severity": NAMES[severity], "limit": limit if slug == "own" and at == 2.5 else at} for severity, at in rungs]
        spec = {"kind": "threshold", "scope": {"quantity": "load"}, "direction": "above", "limits": limits, **about}
        version = write_rule(self.site, slug, slug, slug, spec, now=NOON)
        activate(version, now=NOON)
        self.running[slug] = rungs

    # -- what readings do -------------------------------------------------------------------------------------------

    @rule(
        batches=st.lists(st.lists(st.tuples(st.integers(0, 6), VALUES), min_size=1, max_size=7), min_size=1, max_size=3),
        late=st.sampled_from([0, 0, 0, 1, 3600]),
        pause=st.sampled_from([1, 5, 40, 700]),
    )
    def readings_come(self, batches: list[list[tuple[int, float]]], late: int, pause: int) -> None:
        """Some batches in one turn, each reading a second after the one before; `late` seconds old when they come."""
        self._append(batches, late, pause)
        self._turn()

    def _append(self, batches: list[list[tuple[int, float]]], late: int, pause: int) -> None:
        self.hand.now += (pause + sum(map(len, batches))) * SECOND
        at = self.hand.now - (late + sum(map(len, batches))) * SECOND
        self.expected: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for batch in batches:
            rows = []
            for place, value in batch:
                at += SECOND
                rows.append((self.points[place].pk, at, value))
                if at > self.last[place][0]:
                    self.last[place] = (at, value)
                    self._judge(place)
            ids, ats, values = zip(*rows, strict=True)
            readings = Readings.of(ids, ats, values, received=self.hand.now)
            Log().append_readings(self.site.pk, self.feed.pk, readings)

    def _severity(self, slug: str, place: int) -> int | None:
        rungs = self.running.get(slug, ())
        if slug == "own":
            mark = self.points[place].limits.get("mark", float("inf"))
            rungs = tuple((severity, mark if at == 2.5 else at) for severity, at in rungs)
        return worst(rungs, self.last[place][1])

    def _judge(self, place: int) -> None:
        for slug in ("load", "own"):
            key = slug, place
            before, after = self.stands.get(key), self._severity(slug, place)
            if before == after:
                continue
            kind = "alarm.raised" if before is None else "alarm.returned" if after is None else "alarm.severity"
            self.expected.setdefault(key, []).append((kind, after or before))
            self._stand(key, after)

    def _stand(self, key: tuple[str, int], severity: int | None) -> None:
        self.stands.pop(key, None)
        if severity is not None:
            self.stands[key] = severity

    def _turn(self) -> None:
        self.correlator.submit(self.hand.turn).result(20)

    # -- who acts meanwhile -----------------------------------------------------------------------------------------

    def _some(self, rows, which: int):
        found = list(rows.filter(site=self.site).order_by("-id")[:12])
        return found[which % len(found)] if found else None

    def _act(self, what: str, which: int, other: int) -> None:
        """An operator does something to some alarm or incident; what the table does not allow is refused."""
        by, now = self.people[which % 2], instant(self.hand.now)
        alarm, incident = self._some(Alarm.objects, which), self._some(Incident.objects, other)
        until = now + dt.timedelta(seconds=(30, 3600)[other % 2])
        with contextlib.suppress(Refused):
            match what:
                case "acknowledge" if alarm:
                    lifecycle.acknowledge([alarm.pk], by=Actor.of(by), now=now)
                case "acknowledge all":
                    waiting = Alarm.objects.filter(site=self.site, state__in=["unacknowledged", "returned"])
                    lifecycle.acknowledge(list(waiting.values_list("pk", flat=True)), by=Actor.of(by), now=now)
                case "withdraw" if alarm:
                    lifecycle.withdraw([alarm.pk], by=Actor.of(by), now=now)
                case "withdraw all":
                    lifecycle.withdraw(
                        list(Alarm.objects.filter(site=self.site).values_list("pk", flat=True)), by=Actor.of(by), now=now
                    )
                case "comment" if alarm:
                    lifecycle.add_comment([alarm.pk], text="vu", by=Actor.of(by), now=now)
                case "take" if alarm:
                    lifecycle.take_charge([alarm.pk], by=Actor.of(by), now=now)
                case "release" if alarm:
                    lifecycle.release([alarm.pk], by=Actor.of(by), now=now)
                case "shelve" if alarm:
                    lifecycle.shelve([alarm.pk], until=until, reason="bruit", by=Actor.of(by), now=now)
                case "unshelve" if alarm:
                    lifecycle.unshelve([alarm.pk], by=Actor.of(by), now=now)
                case "out of service" if alarm:
                    lifecycle.take_out_of_service([alarm.pk], until=until, reason="travaux", by=Actor.of(by), now=now)
                case "in service" if alarm:
                    lifecycle.return_to_service([alarm.pk], by=Actor.of(by), now=now)
                case "open incident" if alarm:
                    loose = Alarm.objects.filter(site=self.site, incident=None).exclude(state=NORMAL)
                    if some := list(loose.values_list("pk", flat=True)[: 1 + other % 3]):
                        incidents.open_by_hand(self.site.pk, some, by=Actor.of(by), now=now)
                case "merge" if incident:
                    if other_one := self._some(Incident.objects.exclude(pk=incident.pk), which):
                        incidents.merge(incident.pk, [other_one.pk], by=Actor.of(by), now=now)
                case "split" if incident:
                    if some := list(incident.alarms.values_list("pk", flat=True)[: 1 + which % 3]):
                        incidents.split(incident.pk, some, by=Actor.of(by), now=now)
                case "take incident" if incident:
                    incidents.take_charge(incident.pk, by=Actor.of(by), now=now)
                case "close incident" if incident:
                    incidents.close(incident.pk, by=Actor.of(by), now=now)
                case "plan works":
                    window = MaintenanceWindow(
                        site=self.site, asset=self.assets[which % 7], reason="travaux", critical=other % 3 == 0,
                        starts_at=now, ends_at=until,
                    )  # fmt: skip
                    maintenance.plan(window, by=Actor.of(by), now=now)
                case "cancel works":
                    if window := self._some(MaintenanceWindow.objects, which):
                        maintenance.cancel(window.pk, by=Actor.of(by), now=now)
                case "sweep":
                    sweep(self.site, now)

    ACTS = st.sampled_from([
        "acknowledge", "acknowledge", "acknowledge all", "withdraw", "withdraw all", "comment", "take", "release", "shelve",
        "unshelve", "out of service",
        "in service", "open incident", "merge", "split", "take incident", "close incident", "plan works", "cancel works", "sweep",
    ])  # fmt: skip

    @rule(what=ACTS, which=SOME, other=SOME)
    def somebody_acts(self, what: str, which: int, other: int) -> None:
        self.expected = {}
        self._act(what, which, other)

    @rule(
        acts=st.lists(st.tuples(ACTS, SOME, SOME), min_size=1, max_size=3),
        batch=st.lists(st.tuples(st.integers(0, 6), VALUES), min_size=1, max_size=7),
    )
    def people_act_while_the_correlator_is_within_its_transaction(self, acts: list, batch: list) -> None:
        """The ledger is held: the correlator has locked its alarms and waits, people act and wait behind it or beside it."""
        self._append([batch], 0, 1)
        with ThreadPoolExecutor(len(acts)) as people:
            with transaction.atomic():
                open_page(self.site.pk)
                under_way = [self.correlator.submit(self.hand.turn)]
                settled(under_way)
                for act in acts:
                    under_way.append(people.submit(closing, self._act, *act))
                    settled(under_way)
            for each in under_way:
                each.result(20)

    @rule(
        what=ACTS, which=SOME, other=SOME,
        batch=st.lists(st.tuples(st.integers(0, 6), VALUES), min_size=1, max_size=7),
    )  # fmt: skip
    def somebody_acts_just_before_the_correlator_has_its_locks(self, what: str, which: int, other: int, batch: list) -> None:
        """What somebody does is not yet committed when the correlator looks at the alarms: it waits, and finds them changed."""
        self._append([batch], 0, 1)
        with transaction.atomic():
            self._act(what, which, other)
            turning = self.correlator.submit(self.hand.turn)
            settled([turning])
        turning.result(20)

    @rule(seconds=st.sampled_from([2, 31, 700]))
    def time_passes(self, seconds: int) -> None:
        self.expected = {}
        self.hand.now += seconds * SECOND
        self._turn()
        sweep(self.site, instant(self.hand.now))

    # -- what administrators do -------------------------------------------------------------------------------------

    @rule(version=st.integers(0, 3), slug=st.sampled_from(["load", "load", "own"]))
    def another_version_is_activated(self, version: int, slug: str) -> None:
        versions = LOADS if slug == "load" else OWN
        self._activate(slug, versions[version % len(versions)])
        self._rebuild()

    @rule(slug=st.sampled_from(["load", "own"]))
    def a_rule_is_retired(self, slug: str) -> None:
        retire(Rule.objects.get(site=self.site, slug=slug), now=NOON)
        self.running.pop(slug, None)
        self._rebuild()

    @rule(place=st.integers(0, 6), mark=st.sampled_from([1.5, 2.5, 3.5, None]))
    def a_point_has_another_mark(self, place: int, mark: float | None) -> None:
        self.points[place].limits = {} if mark is None else {"mark": mark}
        self.points[place].save()
        self._inventory_changed()

    @rule(place=st.integers(1, 6), on=st.integers(0, 3), sector=st.integers(0, 1))
    def an_asset_is_moved_and_cabled_anew(self, place: int, on: int, sector: int) -> None:
        above = [None, self.assets[0]] if place < 3 else self.assets[:3]
        self.assets[place].depends_on = above[on % len(above)]
        self.assets[place].sector = self.sectors[sector]
        self.assets[place].save()
        self._inventory_changed()

    @rule()
    def the_correlator_dies(self) -> None:
        self._rebuild(self.hand.cut)

    def _inventory_changed(self) -> None:
        Site.objects.filter(pk=self.site.pk).update(inventory_version=F("inventory_version") + 1)
        self._rebuild()

    def _rebuild(self, how=None) -> None:
        """The correlator is built anew, and open alarms follow what holds now."""
        self.expected = None
        for slug, place in itertools.product(("load", "own"), range(7)):
            self._stand((slug, place), self._severity(slug, place))
        self.hand.now += SECOND
        self.correlator.submit(how or self.hand.rebuild_if_changed).result(20)
        self._turn()

    # -- what must be true ------------------------------------------------------------------------------------------

    @invariant()
    def the_alarms_are_those_of_the_readings(self) -> None:
        lines = list(JournalEntry.objects.filter(site=self.site, seq__gt=self.read).order_by("seq"))
        alarms = {alarm.pk: alarm for alarm in Alarm.objects.filter(site=self.site).select_related("rule", "incident")}
        self._compare_lines(lines, alarms)
        for line in lines:
            for alarm in line.ids("alarm"):
                self.lives.setdefault(alarm, Life()).read(line)
        first, self.read = self.read + 1, lines[-1].seq if lines else self.read
        for pk, alarm in alarms.items():
            life = self.lives[pk]
            assert (alarm.state, alarm.severity, alarm.suppressed_by_id is not None, alarm.seq) == (
                life.state, life.shown, life.suppressed, life.seq,
            ), f"alarm {pk} against its journal"  # fmt: skip
            if alarm.state in ("unacknowledged", "acknowledged"):
                assert (alarm.eased_to or alarm.severity) == life.now
        self._compare_standing(alarms)
        self._compare_desk(first)
        self._look_at_incidents(alarms)

    def _key(self, alarm: Alarm) -> tuple[str, int]:
        return alarm.rule.slug, next(place for place, point in enumerate(self.points) if point.pk == alarm.point_id)

    def _compare_lines(self, lines: list[JournalEntry], alarms: dict[int, Alarm]) -> None:
        """Each key's lines are the moves the readings made; those of a reconciliation are judged by what stands after it."""
        if self.expected is None:
            return
        told: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for line in lines:
            kind = line.kind.removesuffix("_past")
            if kind in OF_READINGS:
                severity = SEVERITY[next(name for name in SEVERITY if f'"severity":"{name}"' in line.details)]
                told.setdefault(self._key(alarms[line.ids("alarm")[0]]), []).append((kind, severity))
        assert told == self.expected
        self.expected = {}

    def _compare_standing(self, alarms: dict[int, Alarm]) -> None:
        standing = [alarm for alarm in alarms.values() if alarm.state in ("unacknowledged", "acknowledged")]
        assert {self._key(alarm): alarm.eased_to or alarm.severity for alarm in standing} == self.stands
        assert len(standing) == len(self.stands)
        open_ = [alarm for alarm in alarms.values() if alarm.state != NORMAL]
        assert len({self._key(alarm) for alarm in open_}) == len(open_)
        for alarm in open_:
            assert not (alarm.suppressed_by_id and alarm.severity == CRITICAL)
            asset = Asset.objects.get(pk=self.points[self._key(alarm)[1]].asset_id)
            assert alarm.sector_id == asset.sector_id
            if alarm.suppressed_by_id is not None:
                assert alarm.suppressed_by.asset_id in above(asset)
            window = alarm.maintenance
            assert window is None or window.critical or alarm.severity != CRITICAL

    def _compare_desk(self, first: int) -> None:
        """Whoever applies the rows of each change to what they had, has what a snapshot has."""
        told = live.change(self.site.pk, first, self.read).rows if self.read >= first else {}
        for row in msgspec.json.decode(told.get("alarm", b"[]")):
            if row["state"] == NORMAL:
                self.desk.pop(row["id"], None)
            else:
                self.desk[row["id"]] = row
        standing = alarm_rows(Alarm.objects.filter(site=self.site).exclude(state=NORMAL))
        fresh = {row["id"]: row for row in msgspec.json.decode(msgspec.json.encode(standing))}
        assert self.desk == fresh

    def _look_at_incidents(self, alarms: dict[int, Alarm]) -> None:
        for alarm in alarms.values():
            if alarm.incident is not None and alarm.state != NORMAL:
                assert alarm.incident.state != Incident.State.CLOSED
        chained = Incident.objects.filter(site=self.site, merged_into__merged_into__isnull=False)
        assert not chained.exists()
        numbers = sorted(Incident.objects.filter(site=self.site).values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))

    def teardown(self) -> None:
        if not hasattr(self, "correlator"):
            return
        self._calm_down()
        self.correlator.submit(closing, self.hand.cut).result(20)
        self.correlator.shutdown()

    def _calm_down(self) -> None:
        """Long after all that, nothing is silent by what is over, and the journal is whole."""
        self.hand.now += 8 * 3600 * SECOND
        for _ in range(3):
            sweep(self.site, instant(self.hand.now))
            self.hand.now += 60 * SECOND
        alarms = Alarm.objects.filter(site=self.site)
        assert not alarms.filter(shelved_until__isnull=False).exists()
        assert not alarms.filter(out_of_service_until__isnull=False).exists()
        silent = alarms.filter(suppressed_by__isnull=False).exclude(state=NORMAL)
        for alarm in silent.select_related("suppressed_by"):
            assert alarm.suppressed_by.state in ("unacknowledged", "acknowledged")
            assert alarm.suppressed_by.cause
        left = Incident.objects.filter(site=self.site, state=Incident.State.OPEN)
        assert not left.exclude(alarms__in=alarms.exclude(state=NORMAL)).exists()
        assert list(verify(self.site.pk)) == []
