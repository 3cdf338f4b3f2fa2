"""Whatever readings, operators, rules, causes, maintenance and restarts do to each other: the alarms are those of the readings.

Hypothesis plays a small town against the correlator and PostgreSQL; after each step what is stored is held against a naive model.
"""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.alarms.town import Town
from tests.alarms.town_clock import NOW
from tests.factories import make_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(valkey, monkeypatch):
    from alarms.correlation import correlator

    monkeypatch.setattr(correlator, "now_us", NOW)
    monkeypatch.setattr(correlator, "IDLE_MS", 1)
    monkeypatch.setattr(correlator, "STAMP_PERIOD", 1e9)  # rules and inventory are looked at when the town says so
    make_kind("post")


def play(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Town,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


@pytest.mark.timeout(300)
def test_some_hundreds_of_steps_of_a_town_leave_the_alarms_of_its_readings(clock):
    play(10, 30)


@pytest.mark.slow
@pytest.mark.timeout(3600)  # with TOWNS=200, say
def test_more_steps_of_a_town_leave_the_alarms_of_its_readings(clock):
    play(int(os.environ.get("TOWNS", "8")), 60)
