"""What the engine's transitions do to alarms: thousands at once, in the correlator's transaction, in a few statements."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec
from django.db import connection

from alarms.engine.sentence import sentence
from alarms.engine.transitions import Transition
from alarms.journal import Line, Page
from alarms.lifecycle.table import NORMAL, RETURNED, after
from alarms.models import Alarm, Severity
from alarms.survey import Subject, Survey
from assets.instants import instant

RANK = {severity.label: severity.value for severity in Severity}
"""Severity as stored: 1 is the worst."""


@dataclasses.dataclass(slots=True)
class Draft:
    """An open alarm while a batch of transitions goes over it; columns as in Alarm."""

    id: int
    rule_id: int
    subject: str
    state: str
    severity: int
    latched: bool
    sentence_fr: str
    sentence_en: str
    version_id: int
    evidence: str
    raised_at: dt.datetime
    returned_at: dt.datetime | None
    closed_at: dt.datetime | None
    occurrences: int
    seq: int
    new: bool = False
    learned_at: dt.datetime | None = None
    names: Subject | None = None
    shelved: tuple[dt.datetime | None, str] = (None, "")
    out_of_service: tuple[dt.datetime | None, str] = (None, "")


def subject_key(transition: Transition) -> str:
    return f"{transition.subject_kind}:{transition.subject}"


class Verdicts:
    """One batch of transitions applied to a site's alarms. Use: `lock`, open the journal's page, `write`."""

    def __init__(self, survey: Survey, transitions: Sequence[Transition], now: dt.datetime) -> None:
        self._survey = survey
        self._transitions = [each for each in transitions if each.rule in survey.rules]
        self._now = now
        self._drafts: dict[tuple[int, str], Draft] = {}
        self._touched: dict[int, Draft] = {}

    def lock(self) -> None:
        """Lock the open alarms these transitions speak of, in order of id, as everyone who locks several does."""
        keys = {(self._survey.rules[each.rule].rule, subject_key(each)) for each in self._transitions}
        rules, subjects = [rule for rule, _ in keys], [subject for _, subject in keys]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.id, a.rule_id, a.subject, a.state, a.severity, a.latched, a.sentence_fr, a.sentence_en, "
                "a.version_id, a.evidence::text, a.raised_at, a.returned_at, a.closed_at, a.occurrences, a.seq "
                "FROM alarms_alarm a JOIN unnest(%s::bigint[], %s::text[]) AS k (rule, subject) "
                "ON a.rule_id = k.rule AND a.subject = k.subject "
                "WHERE a.state <> 'normal' ORDER BY a.id FOR UPDATE OF a",
                [rules, subjects],
            )
            for row in cursor.fetchall():
                self._drafts[row[1], row[2]] = Draft(*row)
            self._set_aside = self._flags(cursor, rules, subjects)

    @staticmethod
    def _flags(cursor, rules: list[int], subjects: list[str]) -> dict[tuple[int, str], tuple]:
        """Shelvings and out-of-service periods of closed alarms that still run: a new occurrence inherits them."""
        cursor.execute(
            "SELECT DISTINCT ON (a.rule_id, a.subject) a.rule_id, a.subject, a.shelved_until, a.shelved_reason, "
            "a.out_of_service_until, a.out_of_service_reason "
            "FROM alarms_alarm a JOIN unnest(%s::bigint[], %s::text[]) AS k (rule, subject) "
            "ON a.rule_id = k.rule AND a.subject = k.subject "
            "WHERE a.state = 'normal' AND (a.shelved_until IS NOT NULL OR a.out_of_service_until IS NOT NULL) "
            "ORDER BY a.rule_id, a.subject, a.id DESC",
            [rules, subjects],
        )
        return {(rule, subject): flags for rule, subject, *flags in cursor.fetchall()}

    def write(self, page: Page) -> None:
        """Apply every transition in order, journal it, then store all the alarms that moved."""
        ids = self._reserve_ids()
        for transition in self._transitions:
            self._apply(transition, page, ids)
        drafts = self._touched.values()
        self._insert([draft for draft in drafts if draft.new])
        self._update([draft for draft in drafts if not draft.new])

    def _reserve_ids(self) -> Iterable[int]:
        raises = sum(each.kind == "raise" for each in self._transitions)
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('alarms_alarm', 'id')) FROM generate_series(1, %s)", [raises])
            return iter([id_ for (id_,) in cursor.fetchall()])

    def _apply(self, transition: Transition, page: Page, ids: Iterable[int]) -> None:
        rule = self._survey.rules[transition.rule]
        key = (rule.rule, subject_key(transition))
        draft = self._drafts.get(key)
        if transition.kind == "raise":
            if draft is None:
                draft = self._drafts[key] = self._new(next(ids), key, transition)
                kind, move = "alarm.raised", "raise"
            elif draft.state == RETURNED:
                draft.occurrences += 1
                kind, move = "alarm.raised", "raise"
            elif draft.severity == RANK[transition.severity]:
                return  # known already: an engine built anew found again what was open
            else:
                worse = RANK[transition.severity] < draft.severity
                kind, move = "alarm.severity", "worsen" if worse else "ease"
        elif draft is None:
            return  # cleared or changed here while the database has it closed: nothing is open, nothing to tell
        elif transition.kind == "clear":
            kind, move = "alarm.returned", "clear"
        else:
            worse = RANK[transition.severity] < draft.severity
            kind, move = "alarm.severity", "worsen" if worse else "ease"
            if draft.state == RETURNED:
                move = "raise"
        self._move(draft, transition, kind, move, page)
        if draft.state == NORMAL:
            del self._drafts[key]

    def _move(self, draft: Draft, transition: Transition, kind: str, move: str, page: Page) -> None:
        draft.state = after(draft.state, move, latched=draft.latched)
        draft.version_id = transition.rule
        if move == "clear":
            draft.returned_at = instant(transition.at)
            if transition.past:
                draft.state = NORMAL
            if draft.state == NORMAL:
                draft.closed_at = self._now
            fr, en = f"Retour à la normale : {draft.sentence_fr}", f"Back to normal: {draft.sentence_en}"
        else:
            draft.severity = RANK[transition.severity]
            draft.returned_at = None
            draft.evidence = msgspec.json.encode(transition.evidence).decode()
            named = self._survey.subjects.of(transition.subject_kind, transition.subject).named
            told = sentence(transition, named, self._survey.rules[transition.rule].spec.message)
            fr, en = (text[:400] for text in told)
            draft.sentence_fr, draft.sentence_en = fr, en
        if transition.past:
            kind, fr, en = f"{kind}_past", f"Appris après coup — {fr}", f"Learned afterwards — {en}"
        details = {
            "severity": transition.severity,
            "at": instant(transition.at).isoformat(),
            "evidence": msgspec.to_builtins(transition.evidence),
        }
        draft.seq = page.write(Line(kind, self._now, fr, en, draft.id, details=details))
        self._touched[draft.id] = draft

    def _new(self, id_: int, key: tuple[int, str], transition: Transition) -> Draft:
        shelved_until, shelved_reason, service_until, service_reason = self._set_aside.get(key, (None, "", None, ""))
        shelved = (shelved_until, shelved_reason) if shelved_until and shelved_until > self._now else (None, "")
        out = (service_until, service_reason) if service_until and service_until > self._now else (None, "")
        return Draft(
            id=id_, rule_id=key[0], subject=key[1], state=NORMAL, severity=RANK[transition.severity], latched=False,
            sentence_fr="", sentence_en="", version_id=transition.rule, evidence="{}", raised_at=instant(transition.at),
            returned_at=None, closed_at=None, occurrences=1, seq=0, new=True, learned_at=instant(transition.learned),
            names=self._survey.subjects.of(transition.subject_kind, transition.subject), shelved=shelved, out_of_service=out,
        )  # fmt: skip

    def _insert(self, drafts: list[Draft]) -> None:
        if not drafts:
            return
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY alarms_alarm (id, site_id, rule_id, version_id, subject, point_id, asset_id, feed_id, sector_id, severity, "
                "state, latched, sentence_fr, sentence_en, evidence, raised_at, learned_at, returned_at, closed_at, "
                "shelved_until, shelved_reason, out_of_service_until, out_of_service_reason, comments, occurrences, seq, cause, raises, "
                "chattering) "
                "FROM STDIN"
            ) as copy,
        ):
            for draft in drafts:
                names = draft.names
                copy.write_row((
                    draft.id, self._survey.site.id, draft.rule_id, draft.version_id, draft.subject, names.point, names.asset,
                    names.feed, names.sector, draft.severity, draft.state, draft.latched, draft.sentence_fr, draft.sentence_en,
                    draft.evidence, draft.raised_at, draft.learned_at, draft.returned_at, draft.closed_at, *draft.shelved,
                    *draft.out_of_service, 0, draft.occurrences, draft.seq, False, [], False,
                ))  # fmt: skip

    @staticmethod
    def _update(drafts: list[Draft]) -> None:
        if not drafts:
            return
        columns = (
            "id", "state", "severity", "sentence_fr", "sentence_en", "version_id", "evidence", "returned_at", "closed_at",
            "occurrences", "seq",
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE alarms_alarm a SET state = n.state, severity = n.severity, sentence_fr = n.sentence_fr, "
                "sentence_en = n.sentence_en, version_id = n.version_id, evidence = n.evidence::jsonb, "
                "returned_at = n.returned_at, closed_at = n.closed_at, occurrences = n.occurrences, seq = n.seq "
                "FROM unnest(%s::bigint[], %s::text[], %s::smallint[], %s::text[], %s::text[], %s::bigint[], %s::text[], "
                "%s::timestamptz[], %s::timestamptz[], %s::int[], %s::bigint[]) AS n (" + ", ".join(columns) + ") "
                "WHERE a.id = n.id",
                [[getattr(draft, column) for draft in drafts] for column in columns],
            )


def orphans(site: int, standing: set[tuple[int, str]]) -> list[Alarm]:
    """Lock and return the alarms of a site that are in alarm here while the engine, after a replay, does not hold them:
    their rule or subject is gone, or the condition ended while nobody watched. `standing` is the engine's (rule, subject).
    """
    alarms = Alarm.objects.select_for_update(of=("self",)).filter(site_id=site).exclude(state__in=[NORMAL, RETURNED])
    return [alarm for alarm in alarms.order_by("id") if (alarm.rule_id, alarm.subject) not in standing]


def close_orphans(alarms: list[Alarm], page: Page, now: dt.datetime) -> None:
    """Clear them as the engine would have, and say that it was the reconciliation."""
    for alarm in alarms:
        alarm.state = after(alarm.state, "clear", latched=alarm.latched)
        alarm.returned_at = now
        alarm.closed_at = now if alarm.state == NORMAL else None
        fr, en = f"Retour à la normale : {alarm.sentence_fr}", f"Back to normal: {alarm.sentence_en}"
        alarm.seq = page.write(Line("alarm.returned", now, fr, en, alarm.id, details={"by": "reconciliation"}))
        alarm.save(update_fields=["state", "returned_at", "closed_at", "seq"])
