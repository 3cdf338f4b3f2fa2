"""Sirens over the interface: administrators of the whole site keep and try them, and health tells of one that is not reached."""

import datetime as dt

from django.utils import timezone

from response.models import Siren
from tests.response.sirens import make_siren

SIRENS = "/api/v1/sites/quai/sirens"
BODY = {
    "name": "Salle", "settings": {"protocol": "modbus", "host": "10.0.0.9"},
    "patterns": {"critical": {"sound": "fast", "lamp": "fast"}, "high": {"lamp": "slow"}},
}  # fmt: skip


def put(client, slug="salle", **told):
    return client.put(f"{SIRENS}/{slug}", BODY | told, content_type="application/json")


def test_administrators_of_the_whole_site_alone_keep_and_try_them(city, valkey):
    made = put(city.client("administrator"))
    assert made.status_code == 200, made.content
    id_ = made.json()["id"]
    assert made.json()["patterns"] == {"critical": {"sound": "fast", "lamp": "fast"}, "high": {"sound": "off", "lamp": "slow"}}
    for name in ("operator", "shift_supervisor", "auditor", "nord_admin"):
        client = city.client(name)
        asked = [put(client), client.get(SIRENS), client.delete(f"{SIRENS}/salle"), client.post(f"/api/v1/sirens/{id_}/test")]
        assert [each.status_code for each in asked] == [403] * 4, name
        assert client.get("/sites/quai/settings/siren").status_code == 403
    assert city.client("stranger").post(f"/api/v1/sirens/{id_}/test").status_code == 404
    assert city.client("administrator").post(f"/api/v1/sirens/{id_}/test").status_code == 200


def test_one_that_is_switched_off_is_not_tried_and_one_that_makes_no_sense_is_refused(city, valkey):
    client = city.client("administrator")
    id_ = put(client, enabled=False).json()["id"]
    assert client.post(f"/api/v1/sirens/{id_}/test").status_code == 409
    assert put(client, settings={"protocol": "modbus", "host": "x", "more": 1}).status_code == 422
    assert put(client, settings=[]).status_code == 422
    assert put(client, patterns={"critical": {"sound": "loud"}}).status_code == 422
    assert client.delete(f"{SIRENS}/salle").status_code == 204
    assert Siren.objects.count() == 0


def test_health_and_the_page_tell_of_one_that_is_not_reached(city, valkey):
    make_siren(city.site, 1502, now=timezone.now() - dt.timedelta(minutes=1))
    told = city.client("administrator").get("/health/ready").json()
    assert "sirens" in told["degraded"]
    assert told["sirens_lost"] == 1
    client = city.client("administrator")
    client.cookies["language"] = "fr"
    assert "injoignable" in client.get("/sites/quai/settings/siren").content.decode()
