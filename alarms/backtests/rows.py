"""The one shape of a backtest, and of an alarm that would have been, wherever they are shown."""

from collections.abc import Iterable

from alarms.models import Backtest, WouldBeAlarm
from alarms.rows import SEVERITY_NAMES, time_text


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
