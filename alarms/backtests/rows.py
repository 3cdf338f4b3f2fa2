"""A would-be alarm as it is stored, and the one shape that it and its backtest have wherever they are shown."""

from collections.abc import Iterable

import msgspec

from alarms.backtests.wouldbe import WouldBe
from alarms.engine.sentence import sentence
from alarms.models import SEVERITY_NAMES, SEVERITY_NUMBERS, Backtest, WouldBeAlarm
from alarms.site.survey import Survey
from assets.instants import instant
from journal.rows import time_text


def stored(seen: Survey, alarm: WouldBe, of: str, **more: object) -> WouldBeAlarm:
    """Not saved yet; with the sentence it would have said."""
    raised = alarm.raised
    subject = seen.subjects.of(raised.subject_kind, raised.subject)
    named = seen.subjects.of_move(raised.subject_kind, raised.subject, raised.evidence)
    fr, en = sentence(raised, named, seen.rules[raised.rule].spec.message)
    return WouldBeAlarm(
        of=of, subject=alarm.subject, asset_id=subject.asset, severity=SEVERITY_NUMBERS[alarm.severity],
        raised_at=instant(alarm.at), cleared_at=None if alarm.cleared_at is None else instant(alarm.cleared_at),
        sentence_fr=fr[:400], sentence_en=en[:400], evidence=msgspec.to_builtins(raised.evidence), **more,
    )  # fmt: skip


def backtest_rows(backtests: Iterable[Backtest]) -> list[dict[str, object]]:
    return [
        {
            "id": each.pk, "rule": each.rule_id, "from": time_text(each.starts_at), "to": time_text(each.ends_at),
            "state": each.state, "progress": round(each.progress, 3), "readings": each.readings, "spec": each.spec,
            "against": each.against_id, "figures": each.figures, "message": each.message,
            "created_at": time_text(each.created_at), "finished_at": time_text(each.finished_at),
        }
        for each in backtests
    ]  # fmt: skip


def would_be_rows(alarms: Iterable[WouldBeAlarm]) -> list[dict[str, object]]:
    return [
        {
            "id": each.pk, "of": each.of, "alone": each.alone, "subject": each.subject, "severity": SEVERITY_NAMES[each.severity],
            "asset": None if each.asset is None else {"id": each.asset_id, "code": each.asset.code, "name": each.asset.name},
            "raised_at": time_text(each.raised_at), "cleared_at": time_text(each.cleared_at),
            "sentence": {"fr": each.sentence_fr, "en": each.sentence_en}, "evidence": each.evidence,
        }
        for each in alarms
    ]  # fmt: skip
