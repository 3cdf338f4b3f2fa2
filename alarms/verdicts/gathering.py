"""Puts the alarms of a batch of verdicts into incidents, in the correlator's transaction and before its page is closed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping

import msgspec
from django.db import connection
from django.db.models import Max

from alarms.engine.evidence import Evidence, Limited
from alarms.incidents.grouping import ENOUGH, FRESH, Arrival, Beginning, Companion, Grouped, Members, group
from alarms.incidents.lines import joined, merged, opened
from alarms.incidents.naming import kept, naming
from alarms.lifecycle.membership import attached
from alarms.lifecycle.reasons import FIRST, ROOT
from alarms.lifecycle.table import NORMAL
from alarms.models import Alarm, Incident
from alarms.site.survey import NamedSubject, Survey
from alarms.verdicts import outages, surroundings, titles
from alarms.verdicts.drafts import Draft
from alarms.verdicts.open_alarms import OpenAlarms
from alarms.verdicts.surroundings import AssetPlaces
from journal.compiled import Compiled
from journal.page import Page

_COLUMNS = [field.attname for field in Incident._meta.concrete_fields]
_NAMING = _COLUMNS.index("naming")
_rows_locked = Compiled(
    lambda ids: Incident.objects.select_for_update(no_key=True).filter(id__any_of=ids).order_by("id").values_list(*_COLUMNS),
    values=1,
)
_STORE = (
    "UPDATE alarms_incident SET key = %s, title_fr = %s, title_en = %s, naming = %s::jsonb, first_id = %s, sectors = %s, "
    "state = %s, cause_id = %s, rule_id = %s, joined_at = %s, closed_at = %s, merged_into_id = %s, seq = %s WHERE id = %s"
)


class IncidentGathering:
    """One batch's look at incidents. Use: `wanted`, lock those alarms, `lock`, apply the transitions, `apply`."""

    def __init__(self, site: Survey, now: dt.datetime) -> None:
        self._survey = site
        self._site = site.site.id
        self._now = now
        self._places = AssetPlaces(site)
        self._rules: Collection[int] = ()
        self._assets: Collection[int] = ()
        self._incidents: dict[int, Incident] = {}
        self._fresh: list[Beginning] = []
        self._beside: dict[int, Companion] = {}
        self._small: set[int] = set()

    def asset_of(self, told: NamedSubject, evidence: Evidence) -> int | None:
        """Where what is told of a subject belongs: at its asset, or at that of the worst point of a sector."""
        point = evidence.point if isinstance(evidence, Limited) else None
        return told.asset if point is None else self._places.asset_of(point)

    def wanted(self, rules: Collection[int], assets: Collection[int], feeds: Collection[int], known: OpenAlarms) -> set[int]:
        """Alarms that may be together with what comes of these rules and about these assets and feeds."""
        self._rules, self._assets = rules, assets
        silent = outages.wanted(feeds, known)
        if not assets:
            return silent
        alarms, self._small = surroundings.waiting(self._survey, self._places, rules, assets, self._now, known)
        return alarms | silent

    def lock(self, drafts: Collection[Draft], coming: Collection[int], known: OpenAlarms) -> None:
        """Lock the incidents that alarms of this batch may join, in order of id, after the alarms.

        coming   the assets of what is not open yet
        """
        assets = {*coming, *(self._places.at(draft) for draft in drafts if draft.incident_id is None)} - {None}
        beside = surroundings.companions(self._survey, self._places, assets, known) if assets else {}
        begun = surroundings.beginnings(self._survey, self._now) if self._assets else []
        near = {each.incident for there in beside.values() for each in there}
        begun = [each for each in begun if each.rule is None or each.rule in self._rules or each.incident in near]
        held = {draft.incident_id for draft in drafts} - {None}
        wanted = held | near | {each.incident for each in begun}
        rows = _locked(wanted | _went_into(wanted)) if wanted else ()
        self._incidents = {row.pk: row for row in rows if row.state != Incident.State.CLOSED}
        self._fresh = [each for each in begun if each.incident in self._incidents]
        for asset, there in beside.items():
            if oldest := next((each for each in there if each.incident in self._incidents), None):
                self._beside[asset] = oldest

    def apply(self, drafts: Mapping[int, Draft], page: Page) -> None:
        """Let every alarm that came, or waits for company, join or open its incident."""
        grouped = self._grouped(drafts)
        self._open_causes(grouped, drafts)
        leaving = self._leaving(grouped, drafts)
        emptied = {id_ for id_, members in leaving.items() if _open_alarms(id_) == len(members)}
        for key, members in grouped.opens.items():
            self._open(key, members, drafts, emptied, page)
        for incident, members in grouped.joins.items():
            self._join(self._incidents[incident], _only(members, drafts, explained=True), drafts, page)
        self._merge({id_ for id_ in emptied if all(each.explained is not None for each in leaving[id_])}, leaving, drafts, page)
        for incident, members in grouped.joins.items():
            # One that was merged just now takes nobody in: what its rule tells goes on where it went to.
            into = self._incidents[incident]
            self._join(self._incidents[into.merged_into_id or into.pk], _only(members, drafts, explained=False), drafts, page)
        self._merge({id_ for id_ in emptied if self._incidents[id_].merged_into_id is None}, leaving, drafts, page)
        _follow({incident.pk: incident.merged_into_id for incident in self._incidents.values() if incident.merged_into_id})
        changed = {each.pk for each in self._incidents.values() if each.seq >= page.first} | self._refined(drafts)
        _store([self._incidents[id_] for id_ in sorted(changed)])

    def _grouped(self, drafts: Mapping[int, Draft]) -> Grouped:
        above = {draft.id: draft.explained or draft.suppressed_by_id for draft in drafts.values()}
        above = {alarm: cause for alarm, cause in above.items() if cause in drafts}
        arrivals = [each for draft in drafts.values() if (each := self._arrival(draft, above.values())) is not None]
        leaving = {each.alarm for each in arrivals if each.cause is not None}
        held = {
            draft.id: draft.incident_id for draft in drafts.values()
            if draft.incident_id in self._incidents and draft.id not in leaving
        }  # fmt: skip
        assets = {each.asset for each in arrivals} - {None}
        grouped = group(arrivals, held, above, surroundings.surroundings(self._places, self._fresh, self._beside, assets))
        return grouped.with_(outages.gathered(drafts.values(), self._incidents))

    def _open_causes(self, grouped: Grouped, drafts: Mapping[int, Draft]) -> None:
        """What its rule says to be a cause is an incident as it comes, though nothing below it has spoken yet."""
        placed = {alarm for members in (*grouped.joins.values(), *grouped.opens.values()) for alarm in members}
        for draft in (draft for draft in drafts.values() if draft.came and draft.cause):
            rule = self._survey.rules.get(draft.version_id)
            says = rule is not None and rule.spec.cause is True
            if says and draft.incident_id is None and draft.explained is None and draft.id not in placed and self._waits(draft):
                grouped.opens[f"cause:{draft.id}"] = {draft.id: ROOT}

    def _arrival(self, draft: Draft, causes: Collection[int]) -> Arrival | None:
        """What may join or go elsewhere: what has no incident and came lately, what a cause explains now, and what is in a small
        incident. What a cause explains belongs to the cause, and no longer with what merely shares a rule or an asset."""
        incident = self._incidents.get(draft.incident_id)
        if draft.incident_id is None:
            if not self._waits(draft):
                return None
        elif draft.explained is not None:
            if incident is None or incident.key.startswith("cause:") or not incident.key:
                return None
        elif incident is None or incident.pk not in self._small or draft.id in causes or draft.cause:
            return None
        small = None if draft.explained is not None else draft.incident_id
        bears = surroundings.bears(self._survey, draft.version_id)
        return Arrival(draft.id, draft.rule_id, self._places.at(draft), draft.explained, bears, small)

    def _waits(self, draft: Draft) -> bool:
        """Whether it is explained, or came lately: what came alone long ago stays alone, what is set aside calls nobody."""
        return draft.stands and not draft.set_aside and self._lately(draft)

    def _lately(self, draft: Draft) -> bool:
        return draft.explained is not None or (draft.came_at or draft.learned_at) >= self._now - FRESH

    def _leaving(self, grouped: Grouped, drafts: Mapping[int, Draft]) -> dict[int, list[Draft]]:
        """Members that go from an incident of this batch to another."""
        leaving: defaultdict[int, list[Draft]] = defaultdict(list)
        going = [(into, alarm) for into, members in grouped.joins.items() for alarm in members]
        going += [(None, alarm) for members in grouped.opens.values() for alarm in members]
        for into, alarm in going:
            if (known := drafts[alarm].incident_id) in self._incidents and known != into:
                leaving[known].append(drafts[alarm])
        return leaving

    def _open(self, key: str, members: Members, drafts: Mapping[int, Draft], emptied: set[int], page: Page) -> None:
        first = drafts[next(alarm for alarm, why in members.items() if why in (FIRST, ROOT))]
        cause = first if key.startswith("cause:") else None
        if cause is not None and (known := self._to_adopt(cause, drafts, emptied)) is not None:
            self._adopt(known, cause, members, drafts, page)
            return
        last = Incident.objects.filter(site_id=self._site).aggregate(last=Max("number"))["last"] or 0
        incident = Incident(
            site_id=self._site, number=last + 1, key=key, rule_id=first.rule_id, opened_at=self._now, joined_at=self._now, seq=0,
        )  # fmt: skip
        titles.begin(incident, first)
        # The alarms it refers to may not be stored yet: they are, when the transaction ends.
        incident.cause_id, incident.first_id = cause and cause.id, first.id
        coming = [drafts[alarm] for alarm in sorted(members, key=lambda alarm: (alarm != first.id, alarm))]
        titles.refine(self._survey, incident, coming)
        incident.save(force_insert=True)
        self._incidents[incident.pk] = incident
        incident.seq = page.write(opened(incident, [draft.id for draft in coming], self._now))
        self._attach(incident, members, drafts, page)
        self._take_up(incident, members, drafts)

    def _to_adopt(self, cause: Draft, drafts: Mapping[int, Draft], emptied: set[int]) -> Incident | None:
        """The oldest incident of what a new cause explains: it is rather the same incident than another."""
        below = {draft.incident_id for draft in drafts.values() if draft.explained == cause.id}
        known = [self._incidents[id_] for id_ in below if id_ in self._incidents]
        return min((each for each in known if each.key.startswith("cause:") or each.pk in emptied), key=_age, default=None)

    def _adopt(self, incident: Incident, cause: Draft, members: Members, drafts: Mapping[int, Draft], page: Page) -> None:
        """Its cause is found: the one change of what an incident is about."""
        incident.key, incident.rule_id = f"cause:{cause.id}", cause.rule_id
        incident.cause_id = incident.first_id = cause.id
        titles.begin(incident, cause)
        titles.refine(self._survey, incident, [cause])
        self._join(incident, members, drafts, page)

    def _join(self, incident: Incident, members: Members, drafts: Mapping[int, Draft], page: Page) -> None:
        coming = [drafts[alarm] for alarm in members if drafts[alarm].incident_id != incident.pk]
        if coming:
            incident.joined_at = self._now
            incident.seq = page.write(joined(incident, coming, self._now))
        self._attach(incident, members, drafts, page)
        self._take_up(incident, members, drafts)

    def _take_up(self, incident: Incident, members: Members, drafts: Mapping[int, Draft]) -> None:
        """Let an incident of a rule be about other rules, too, that spoke of enough of its assets."""
        of = naming(incident.naming)
        if of is None or not incident.key.startswith("rule:"):
            return
        coming: defaultdict[int, list[int]] = defaultdict(list)
        for alarm, why in members.items():
            if why.code == "asset":
                coming[drafts[alarm].rule_id].append(alarm)
        for rule in coming.keys() - {of.rule, *(known for known, _ in of.also)}:
            number, first = surroundings.beside(incident.pk, rule)
            if number + len(coming[rule]) >= ENOUGH:
                of = msgspec.structs.replace(of, also=(*of.also, (rule, first or min(coming[rule]))))
                incident.naming = kept(of)
                if not self._advises(incident.rule_id) and self._advises(rule):
                    incident.rule_id = rule

    def _advises(self, rule: int) -> bool:
        specs = (each.spec for each in self._survey.rules.values() if each.rule == rule and not each.shadow)
        return any(spec.procedure or spec.suggested_action for spec in specs)

    def _attach(self, incident: Incident, members: Members, drafts: Mapping[int, Draft], page: Page) -> None:
        for alarm, why in sorted(members.items()):
            draft = drafts[alarm]
            before, draft.incident_id = draft.incident_id, incident.pk
            changed, draft.together = draft.together != why.text(), why.text()
            if not draft.moved and (before != incident.pk or changed):  # its row changed, and no line of this batch says so yet
                draft.tell(page, attached(draft.id, draft.sentence_fr, draft.sentence_en, incident, why, self._now))

    def _merge(
        self, emptied: Collection[int], leaving: Mapping[int, list[Draft]], drafts: Mapping[int, Draft], page: Page
    ) -> None:
        """Close what all alarms have left: it goes on where they went to. What others joined meanwhile stays."""
        held = {draft.incident_id for draft in drafts.values() if draft.state != NORMAL}
        for id_ in sorted(set(emptied) - held):
            into = self._incidents[leaving[id_][0].incident_id]
            if into.pk != id_:
                merged(self._incidents[id_], into, page, self._now)

    def _refined(self, drafts: Mapping[int, Draft]) -> set[int]:
        """Bring titles up to date; answers the incidents of which something changed."""
        members: defaultdict[int, list[Draft]] = defaultdict(list)
        for draft in drafts.values():
            if draft.moved and draft.state != NORMAL and draft.incident_id in self._incidents:
                members[draft.incident_id].append(draft)
        return {id_ for id_, moved in members.items() if titles.refine(self._survey, self._incidents[id_], moved)}


def _only(members: Members, drafts: Mapping[int, Draft], *, explained: bool) -> Members:
    return {alarm: why for alarm, why in members.items() if (drafts[alarm].explained is not None) == explained}


def _locked(ids: Collection[int]) -> list[Incident]:
    """Asked at most commits."""
    rows = [list(row) for row in _rows_locked(sorted(ids))]
    for row in rows:
        row[_NAMING] = msgspec.json.decode(row[_NAMING])
    return [Incident.from_db("default", _COLUMNS, row) for row in rows]


def _went_into(incidents: Collection[int]) -> set[int]:
    """Those that were merged into one of these: they go on with it when it is merged itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM alarms_incident WHERE merged_into_id = ANY(%s)", [list(incidents)])
        return {id_ for (id_,) in cursor.fetchall()}


def _follow(merged_into: Mapping[int, int]) -> None:
    """What had gone into one that was merged just now is where that is."""
    for source, into in merged_into.items():
        Incident.objects.filter(merged_into_id=source).update(merged_into_id=into)  # locked already


def _store(incidents: Collection[Incident]) -> None:
    """What a batch may change of them. An incident that only took a member in is the rule."""
    with connection.cursor() as cursor:
        cursor.executemany(
            _STORE,
            [
                (each.key, each.title_fr, each.title_en, msgspec.json.encode(each.naming).decode(), each.first_id, each.sectors,
                 each.state, each.cause_id, each.rule_id, each.joined_at, each.closed_at, each.merged_into_id, each.seq, each.pk)
                for each in incidents
            ],
        )  # fmt: skip


def _age(incident: Incident) -> int:
    return incident.pk


def _open_alarms(incident: int) -> int:
    return Alarm.objects.filter(incident_id=incident, is_open=True).count()
