"""PostgreSQL and Valkey are killed and started again under people's requests: no answer is an error of ours."""

import pytest

from tests.walks.alone import run


@pytest.mark.timeout(300)
def test_while_an_engine_is_away_every_request_is_told_when_to_come_back():
    outcome, logs = run("away")
    answers = [tuple(answer) for answer in outcome["answers"]]
    assert {status for _, status, _, _ in answers} == {200, 503}, logs
    away = [answer for answer in answers if answer[1] == 503]
    assert {after for _, _, after, _ in away} == {"2"}
    kinds = {(address.split()[1].startswith("/api/"), kind) for address, _, _, kind in away}
    assert kinds == {(True, "application/problem+json"), (False, "text/html; charset=utf-8")}
