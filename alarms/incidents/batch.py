"""Puts the alarms of a batch of verdicts into incidents, in the correlator's transaction and before its page is closed."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max

from alarms.compiled import Compiled
from alarms.incidents.grouping import FRESH, Arrival, group
from alarms.incidents.lines import joined, merged, opened
from alarms.incidents.naming import several
from alarms.journal import Page
from alarms.lifecycle.drafts import Draft
from alarms.lifecycle.membership import attached
from alarms.models import Alarm, Incident, Rule
from assets.models import Sector

_FRESH = (
    "SELECT key, id, merged_into_id FROM alarms_incident WHERE site_id = %s AND key = ANY(%s) AND joined_at >= %s UNION "
    "SELECT own.key, own.id, own.merged_into_id FROM alarms_incident fresh "
    "JOIN alarms_incident own ON own.merged_into_id = fresh.id "
    "WHERE fresh.site_id = %s AND own.key = ANY(%s) AND fresh.joined_at >= %s ORDER BY id"
)
"""Those that were merged into a fresh one are as fresh: what their rules tell goes on there."""
_COLUMNS = [field.attname for field in Incident._meta.concrete_fields]
_rows_locked = Compiled(
    lambda ids: Incident.objects.select_for_update(no_key=True).filter(id__any_of=ids).order_by("id").values_list(*_COLUMNS),
    values=1,
)
_STORE = (
    "UPDATE alarms_incident SET key = %s, title_fr = %s, title_en = %s, state = %s, cause_id = %s, rule_id = %s, "
    "joined_at = %s, closed_at = %s, merged_into_id = %s, seq = %s WHERE id = %s"
)


@dataclass(slots=True)
class _Keys:
    rules: set[int]
    sectors: set[int]

    def texts(self) -> list[str]:
        return [f"rule:{rule}" for rule in self.rules] + [f"sector:{sector}" for sector in self.sectors]


class Gathering:
    """One batch's look at incidents. Use: `wanted`, lock those alarms, `lock`, apply the transitions, `apply`."""

    def __init__(self, site: int, now: dt.datetime) -> None:
        self._site = site
        self._now = now
        self._keys = _Keys(set(), set())
        self._incidents: dict[int, Incident] = {}
        self._fresh: dict[str, int] = {}

    def wanted(self, rules: Collection[int], sectors: Collection[int]) -> set[int]:
        """Alarms that came lately and belong nowhere, of these rules and sectors: a new one may be the third."""
        self._keys = _Keys(set(rules), set(sectors))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM alarms_alarm WHERE site_id = %s AND incident_id IS NULL AND state <> 'normal' "
                "AND came_at >= %s AND (rule_id = ANY(%s) OR sector_id = ANY(%s))",
                [self._site, self._now - FRESH, list(rules), list(sectors)],
            )
            return {id_ for (id_,) in cursor.fetchall()}

    def lock(self, drafts: Collection[Draft]) -> None:
        """Lock the incidents that alarms of this batch may join, in order of id, after the alarms."""
        with connection.cursor() as cursor:
            cursor.execute(_FRESH, [self._site, self._keys.texts(), self._now - FRESH] * 2)
            # What was merged goes on where it went to.
            found = {key: into or id_ for key, id_, into in cursor.fetchall()}
        held = {draft.incident_id for draft in drafts} - {None}
        wanted = held | set(found.values())
        rows = _locked(wanted | _went_into(wanted)) if wanted else ()
        self._incidents = {row.pk: row for row in rows if row.state != Incident.State.CLOSED}
        self._fresh = {key: id_ for key, id_ in found.items() if id_ in self._incidents}

    def apply(self, drafts: Mapping[int, Draft], page: Page) -> None:
        """Let every alarm that came, or waits for company, join or open its incident."""
        leaving = self._leaving(drafts.values())
        left = {draft.id for members in leaving.values() for draft in members}
        arrivals = [
            Arrival(draft.id, draft.rule_id, draft.sector_id, draft.explained)
            for draft in drafts.values()
            if draft.id in left or (draft.incident_id is None and self._waits(draft))
        ]
        held = {draft.id: draft.incident_id for draft in drafts.values() if draft.incident_id in self._incidents}
        above = {draft.id: draft.explained or draft.suppressed_by_id for draft in drafts.values()}
        grouped = group(
            arrivals,
            {alarm: incident for alarm, incident in held.items() if alarm not in left},
            {alarm: cause for alarm, cause in above.items() if cause in drafts},
            self._fresh,
        )
        emptied = {id_ for id_, members in leaving.items() if _open_alarms(id_) == len(members)}
        for key, alarms in grouped.opens.items():
            self._open(key, [drafts[alarm] for alarm in alarms], drafts, emptied, page)
        joins = [(incident, [drafts[alarm] for alarm in alarms]) for incident, alarms in grouped.joins.items()]
        for incident, members in joins:
            if explained := [draft for draft in members if draft.explained is not None]:
                self._join(self._incidents[incident], explained, page)
        for id_ in sorted(emptied):
            into = self._incidents[leaving[id_][0].incident_id]
            if into.pk != id_:
                merged(self._incidents[id_], into, page, self._now)
        for incident, members in joins:
            if others := [draft for draft in members if draft.explained is None]:
                # One that was merged just now takes nobody in: what its rule or sector tells goes on where it went to.
                into = self._incidents[incident]
                self._join(self._incidents[into.merged_into_id or into.pk], others, page)
        _follow({incident.pk: incident.merged_into_id for incident in self._incidents.values() if incident.merged_into_id})
        changed = [incident for incident in self._incidents.values() if incident.seq >= page.first]
        _store(changed)

    def _leaving(self, drafts: Collection[Draft]) -> dict[int, list[Draft]]:
        """What a cause now explains belongs to the cause, and no longer with what merely came by the same rule or place."""
        leaving: dict[int, list[Draft]] = {}
        for draft in drafts:
            incident = self._incidents.get(draft.incident_id) if draft.explained is not None else None
            if incident is not None and incident.key.startswith(("rule:", "sector:")):
                leaving.setdefault(incident.pk, []).append(draft)
        return leaving

    def _waits(self, draft: Draft) -> bool:
        """Whether it is explained, or came lately: what came alone long ago stays alone, what is set aside calls nobody."""
        return draft.stands and not draft.set_aside and self._lately(draft)

    def _lately(self, draft: Draft) -> bool:
        return draft.explained is not None or (draft.came_at or draft.learned_at) >= self._now - FRESH

    def _open(self, key: str, members: list[Draft], drafts: Mapping[int, Draft], emptied: set[int], page: Page) -> None:
        what, _, ident = key.partition(":")
        cause = drafts[int(ident)] if what == "cause" else None
        if cause is not None:
            members = [cause, *(draft for draft in members if draft is not cause)]
            if (known := self._to_adopt(cause, drafts, emptied)) is not None:
                self._adopt(known, cause, members, page)
                return
        rule = cause.rule_id if cause else int(ident) if what == "rule" else min(members, key=lambda each: each.severity).rule_id
        fr, en = (cause.sentence_fr, cause.sentence_en) if cause else _title(what, int(ident), members)
        last = Incident.objects.filter(site_id=self._site).aggregate(last=Max("number"))["last"] or 0
        incident = Incident.objects.create(
            site_id=self._site, number=last + 1, key=key, title_fr=fr[:400], title_en=en[:400], rule_id=rule,
            opened_at=self._now, joined_at=self._now, seq=0,
        )  # fmt: skip
        # The alarm it is about may not be stored yet: it is, when the transaction ends.
        incident.cause_id = cause and cause.id
        self._incidents[incident.pk] = incident
        incident.seq = page.write(opened(incident, [draft.id for draft in members], self._now))
        self._attach(incident, members, page)

    def _to_adopt(self, cause: Draft, drafts: Mapping[int, Draft], emptied: set[int]) -> Incident | None:
        """The oldest incident of what a new cause explains: it is rather the same incident than another."""
        below = {draft.incident_id for draft in drafts.values() if draft.explained == cause.id}
        known = [self._incidents[id_] for id_ in below if id_ in self._incidents]
        return min((each for each in known if each.key.startswith("cause:") or each.pk in emptied), key=_age, default=None)

    def _adopt(self, incident: Incident, cause: Draft, members: list[Draft], page: Page) -> None:
        incident.key, incident.cause_id, incident.rule_id = f"cause:{cause.id}", cause.id, cause.rule_id
        incident.title_fr, incident.title_en = cause.sentence_fr, cause.sentence_en
        self._join(incident, [draft for draft in members if draft.incident_id != incident.pk], page)

    def _join(self, incident: Incident, members: list[Draft], page: Page) -> None:
        incident.joined_at = self._now
        incident.seq = page.write(joined(incident, [draft.id for draft in members], self._now))
        self._attach(incident, members, page)

    def _attach(self, incident: Incident, members: list[Draft], page: Page) -> None:
        for draft in members:
            draft.incident_id = incident.pk
            if not draft.moved:  # its row changed, and no line of this batch says so yet
                draft.tell(page, attached(draft.id, draft.sentence_fr, draft.sentence_en, incident, self._now))


def _locked(ids: Collection[int]) -> list[Incident]:
    """Asked at most commits."""
    return [Incident.from_db("default", _COLUMNS, row) for row in _rows_locked(sorted(ids))]


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
                (each.key, each.title_fr, each.title_en, each.state, each.cause_id, each.rule_id, each.joined_at, each.closed_at,
                 each.merged_into_id, each.seq, each.pk)
                for each in incidents
            ],
        )  # fmt: skip


def _age(incident: Incident) -> int:
    return incident.pk


def _open_alarms(incident: int) -> int:
    return Alarm.objects.filter(incident_id=incident).exclude(state=Alarm.State.NORMAL).count()


def _title(what: str, ident: int, members: list[Draft]) -> tuple[str, str]:
    """What it is about, said first: of a place, the worst of what came there."""
    if what == "rule":
        return several([Rule.objects.values_list("name_fr", "name_en").get(pk=ident)])
    name = Sector.objects.values_list("name", flat=True).get(pk=ident)
    worst = min(members, key=lambda each: each.severity)
    return f"{worst.sentence_fr}, entre autres — {name}", f"{worst.sentence_en}, among others — {name}"
