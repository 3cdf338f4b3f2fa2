"""One sample of every evidence struct, for the screens' tests under Node: made from the structs, so that they cannot drift."""

import json
import os
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from alarms.engine.evidence import (
    AnomalyEvidence,
    CalendarEvidence,
    ConditionEvidence,
    CountEvidence,
    Evidence,
    ForecastEvidence,
    Member,
    MissingEvidence,
    RateEvidence,
    RuleSetAsideEvidence,
    Seen,
    SequenceEvidence,
    SetAsideEvidence,
    SilenceEvidence,
    StateEvidence,
    TermSeen,
    ThresholdEvidence,
)
from alarms.engine.wording import Bilingual

COMMITTED = Path(__file__).resolve().parents[2] / "static" / "js" / "tests" / "evidence.json"
REFRESH = "VIGIE_REFRESH=1 .venv/bin/python -m pytest -q tests/pages/test_why_samples.py"
SECOND, MINUTE = 1_000_000, 60_000_000
AT = 1_790_000_000_000_000
"""2026-09-21 14:13:20 UTC."""
FIRE = Bilingual(fr="porte forcée", en="door forced")
SMOKE = Bilingual(fr="fumée détectée", en="smoke detected")
SEEN, THEN = Seen(FIRE, "asset:7", 7, AT - 5 * MINUTE), Seen(SMOKE, "asset:8", 8, AT)
RISING = {"value_at": AT, "first_at": AT - 2 * MINUTE, "delay": 2 * MINUTE}
MEMBERS = tuple(Member(f"asset:{n}", n, AT - n * SECOND) for n in range(1, 16))

SAMPLES: list[Evidence] = [
    ThresholdEvidence("above", 2.63, AT, 2.5, 2.52, AT - 2 * MINUTE, 2 * MINUTE, 0.1),
    StateEvidence(3.0, AT, (3.0, 4.0), 3.0, AT - 2 * MINUTE, 2 * MINUTE),
    SilenceEvidence("asset", AT, 15 * MINUTE, 5 * MINUTE, 3.0, 4),
    RateEvidence(
        "above", value=0.8, limit=0.5, first_value=0.55, deadband=0.1, window=30 * MINUTE, reading=1.9, samples=31, **RISING
    ),
    ForecastEvidence(
        "above", value=2.7, limit=2.5, first_value=2.51, deadband=0.1, window=30 * MINUTE, within=60 * MINUTE, level=1.9,
        slope=0.8, reached_at=AT + 45 * MINUTE, **RISING,
    ),
    AnomalyEvidence(
        "both", value=6.2, limit=4.0, first_value=4.5, deadband=1.0, reading=31.0, median=12.5, deviation=3.0, low=5.0,
        high=21.5, weeks=8, samples=168, **RISING
    ),
    ConditionEvidence(
        (
            TermSeen(FIRE, "asset", True, 21, 1.0, AT - 2 * MINUTE),
            TermSeen(SMOKE, "parent", False, 22, 0.0, AT - 9 * MINUTE),
            TermSeen(SMOKE, "asset", None, None, None, None),
        ),
        AT - 2 * MINUTE,
        0,
    ),
    CountEvidence(FIRE, "sector", 40, 10, 10 * MINUTE, MEMBERS, 40),
    SequenceEvidence(SEEN, THEN, "asset", 10 * MINUTE, AT + 10 * MINUTE),
    MissingEvidence(SEEN, SMOKE, "asset", 10 * MINUTE, None),
    CalendarEvidence(AT, AT + 600 * MINUTE),
    SetAsideEvidence(2, 41, "1789999999000-0", "ValueError", AT),
    RuleSetAsideEvidence(3, "ValueError", AT),
]  # fmt: skip


def test_every_kind_of_evidence_has_a_sample():
    assert {type(sample) for sample in SAMPLES} == set(get_args(Evidence))


def test_the_committed_samples_are_those_of_the_structs():
    made = {sample.__struct_config__.tag: msgspec.to_builtins(sample) for sample in SAMPLES}
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("VIGIE_REFRESH"):
        COMMITTED.write_text(text, "utf-8")
    if COMMITTED.read_text("utf-8") != text:
        pytest.fail(f"the evidence of the engine changed: look whether Pourquoi ? still says it, then\n    {REFRESH}")


def test_the_words_for_the_screens_tests_are_those_of_the_screens():
    """`words.json` holds what Pourquoi ? says in both languages."""
    from django.utils.translation import override

    from hypervisor.pages.words import words

    made = {}
    for language in ("fr", "en"):
        with override(language):
            made[language] = {key: text for key, text in words().items() if key.startswith(("why.", "severity."))}
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    path = COMMITTED.with_name("words.json")
    if os.environ.get("VIGIE_REFRESH"):
        path.write_text(text, "utf-8")
    if path.read_text("utf-8") != text:
        pytest.fail(f"the words of Pourquoi ? changed:\n    {REFRESH}")
