"""What the engine's transitions do to alarms: thousands at once, in the correlator's transaction, in a few statements.

Each transition moves one alarm; then what moved is looked at together: causes silence what they explain (`suppression`), and
alarms that belong together join an incident (`gathering`).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

import msgspec
from django.db import connection

from alarms.engine.evidence import CalendarEvidence, Evidence, witness
from alarms.engine.sentence import Named, beyond, extent, sentence
from alarms.engine.transitions import Transition
from alarms.engine.wording import Bilingual
from alarms.lifecycle import quiet
from alarms.lifecycle.table import NORMAL, RETURNED, UNACKNOWLEDGED, after
from alarms.lifecycle.withdrawal import SKEW, WITHIN
from alarms.models import SEVERITY_NUMBERS, STAKE_NUMBERS, Alarm, Severity
from alarms.site.running import ActiveRule
from alarms.site.survey import NamedSubject, Survey
from alarms.verdicts import chattering, drafts
from alarms.verdicts.cover import Cover
from alarms.verdicts.drafts import Draft, Key, evidence_of
from alarms.verdicts.gathering import IncidentGathering
from alarms.verdicts.open_alarms import OpenAlarms
from alarms.verdicts.severity import Revision, eased, follow, revised
from alarms.verdicts.suppression import Coming, Suppression
from assets.instants import instant
from assets.zones import until_words
from journal.page import Line, Page

_evidence = msgspec.json.Decoder(Evidence).decode


def subject_key(transition: Transition | Revision) -> str:
    return f"{transition.subject_kind}:{transition.subject}"


class Verdicts:
    """One batch of transitions applied to a site's alarms. Use: `lock`, open the journal's page, `write`."""

    def __init__(
        self,
        survey: Survey,
        known: OpenAlarms,
        transitions: Sequence[Transition],
        now: dt.datetime,
        revisions: Sequence[Revision] = (),
    ) -> None:
        self._survey = survey
        self._known = known
        self._revisions = revisions
        self._transitions = [each for each in transitions if each.rule in survey.rules]
        self._now = now
        self._subjects: dict[tuple[str, int], NamedSubject] = {}
        self._drafts: dict[int, Draft] = {}
        self._open: dict[Key, Draft] = {}
        self._closed: dict[Key, list[Draft]] = {}
        """What is closed and may still be silenced, in order of id."""
        self._before: dict[Key, tuple[int, list[dt.datetime]]] = {}
        """(occurrences, last raises) of what this batch closed."""
        self._given_over: list[Draft] = []
        self._suppression = Suppression(survey, now)
        self._gathering = IncidentGathering(survey, now)

    def lock(self) -> None:
        """Lock the open alarms these transitions speak of or may touch, in order of id, as everyone who locks several does."""
        known = self._known
        known.refresh(self._now)
        keys = {self._key(each) for each in (*self._transitions, *self._revisions)}
        # Whoever acknowledged what was closed a moment ago may take that back before this batch is stored.
        wanted = known.of(keys, self._now - WITHIN - SKEW)
        coming = [*(each for each in self._transitions if each.kind != "clear"), *self._revisions]
        wanted |= self._suppression.wanted([self._coming(each) for each in coming], known)
        assets = {self._asset(each) for each in coming} - {None}
        feeds = {self._subject(each).feed for each in coming} - {None}
        wanted |= self._gathering.wanted({self._survey.rules[each.rule].rule for each in coming}, assets, feeds, known)
        for draft in known.lock(wanted):
            if draft.state != NORMAL:
                self._drafts[draft.id] = self._open[draft.key] = draft
            elif draft.set_aside:
                self._closed.setdefault(draft.key, []).append(draft)
        new = {self._asset(each) for each in coming if self._key(each) not in self._open}
        self._gathering.lock(self._drafts.values(), new, known)
        self._cover = Cover(self._survey, self._now) if coming else None

    def _key(self, told: Transition | Revision) -> Key:
        return self._survey.rules[told.rule].rule, subject_key(told)

    def _coming(self, told: Transition | Revision) -> Coming:
        since = told.at if isinstance(told, Revision) else told.since
        return Coming(self._survey.rules[told.rule].spec, SEVERITY_NUMBERS[told.severity], self._subject(told).asset, since)

    def _subject(self, transition: Transition | Revision) -> NamedSubject:
        key = (transition.subject_kind, transition.subject)
        if key not in self._subjects:
            self._subjects[key] = self._survey.subjects.of(*key)
        return self._subjects[key]

    def _asset(self, told: Transition | Revision) -> int | None:
        return self._gathering.asset_of(self._subject(told), told.evidence)

    def _named(self, told: Transition | Revision) -> Named:
        if told.subject_kind != "sector":
            return self._subject(told).named
        return self._survey.subjects.of_move(told.subject_kind, told.subject, told.evidence)

    def _stake(self, told: Transition | Revision) -> int:
        return STAKE_NUMBERS[self._survey.rules[told.rule].spec.stake]

    def forget(self, alarms: Collection[int]) -> None:
        """Leave out alarms that were locked and have been cleared since."""
        for draft in filter(None, (self._drafts.pop(alarm, None) for alarm in alarms)):
            del self._open[draft.key]
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
        self._known.keep([*moved, *self._given_over], page.first, page.seq)

    def _reserve_ids(self) -> Iterable[int]:
        """As many as may be raised: what is open is raised again only once this batch has closed it."""
        told = [(self._key(each), each.kind) for each in self._transitions]
        ends = {key for key, kind in told if kind == "clear"}
        raises = sum(kind == "raise" and (key not in self._open or key in ends) for key, kind in told)
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
                self._say_inherited(draft, page)
        elif transition.previous == transition.severity:
            self._retell(draft, transition, rule, page)
        elif draft.state == RETURNED:
            draft.occurrences += 1
            self._raise(draft, transition, rule, "raise", page)
        elif SEVERITY_NUMBERS[transition.severity] != draft.current:  # else an engine built anew found again what was open
            move = "worsen" if SEVERITY_NUMBERS[transition.severity] < draft.current else "ease"
            self._raise(draft, transition, rule, move, page)
        if draft is not None and draft.state == NORMAL:
            del self._open[key]
            self._closed.setdefault(key, []).append(draft)
            self._before[key] = draft.occurrences, draft.raises

    def _raise(self, draft: Draft, transition: Transition, rule: ActiveRule, move: str, page: Page) -> None:
        """Raise it, raise it again, worsen or ease it; the sentence of its worst moment stays."""
        before, draft.state = draft.state, after(draft.state, move, latched=draft.latched)
        shown, evidence = draft.severity, msgspec.json.encode(transition.evidence)
        if follow(draft, before, SEVERITY_NUMBERS[transition.severity]):
            draft.evidence, draft.witness = evidence.decode(), witness(transition.evidence)
            told = sentence(transition, self._named(transition), rule.spec.message)
            draft.sentence_fr, draft.sentence_en = (text[:400] for text in told)
            draft.extent = extent(transition.evidence)
            text = Bilingual(draft.sentence_fr, draft.sentence_en)
        else:
            text = eased(draft, move)
        draft.version_id, draft.stake = transition.rule, self._stake(transition)
        draft.returned_at, draft.since, draft.judged = None, instant(transition.since), True
        self._tell(draft, transition, evidence, "alarm.raised" if move == "raise" else "alarm.severity", text.fr, text.en, page)
        if draft.severity < shown:
            self._bring_back(draft, page)
        if move == "raise":
            self._came(draft, transition, anew=before == RETURNED)
            chattering.count(draft, instant(transition.at), page, self._now)

    def _retell(self, draft: Draft, transition: Transition, rule: ActiveRule, page: Page) -> None:
        """It stands as it did, for another reason. A sector's sentence of its worst moment stays until it is acknowledged."""
        if transition.subject_kind == "sector" and draft.state == UNACKNOWLEDGED and not self._is_worse(draft, transition):
            return
        evidence = msgspec.json.encode(transition.evidence)
        draft.evidence, draft.witness = evidence.decode(), witness(transition.evidence)
        told = sentence(transition, self._named(transition), rule.spec.message)
        draft.sentence_fr, draft.sentence_en = (text[:400] for text in told)
        draft.since, draft.judged = instant(transition.since), True
        self._tell(draft, transition, evidence, "alarm.revised", draft.sentence_fr, draft.sentence_en, page)

    @staticmethod
    def _is_worse(draft: Draft, transition: Transition) -> bool:
        """Whether a move of the same severity goes further than what the alarm tells."""
        told = _evidence(evidence_of([draft])[draft.id])
        return draft.eased_to is None and beyond(transition.evidence) > beyond(told)

    def _revise(self, revision: Revision, page: Page) -> None:
        rule = self._survey.rules[revision.rule]
        draft = self._open[rule.rule, subject_key(revision)]
        before = draft.severity
        draft.state = after(draft.state, "worsen" if SEVERITY_NUMBERS[revision.shown] < before else "ease")
        draft.severity, draft.version_id, draft.stake = SEVERITY_NUMBERS[revision.shown], revision.rule, self._stake(revision)
        draft.eased_to = SEVERITY_NUMBERS[revision.severity] if revision.severity != revision.shown else None
        draft.since, draft.judged = instant(revision.at), True
        draft.evidence, draft.witness = msgspec.json.encode(revision.evidence).decode(), witness(revision.evidence)
        told = Transition(
            "raise", revision.rule, revision.subject_kind, revision.subject, revision.shown, None, revision.at, revision.at,
            revision.at, revision.evidence,
        )  # fmt: skip
        draft.sentence_fr, draft.sentence_en = (text[:400] for text in sentence(told, self._named(revision), rule.spec.message))
        text = revised(draft, before, revision.why)
        details = {"severity": revision.severity, "shown": revision.shown, "evidence": revision.evidence}
        draft.tell(page, Line("alarm.revised", self._now, text.fr, text.en, [("alarm", draft.id)], details=details))
        if draft.severity < before:
            self._bring_back(draft, page)

    def _bring_back(self, draft: Draft, page: Page) -> None:
        """What was shelved when it was less severe and is critical now is in view again: nobody shelved that."""
        if draft.shelved_until is not None and draft.severity == Severity.CRITICAL:
            quiet.unshelve(draft)
            text = Bilingual(f"Remise en vue, aggravée : {draft.sentence_fr}", f"Back in view, worsened: {draft.sentence_en}")
            draft.tell(page, Line("alarm.unshelved", self._now, text.fr, text.en, [("alarm", draft.id)]))

    def _came(self, draft: Draft, transition: Transition, anew: bool) -> None:
        """It came, or came again: it is as new as that. Of what was over when we learned of it, only the row of its own is."""
        draft.came, draft.came_at = True, self._now
        if anew and not transition.past:
            draft.first_raised_at = draft.first_raised_at or draft.raised_at
            draft.raised_at, draft.learned_at = instant(transition.at), instant(transition.learned)

    def _clear(self, draft: Draft, transition: Transition, page: Page) -> None:
        # Of what was over when we learned of it, and of what was suppressed, nobody was told: its end asks nobody for anything.
        # An alarm that waited to be acknowledged before that goes on waiting.
        suppressed = draft.suppressed_by_id is not None and draft.severity != Severity.CRITICAL
        unheard = "past" if transition.past and draft.past else "suppressed" if suppressed else ""
        draft.state = after(draft.state, "clear", latched=draft.latched, unheard=unheard)
        draft.version_id, draft.stake = transition.rule, self._stake(transition)
        draft.returned_at, draft.eased_to, draft.judged = instant(transition.at), None, True
        if draft.state == NORMAL:
            draft.closed_at = self._now
        fr, en = f"Retour à la normale : {draft.sentence_fr}", f"Back to normal: {draft.sentence_en}"
        if isinstance(transition.evidence, CalendarEvidence):  # nobody can say that the field is well
            fr, en = f"Fin des heures de la règle : {draft.sentence_fr}", f"The rule's hours ended: {draft.sentence_en}"
        self._tell(draft, transition, msgspec.json.encode(transition.evidence), "alarm.returned", fr, en, page)

    def _tell(self, draft: Draft, transition: Transition, evidence: bytes, kind: str, fr: str, en: str, page: Page) -> None:
        if transition.past:
            kind, fr, en = f"{kind}_past", f"Appris après coup — {fr}", f"Learned afterwards — {en}"
        details = {"severity": transition.severity, "at": _text(transition.at), "evidence": msgspec.Raw(evidence)}
        draft.tell(page, Line(kind, self._now, fr, en, [("alarm", draft.id)], details=details))

    def _new(self, id_: int, key: Key, transition: Transition) -> Draft:
        names = self._subject(transition)
        occurrences, raises = self._before.get(key) or self._habit(key)
        draft = Draft(
            id=id_, rule_id=key[0], subject=key[1], state=NORMAL, severity=SEVERITY_NUMBERS[transition.severity], eased_to=None,
            stake=self._stake(transition), latched=False, sentence_fr="", sentence_en="",
            version_id=transition.rule, evidence="{}",
            raised_at=instant(transition.at), first_raised_at=None, learned_at=instant(transition.learned), returned_at=None,
            closed_at=None, occurrences=occurrences + 1, seq=0, asset_id=names.asset, sector_id=names.sector,
            suppressed_by_id=None, cause=False, releases_at=None, incident_id=None, came_at=None, raises=raises,
            chattering=False, maintenance_id=None, new=True, past=transition.past, names=names,
        )  # fmt: skip
        self._inherit(draft)
        return draft

    def _habit(self, key: Key) -> tuple[int, list[dt.datetime]]:
        """(occurrences, last raises) of the same alarm that closed shortly before."""
        last = self._known.closed_last(key, self._now - chattering.PERIOD)
        return (0, []) if last is None else (last.occurrences, last.raises)

    def _inherit(self, draft: Draft) -> None:
        """What still silences the alarm that was closed last goes over to the one that comes, and is ended or undone there.

        What a maintenance window did is not taken over: the window itself is asked again.
        """
        closed = self._closed.pop(draft.key, [])
        if not closed:
            return
        last = closed[-1]
        if shelved := _runs(last.shelved_until, self._now):
            quiet.hand_over_shelving(last, draft)
        if service := last.maintenance_id is None and _runs(last.out_of_service_until, self._now):
            quiet.hand_over_service(last, draft)
        for each in closed:
            if shelved:
                quiet.unshelve(each)
            if service and each.maintenance_id is None:
                quiet.put_back(each)
        self._given_over += [each for each in closed if not each.new]

    def _say_inherited(self, draft: Draft, page: Page) -> None:
        """A new alarm that nobody hears says so."""
        for kind, until, reason, fr, en in (
            ("alarm.shelved", draft.shelved_until, draft.shelved_reason, "Reste en veille", "Still shelved"),
            ("alarm.out_of_service", draft.out_of_service_until, draft.out_of_service_reason,
             "Reste hors service", "Still out of service"),
        ):  # fmt: skip
            if until is None:
                continue
            end_fr, end_en = until_words(until, self._survey.site.timezone)
            fr = f"{fr} jusqu'au {end_fr} ({reason[:120]}) : {draft.sentence_fr}"
            en = f"{en} until {end_en} ({reason[:120]}): {draft.sentence_en}"
            details = {"until": until.isoformat(), "reason": reason}
            draft.tell(page, Line(kind, self._now, fr[:600], en[:600], [("alarm", draft.id)], details=details))


@lru_cache(maxsize=4096)
def _text(at: int) -> str:
    return instant(at).isoformat()


def _runs(until: dt.datetime | None, now: dt.datetime) -> bool:
    return until is not None and until > now


def lock_open(site: int) -> None:
    """Lock every open alarm of a site, in order of id: before a reconciliation, which may move any of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM alarms_alarm WHERE site_id = %s AND is_open ORDER BY id FOR NO KEY UPDATE", [site])


def orphans(site: int, standing: set[tuple[int, str]]) -> list[Alarm]:
    """The alarms of a site, locked already, that are in alarm here while the engine, after a replay, does not hold them:
    their rule or subject is gone, or the condition ended while nobody watched. `standing` is the engine's (rule, subject).
    """
    alarms = Alarm.objects.filter(site_id=site, is_open=True).exclude(state=RETURNED)
    return [alarm for alarm in alarms.order_by("id") if (alarm.rule_id, alarm.subject) not in standing]


def close_orphans(alarms: list[Alarm], page: Page, now: dt.datetime, running: Collection[int]) -> None:
    """Clear them as the engine would have, and say that it was the reconciliation.

    `running` are the ids of the versions that run; of the alarm of another version nobody can say that the field is well.
    """
    for alarm in alarms:
        unheard = "" if alarm.suppressed_by_id is None else "suppressed"  # it is not critical, or it would not be suppressed
        alarm.state = after(alarm.state, "clear", latched=alarm.latched, unheard=unheard)
        alarm.returned_at, alarm.eased_to = now, None
        alarm.closed_at = now if alarm.state == NORMAL else None
        fr, en = "Retour à la normale", "Back to normal"
        if alarm.version_id not in running:
            fr, en = "Levée, sa règle a changé ou est retirée", "Ended, its rule has changed or is retired"
        fr, en = f"{fr} : {alarm.sentence_fr}", f"{en}: {alarm.sentence_en}"
        alarm.seq = page.write(Line("alarm.returned", now, fr, en, [("alarm", alarm.id)], details={"by": "reconciliation"}))
    Alarm.objects.bulk_update(alarms, ["state", "eased_to", "returned_at", "closed_at", "seq"], batch_size=1000)
