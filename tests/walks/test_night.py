"""One night, end to end: flood, escalation, procedure, command, work order, return, closing, hand-over, signature, paper."""

import pytest

from tests.pages.test_on_paper import conforms, text_of
from tests.walks.alone import run


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_night_from_the_flood_to_the_printed_report(tmp_path):
    outcome, logs = run("night", str(tmp_path))
    assert outcome.pop("third") == "", "nobody else is told once the second has acknowledged"
    assert outcome == {
        "orders": 1, "acknowledged by": ["bob"], "run": "done", "command": ["confirmed", 1.0], "order": ["closed", True],
        "incident": True, "hand-over": "zoe", "skipped by": "ana", "flaws": [],
    }, logs  # fmt: skip
    said = {
        "daylog.pdf": ("quai déjà évacué", "Pompe noyée", "Vérifiée", "décrue"),
        "handover.pdf": ("CR-1 réparée, surveiller.",),
    }
    for name, words in said.items():
        content = (tmp_path / name).read_bytes()
        conforms(content)
        assert [word for word in words if word not in text_of(content)] == [], name
