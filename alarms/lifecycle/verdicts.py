"""What the engine's transitions do to alarms: thousands at once, in the correlator's transaction, in a few statements.

Each transition moves one alarm; then what moved is looked at together: causes silence what they explain (`suppression`), and
alarms that belong together join an incident (`alarms.incidents`).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

import msgspec
from django.db import connection

from alarms.engine.evidence import CalendarEvidence
from alarms.engine.sentence import sentence
from alarms.engine.transitions import Transition
from alarms.engine.wording import Bilingual
from alarms.incidents.batch import Gathering
from alarms.journal import Line, Page
from alarms.lifecycle import chattering, drafts
from alarms.lifecycle.drafts import Draft
from alarms.lifecycle.severity import Revision, eased, follow, revised
from alarms.lifecycle.suppression import Coming, Suppression
from alarms.lifecycle.table import NORMAL, RETURNED, after
from alarms.maintenance.cover import Cover
from alarms.models import Alarm, Severity
from alarms.survey import ActiveRule, Subject, Survey
from assets.instants import instant

RANK = {severity.label: severity.value for severity in Severity}
"""Severity as stored: 1 is the worst."""

Key = tuple[int, str]
"""(rule, subject): at most one open alarm each."""


def subject_key(transition: Transition | Revision) -> str:
    return f"{transition.subject_kind}:{transition.subject}"


class Verdicts:
    """One batch of transitions applied to a site's alarms. Use: `lock`, open the journal's page, `write`."""

    def __init__(
        self, survey: Survey, transitions: Sequence[Transition], now: dt.datetime, revisions: Sequence[Revision] = ()
    ) -> None:
        self._survey = survey
        self._revisions = revisions
        self._transitions = [each for each in transitions if each.rule in survey.rules]
        self._now = now
        self._subjects: dict[tuple[str, int], Subject] = {}
        self._drafts: dict[int, Draft] = {}
        self._open: dict[Key, Draft] = {}
        self._closed: dict[Key, list[Draft]] = {}
        """What is closed and may still be silenced, in order of id."""
        self._given_over: list[Draft] = []
        self._suppression = Suppression(survey, now)
        self._gathering = Gathering(survey.site.id, now)

    def lock(self) -> None:
        """Lock the open alarms these transitions speak of or may touch, in order of id, as everyone who locks several does."""
        told = [*self._transitions, *self._revisions]
        keys = {(self._survey.rules[each.rule].rule, subject_key(each)) for each in told}
        rules, subjects = [rule for rule, _ in keys], [subject for _, subject in keys]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.id FROM alarms_alarm a JOIN unnest(%s::bigint[], %s::text[]) AS k (rule, subject) "
                "ON a.rule_id = k.rule AND a.subject = k.subject WHERE a.state <> 'normal'",
                [rules, subjects],
            )
            wanted = {id_ for (id_,) in cursor.fetchall()}
            coming = [*(each for each in self._transitions if each.kind != "clear"), *self._revisions]
            wanted |= self._suppression.wanted([self._coming(each) for each in coming])
            sectors = {self._subject(each).sector for each in coming} - {None}
            wanted |= self._gathering.wanted({self._survey.rules[each.rule].rule for each in coming}, sectors)
            silenced = self._silenced(cursor, rules, subjects)
            locked = drafts.locked(wanted | silenced)
            self._drafts = {draft.id: draft for draft in locked if draft.state != NORMAL}
            self._open = {_key(draft): draft for draft in self._drafts.values()}
            for draft in locked:
                if draft.state == NORMAL:
                    self._closed.setdefault(_key(draft), []).append(draft)
            self._gathering.lock(self._drafts.values())
            self._cover = Cover(self._survey, self._now) if coming else None
            self._before = chattering.just_closed(cursor, self._survey.site.id, rules, subjects, self._now)

    def _coming(self, told: Transition | Revision) -> Coming:
        since = told.at if isinstance(told, Revision) else told.since
        return Coming(self._survey.rules[told.rule].spec, RANK[told.severity], self._subject(told).asset, since)

    def _subject(self, transition: Transition | Revision) -> Subject:
        key = (transition.subject_kind, transition.subject)
        if key not in self._subjects:
            self._subjects[key] = self._survey.subjects.of(*key)
        return self._subjects[key]

    @staticmethod
    def _silenced(cursor, rules: list[int], subjects: list[str]) -> set[int]:
        """Closed alarms whose shelving or out-of-service period still runs: a new occurrence takes it over."""
        cursor.execute(
            "SELECT a.id FROM alarms_alarm a JOIN unnest(%s::bigint[], %s::text[]) AS k (rule, subject) "
            "ON a.rule_id = k.rule AND a.subject = k.subject "
            "WHERE a.state = 'normal' AND (a.shelved_until IS NOT NULL OR a.out_of_service_until IS NOT NULL)",
            [rules, subjects],
        )
        return {id_ for (id_,) in cursor.fetchall()}

    def forget(self, alarms: Collection[int]) -> None:
        """Leave out alarms that were locked and have been cleared since."""
        for draft in filter(None, (self._drafts.pop(alarm, None) for alarm in alarms)):
            del self._open[_key(draft)]
        self._suppression.forget(alarms)

    def write(self, page: Page) -> None:
        """Apply every transition in order, silence what a cause explains, gather what belongs together; then store it all.

        What closes is stored before what opens: of one rule and subject the database has one open alarm at every instant,
        and a batch may end an alarm and raise the next. That an alarm refers to another (its cause) is checked at the commit.
        """
        ids = self._reserve_ids()
        for transition in self._transitions:
            self._apply(transition, page, ids)
        for revision in self._revisions:
            self._revise(revision, page)
        if self._cover is not None:
            self._cover.apply([draft for draft in self._drafts.values() if draft.moved], page)
        self._suppression.apply(self._drafts, page)
        self._gathering.apply(self._drafts, page)
        moved = [draft for draft in self._drafts.values() if draft.moved]
        drafts.update([draft for draft in moved if not draft.new], self._given_over)
        drafts.insert(self._survey.site.id, [draft for draft in moved if draft.new])

    def _reserve_ids(self) -> Iterable[int]:
        raises = sum(each.kind == "raise" for each in self._transitions)
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('alarms_alarm', 'id')) FROM generate_series(1, %s)", [raises])
            return iter([id_ for (id_,) in cursor.fetchall()])

    def _apply(self, transition: Transition, page: Page, ids: Iterable[int]) -> None:
        rule = self._survey.rules[transition.rule]
        key = (rule.rule, subject_key(transition))
        draft = self._open.get(key)
        if transition.kind == "clear":
            if draft is not None:
                self._clear(draft, transition, page)
        elif draft is None:
            if transition.kind == "raise":
                draft = self._open[key] = self._new(next(ids), key, transition)
                self._drafts[draft.id] = draft
                self._raise(draft, transition, rule, "raise", page)
        elif draft.state == RETURNED:
            draft.occurrences += 1
            self._raise(draft, transition, rule, "raise", page)
        elif RANK[transition.severity] != draft.current:  # else an engine built anew found again what was open
            move = "worsen" if RANK[transition.severity] < draft.current else "ease"
            self._raise(draft, transition, rule, move, page)
        if draft is not None and draft.state == NORMAL:
            del self._open[key]
            self._closed.setdefault(key, []).append(draft)
            self._before[key] = draft.occurrences, draft.raises

    def _raise(self, draft: Draft, transition: Transition, rule: ActiveRule, move: str, page: Page) -> None:
        """Raise it, raise it again, worsen or ease it; the sentence of its worst moment stays."""
        before, draft.state = draft.state, after(draft.state, move, latched=draft.latched)
        if follow(draft, before, RANK[transition.severity]):
            draft.evidence = msgspec.json.encode(transition.evidence).decode()
            told = sentence(transition, self._subject(transition).named, rule.spec.message)
            draft.sentence_fr, draft.sentence_en = (text[:400] for text in told)
            text = Bilingual(draft.sentence_fr, draft.sentence_en)
        else:
            text = eased(draft, move)
        draft.version_id = transition.rule
        draft.returned_at, draft.since, draft.judged = None, instant(transition.since), True
        self._tell(draft, transition, "alarm.raised" if move == "raise" else "alarm.severity", text.fr, text.en, page)
        if move == "raise":
            self._came(draft, transition, anew=before == RETURNED)
            chattering.count(draft, instant(transition.at), page, self._now)

    def _revise(self, revision: Revision, page: Page) -> None:
        rule = self._survey.rules[revision.rule]
        draft = self._open[rule.rule, subject_key(revision)]
        before = draft.severity
        draft.state = after(draft.state, "worsen" if RANK[revision.shown] < before else "ease")
        draft.severity, draft.version_id = RANK[revision.shown], revision.rule
        draft.eased_to = RANK[revision.severity] if revision.severity != revision.shown else None
        draft.since, draft.judged = instant(revision.at), True
        draft.evidence = msgspec.json.encode(revision.evidence).decode()
        told = Transition(
            "raise", revision.rule, revision.subject_kind, revision.subject, revision.shown, None, revision.at, revision.at,
            revision.at, revision.evidence,
        )  # fmt: skip
        draft.sentence_fr, draft.sentence_en = (
            text[:400] for text in sentence(told, self._subject(revision).named, rule.spec.message)
        )
        text = revised(draft, before, revision.why)
        details = {"severity": revision.severity, "shown": revision.shown, "evidence": revision.evidence}
        draft.tell(page, Line("alarm.revised", self._now, text.fr, text.en, draft.id, details=details))

    def _came(self, draft: Draft, transition: Transition, anew: bool) -> None:
        """It came, or came again: it is as new as that. Of what was over when we learned of it, only the row of its own is."""
        draft.came, draft.came_at = True, self._now
        if anew and not transition.past:
            draft.first_raised_at = draft.first_raised_at or draft.raised_at
            draft.raised_at, draft.learned_at = instant(transition.at), instant(transition.learned)

    def _clear(self, draft: Draft, transition: Transition, page: Page) -> None:
        draft.state = after(draft.state, "clear", latched=draft.latched)
        draft.version_id = transition.rule
        draft.returned_at, draft.eased_to, draft.judged = instant(transition.at), None, True
        # Of what was over when we learned of it, and of what was suppressed, nobody was told: its end asks nobody for anything.
        # An alarm that waited to be acknowledged before that goes on waiting.
        unheard = draft.suppressed_by_id is not None and draft.severity != Severity.CRITICAL
        if (transition.past and draft.past) or (unheard and not draft.latched):
            draft.state = NORMAL
        if draft.state == NORMAL:
            draft.closed_at = self._now
        fr, en = f"Retour à la normale : {draft.sentence_fr}", f"Back to normal: {draft.sentence_en}"
        if isinstance(transition.evidence, CalendarEvidence):  # nobody can say that the field is well
            fr, en = f"Fin des heures de la règle : {draft.sentence_fr}", f"The rule's hours ended: {draft.sentence_en}"
        self._tell(draft, transition, "alarm.returned", fr, en, page)

    def _tell(self, draft: Draft, transition: Transition, kind: str, fr: str, en: str, page: Page) -> None:
        if transition.past:
            kind, fr, en = f"{kind}_past", f"Appris après coup — {fr}", f"Learned afterwards — {en}"
        details = {
            "severity": transition.severity,
            "at": instant(transition.at).isoformat(),
            "evidence": transition.evidence,
        }
        draft.tell(page, Line(kind, self._now, fr, en, draft.id, details=details))

    def _new(self, id_: int, key: Key, transition: Transition) -> Draft:
        names = self._subject(transition)
        shelved_until, shelved_reason, service_until, service_reason = self._silences(key)
        occurrences, raises = self._before.get(key, (0, []))
        return Draft(
            id=id_, rule_id=key[0], subject=key[1], state=NORMAL, severity=RANK[transition.severity], eased_to=None,
            latched=False, sentence_fr="", sentence_en="", version_id=transition.rule, evidence="{}",
            raised_at=instant(transition.at), first_raised_at=None, learned_at=instant(transition.learned), returned_at=None,
            closed_at=None, occurrences=occurrences + 1, seq=0, asset_id=names.asset, sector_id=names.sector,
            suppressed_by_id=None, cause=False, releases_at=None, incident_id=None, came_at=None, raises=raises,
            chattering=False, maintenance_id=None, shelved_until=shelved_until, shelved_reason=shelved_reason,
            out_of_service_until=service_until, out_of_service_reason=service_reason, new=True, past=transition.past,
            names=names,
        )  # fmt: skip

    def _silences(self, key: Key) -> tuple[dt.datetime | None, str, dt.datetime | None, str]:
        """What still silences the alarm that was closed last: it goes over to the one that comes, and is ended or undone there.

        What a maintenance window did is not taken over: the window itself is asked again.
        """
        closed = self._closed.pop(key, [])
        if not closed:
            return None, "", None, ""
        last = closed[-1]
        shelved = (last.shelved_until, last.shelved_reason) if _runs(last.shelved_until, self._now) else (None, "")
        service = (last.out_of_service_until, last.out_of_service_reason)
        if last.maintenance_id is not None or not _runs(last.out_of_service_until, self._now):
            service = (None, "")
        for draft in closed:
            if shelved[0] is not None:
                draft.shelved_until, draft.shelved_reason = None, ""
            if service[0] is not None and draft.maintenance_id is None:
                draft.out_of_service_until, draft.out_of_service_reason = None, ""
        self._given_over += [draft for draft in closed if not draft.new]
        return *shelved, *service


def _key(draft: Draft) -> Key:
    return draft.rule_id, draft.subject


def _runs(until: dt.datetime | None, now: dt.datetime) -> bool:
    return until is not None and until > now


def lock_open(site: int) -> None:
    """Lock every open alarm of a site, in order of id: before a reconciliation, which may move any of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM alarms_alarm WHERE site_id = %s AND state <> 'normal' ORDER BY id FOR NO KEY UPDATE", [site]
        )


def orphans(site: int, standing: set[tuple[int, str]]) -> list[Alarm]:
    """The alarms of a site, locked already, that are in alarm here while the engine, after a replay, does not hold them:
    their rule or subject is gone, or the condition ended while nobody watched. `standing` is the engine's (rule, subject).
    """
    alarms = Alarm.objects.filter(site_id=site).exclude(state__in=[NORMAL, RETURNED])
    return [alarm for alarm in alarms.order_by("id") if (alarm.rule_id, alarm.subject) not in standing]


def close_orphans(alarms: list[Alarm], page: Page, now: dt.datetime, running: Collection[int]) -> None:
    """Clear them as the engine would have, and say that it was the reconciliation.

    `running` are the ids of the versions that run; of the alarm of another version nobody can say that the field is well.
    """
    for alarm in alarms:
        alarm.state = after(alarm.state, "clear", latched=alarm.latched)
        if alarm.suppressed_by_id is not None and not alarm.latched:
            alarm.state = NORMAL  # it is not critical, or it would not be suppressed
        alarm.returned_at, alarm.eased_to = now, None
        alarm.closed_at = now if alarm.state == NORMAL else None
        fr, en = "Retour à la normale", "Back to normal"
        if alarm.version_id not in running:
            fr, en = "Levée, sa règle a changé ou est retirée", "Ended, its rule has changed or is retired"
        fr, en = f"{fr} : {alarm.sentence_fr}", f"{en}: {alarm.sentence_en}"
        alarm.seq = page.write(Line("alarm.returned", now, fr, en, alarm.id, details={"by": "reconciliation"}))
    Alarm.objects.bulk_update(alarms, ["state", "eased_to", "returned_at", "closed_at", "seq"], batch_size=1000)
