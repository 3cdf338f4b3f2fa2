"""Tasks that nobody does: beat orders no more than a bound, and health says so."""

import json
import time
from pathlib import Path

import pytest
import redis
from django.test import Client

from assets.periodic import Report, Round
from hypervisor import backlog, beat
from hypervisor.celery import app

pytestmark = pytest.mark.django_db
READY = "/health/ready"


@pytest.fixture
def scheduler(tmp_path: Path, valkey: redis.Redis) -> beat.Scheduler:
    made = beat.Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
    yield made
    made.close()


def test_without_a_worker_beat_orders_no_more_than_a_bound(scheduler, valkey, monkeypatch):
    monkeypatch.setattr(backlog, "MOST", 5)
    entry = scheduler.schedule["sweep-deadlines"]
    for _ in range(9):
        scheduler.apply_entry(entry)
    assert backlog.length(valkey) == 5
    valkey.lpop(backlog.QUEUES[0], 3)  # a worker is back
    scheduler.apply_entry(entry)
    assert backlog.length(valkey) == 3


def test_the_scheduler_of_the_settings_is_this_one():
    assert app.conf.beat_scheduler == "hypervisor.beat:Scheduler"


def test_health_says_when_what_is_ordered_is_not_done(valkey):
    def told() -> dict[str, object]:
        return json.loads(Client().get(READY).content)

    assert "worker" not in told()["degraded"]
    valkey.rpush("celery", "a task")
    assert "worker" in told()["degraded"]
    assert told()["tasks_waiting"] == {"celery": 1, "long": 0, "commands": 0}
    with Round() as pieces:
        pieces.do("work", None, lambda: None)
    assert "worker" not in told()["degraded"]


def test_a_worker_that_is_far_behind_is_told_although_it_works(valkey, monkeypatch):
    monkeypatch.setattr(backlog, "MOST", 3)
    busy = [Report("work", "", time.time(), 0.1, 0.0, 0)]
    valkey.rpush("celery", "a", "b")
    assert not backlog.look(valkey, busy).stands
    valkey.rpush("celery", "c")
    assert backlog.look(valkey, busy).stands
