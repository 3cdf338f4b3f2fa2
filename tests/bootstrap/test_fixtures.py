"""The fixtures themselves: a broken one must not show up as a failure of everything else."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_database_is_postgresql_18_and_a_test_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('server_version_num')::int / 10000")
        name, version = cursor.fetchone()
    assert name.startswith("test_vigie")  # each process of a run has its own: test_vigie_gw0
    assert version == 18


def test_valkey_answers_and_starts_empty(valkey):
    assert valkey.dbsize() == 0
    valkey.set("left", "behind")


def test_valkey_holds_nothing_of_another_test(valkey):
    assert valkey.dbsize() == 0
    valkey.set("left", "behind")


def test_the_broker_takes_a_message(mosquitto, wait_until):
    import paho.mqtt.client as mqtt

    port = int(mosquitto.rpartition(":")[2])
    got: list[bytes] = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, *_: client.subscribe("city/#", qos=1)
    client.on_subscribe = lambda client, *_: client.publish("city/lamp", b"on", qos=1)
    client.on_message = lambda client, _, message: got.append(message.payload)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        wait_until(lambda: got == [b"on"])
    finally:
        client.loop_stop()
        client.disconnect()


def test_the_browser_runs_a_page(page):
    page.set_content("<button onclick=\"this.textContent = 'vu'\">voir</button>")
    page.get_by_role("button").click()
    assert page.get_by_role("button").inner_text() == "vu"
