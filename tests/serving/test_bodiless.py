"""An answer without a body has none on the wire: what follows on a kept connection is the next answer and nothing else."""

import pytest
from django.test import Client

from hypervisor.serving.bodiless import bodiless
from tests.factories import make_asset, make_sector, make_site, make_user

CHUNK = 65536
"""Bytes in which Django hands out a body; what comes after the first is what leaked."""


@pytest.fixture
def cookie(transactional_db):
    """The cookie of somebody whose site has enough of everything for long pages."""
    site = make_site()
    sector = make_sector(site)
    for number in range(300):
        make_asset(site, f"J-{number:03}", sector=sector, name=f"Jauge {number} " + "x" * 148, longitude=2.2 + number / 1e4)
    client = Client()
    client.force_login(make_user("chef", site, "administrator"))
    return f"sessionid={client.session.session_key}"


LONG = ["/api/schema/", "/sites/quai/assets", "/api/v1/assets?site=quai&limit=500", "/static/lib/plotly/plotly-cartesian.min.js"]
SHORT = ["/login/", "/nowhere", "/api/v1/nowhere", "/health/ready", "/tiles/quai/1/14/8294/5640.mvt", "/tiles/quai/key.json", "/"]


@pytest.mark.parametrize("address", LONG + SHORT)
def test_the_answer_after_one_to_head_is_the_next_one(cookie, dial, address):
    wire = dial()
    wire.send("HEAD", address, Cookie=cookie)
    head, told, _ = wire.answer(body=False)
    wire.send("GET", "/health/live")
    assert wire.answer()[2] == b'{"status":"alive"}'
    wire.send("GET", address, Cookie=cookie, Accept_Encoding="identity")
    status, headers, body = wire.answer()
    assert status == head
    if address in LONG:
        assert len(body) > CHUNK, "too short to tell"
        assert told["content-length"] == headers["content-length"]


def test_an_answer_that_was_not_modified_has_no_body_either(dial, served):
    wire = dial()
    wire.send("GET", LONG[-1], Accept_Encoding="identity")
    _, headers, _ = wire.answer()
    wire.send("GET", LONG[-1], Accept_Encoding="identity", If_Modified_Since=headers["last-modified"])
    assert wire.answer()[0] == 304
    wire.send("GET", "/health/live")
    assert wire.answer()[0] == 200


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("POST", 204)])
async def test_one_empty_body_is_told_whatever_the_application_has_to_say(method, status):
    async def talkative(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        for number in range(3):
            await send({"type": "http.response.body", "body": b"x" * 10, "more_body": number < 2})

    told = []

    async def send(message):
        told.append(message)

    await bodiless(talkative)({"type": "http", "method": method}, None, send)
    assert told[1:] == [{"type": "http.response.body", "body": b""}]
