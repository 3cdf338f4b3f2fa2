"""Alarms over MQTT, against a real broker: what it retains is what is open, whoever was away."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from django.db import connection
from django.utils import timezone
from paho.mqtt.enums import CallbackAPIVersion

from alarms import lifecycle
from alarms.models import Alarm, Severity
from alarms.publication import following
from journal import followers, live
from journal.actors import Actor
from tests.factories import make_alarm, make_asset, make_rule, make_site
from tests.feeds.broker import Broker

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


class Board:
    """Somebody who subscribes, and keeps what each topic said last."""

    def __init__(self, port):
        self.topics = {}
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_connect(self, client, *_said):
        self.topics.clear()
        client.subscribe("vigie/#", qos=1)

    def _on_message(self, client, data, message):
        if message.payload:
            self.topics[message.topic] = message.payload.decode()
        else:
            self.topics.pop(message.topic, None)

    def states(self):
        told = dict(self.topics)
        return {int(topic.rpartition("/")[2]): json.loads(row)["state"] for topic, row in told.items() if "/alarms/" in topic}

    def summary(self):
        return json.loads(self.topics.get("vigie/quai/summary", "{}"))

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def broker(tmp_path, free_port, wait_until, settings):
    made = Broker(tmp_path, free_port(), wait_until)
    settings.MQTT_OUT_URL = made.url
    yield made
    following.let_go()
    made.stop()


@pytest.fixture
def board(broker):
    """board(): a subscriber that comes now."""
    made = []

    def come():
        made.append(Board(broker.port))
        return made[-1]

    yield come
    for each in made:
        each.close()


@pytest.fixture
def site(valkey):
    return make_site()


@pytest.fixture
def alarms(site):
    rule = make_rule(site)
    return [make_alarm(rule, make_asset(site, f"J-{n}"), severity=Severity.HIGH, state="unacknowledged") for n in range(3)]


def follow(site, now=None):
    """Let it go on as far as it can, as the process that follows does; the number it reached."""
    (follower,) = following.of_site(site.pk)
    now, last = now or timezone.now(), live.state(site.pk)
    reached = followers.bookmark(follower, now)
    while reached < last or follower.restless(now):
        before, reached = reached, follower.deal(reached, last, now)
        if before == reached:
            break
    return reached


def acknowledge(alarm):
    lifecycle.acknowledge([alarm.pk], by=Actor("token", "tickets"), now=timezone.now())


def returned(alarm):
    """It is back to normal, and an acknowledgement will close it."""
    Alarm.objects.filter(pk=alarm.pk).update(state="returned", returned_at=timezone.now())


def test_nobody_is_told_when_no_broker_is_named(site, settings):
    settings.MQTT_OUT_URL = ""
    assert following.of_site(site.pk) == []


def test_whoever_comes_hears_what_is_open_then_each_change_and_nothing_of_what_closed(site, alarms, board, wait_until):
    one, two, three = (alarm.pk for alarm in alarms)
    follow(site)
    late = board()
    wait_until(lambda: late.states() == dict.fromkeys((one, two, three), "unacknowledged"))
    wait_until(lambda: late.topics["vigie/quai/status"] == "online")
    row = json.loads(late.topics[f"vigie/quai/alarms/{one}"])
    assert (row["severity"], row["asset"]["code"], row["sentence"]["fr"]) == ("high", "J-0", alarms[0].sentence_fr)
    assert late.summary() == {
        "in_view": {"critical": 0, "high": 3, "medium": 0, "low": 0}, "unacknowledged": 3, "silent": 0,
    }  # fmt: skip
    acknowledge(alarms[0])
    returned(alarms[1])
    acknowledge(alarms[1])
    assert follow(site) == live.state(site.pk)
    wait_until(lambda: late.states() == {one: "acknowledged", three: "unacknowledged"})
    wait_until(lambda: late.summary()["unacknowledged"] == 1)
    later = board()
    wait_until(lambda: later.states() == late.states())
    assert later.summary() == late.summary()


def test_a_broker_that_was_away_and_forgot_is_told_all_again_and_in_the_end_nothing_is_stale(
    site, alarms, broker, board, wait_until, tmp_path, caplog
):
    one, _two, three = (alarm.pk for alarm in alarms)
    follow(site)
    watching = board()
    wait_until(lambda: len(watching.states()) == 3)
    broker.stop()
    acknowledge(alarms[0])
    returned(alarms[1])
    acknowledge(alarms[1])
    before = live.state(site.pk) - 2
    (follower,) = following.of_site(site.pk)
    wait_until(lambda: follower.restless(timezone.now()))
    soon = timezone.now() + dt.timedelta(seconds=5)
    for now in (None, None, soon):  # it finds the broker gone, waits a second, and finds nobody
        assert follow(site, now) == before
    assert caplog.text.count("are not published over MQTT") == 1
    (tmp_path / "mosquitto.db").unlink(missing_ok=True)
    broker.start()
    assert follow(site, soon + dt.timedelta(seconds=5)) == live.state(site.pk)
    wait_until(lambda: watching.states() == {one: "acknowledged", three: "unacknowledged"})
    assert "are published over MQTT again" in caplog.text


def test_a_process_that_is_killed_is_offline_and_the_next_one_goes_on(site, alarms, broker, board, wait_until):
    given = urlsplit(os.environ["DATABASE_URL"])
    database = given._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {**os.environ, "DATABASE_URL": database, "VIGIE_MQTT_OUT_URL": broker.url, "VIGIE_DEBUG": "1"}
    process = subprocess.Popen([sys.executable, "manage.py", "follow"], cwd=ROOT, env=environment)
    watching = board()
    try:
        wait_until(lambda: watching.topics.get("vigie/quai/status") == "online", 60)
        assert len(watching.states()) == 3, "it was told although no line was new"
        acknowledge(alarms[0])
        wait_until(lambda: watching.states()[alarms[0].pk] == "acknowledged")
    finally:
        process.kill()
        process.wait(10)
    wait_until(lambda: watching.topics.get("vigie/quai/status") == "offline")
    acknowledge(alarms[1])
    wait_until(lambda: follow(site) == live.state(site.pk))
    wait_until(lambda: watching.states()[alarms[1].pk] == "acknowledged")
    assert watching.topics["vigie/quai/status"] == "online"
