"""Webhooks that are signed: taken by their signature, once, and by nothing that only looks like one."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from assets import log
from assets.feeds import signature
from assets.feeds.forms.mapped import compiled
from assets.feeds.mapping import BadMapping
from assets.feeds.signature import NotSigned, proof_of
from hypervisor.pages.workbench import DOTS, masked, unmasked
from tests.feeds.city import Pusher, make_feed

READS = {"address": "lamp-{$.device}", "value": "power"}
NO_TOKEN = {"authorization": ""}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # that of the standard's own example
STANDARD = {"signature": {"type": "standard", "secret": SECRET}}
GITHUB = {"signature": {
    "type": "hmac", "secret": "It's a Secret to Everybody", "header": "X-Hub-Signature-256", "prefix": "sha256=",
    "number": "X-GitHub-Delivery",
}}  # fmt: skip


def test_the_example_of_the_standard_and_that_of_github_are_right() -> None:
    """Of standard-webhooks' libraries (MIT), and of GitHub's documentation of webhooks."""
    proof_of(STANDARD).check(
        {
            b"webhook-id": b"msg_p5jXN8AQM9LWM0D4loKWxJek", b"webhook-timestamp": b"1614265330",
            b"webhook-signature": b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}', 1614265330,
    )  # fmt: skip
    said = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    proof_of(GITHUB).check({b"x-hub-signature-256": said}, b"Hello, World!", 0)


def standard(body: bytes, *, at: float | None = None, number: str = "msg_1", version: str = "v1") -> dict[str, str]:
    when = str(int(time.time() if at is None else at))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    made = base64.b64encode(hmac.digest(key, f"{number}.{when}.".encode() + body, "sha256")).decode()
    return {"webhook-id": number, "webhook-timestamp": when, "webhook-signature": f"v1a,x {version},{made}"}


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"}, {"webhook-id": ""}, {"webhook-id": "x" * 300}, {"webhook-timestamp": "0"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "９"}, {"webhook-timestamp": "1e9"}, {"webhook-timestamp": "9" * 12}, {"webhook-signature": ""},
        {"webhook-signature": "v1,"}, {"webhook-signature": "v1," + "A" * 44}, {"webhook-signature": "é" * 5000},
    ],
)  # fmt: skip
def test_what_only_looks_signed_is_not(change: dict[str, str]) -> None:
    body = b"{}"
    said = {name.encode(): value.encode("utf-8") for name, value in (standard(body) | change).items()}
    with pytest.raises(NotSigned):
        proof_of(STANDARD).check(said, body, time.time())


@pytest.mark.parametrize("off", [-301, 301])
def test_a_message_of_long_ago_or_of_the_future_is_refused(off: int) -> None:
    body = b"{}"
    said = {name.encode(): value.encode() for name, value in standard(body, at=1_000_000 + off).items()}
    with pytest.raises(NotSigned, match="300 seconds"):
        proof_of(STANDARD).check(said, body, 1_000_000)


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ({"type": "standard", "secret": "whsec_é"}, "Base64"), ({"type": "standard", "secret": "whsec_AAAA"}, "16 bytes"),
        ({"type": "hmac", "secret": "short", "header": "X-S"}, "16 bytes"),
        ({"type": "hmac", "secret": "x" * 20, "header": ""}, "header"),
        ({"type": "hmac", "secret": "x" * 20, "header": "a b"}, "header"),
        ({"type": "hmac", "secret": "x" * 20, "header": "A", "hash": "md5"}, "hash"), ({"type": "none"}, "none"),
        ("secret", "object"),
    ],
)  # fmt: skip
def test_what_cannot_prove_anything_is_no_mapping(way: object, why: str) -> None:
    with pytest.raises(BadMapping, match=why):
        compiled(READS | {"signature": way})
    with pytest.raises(BadMapping, match=why):
        proof_of({"signature": way})


def test_a_secret_is_shown_as_dots_and_kept_when_the_dots_come_back() -> None:
    shown = masked(GITHUB)
    assert shown["signature"] == GITHUB["signature"] | {"secret": DOTS}
    assert unmasked(shown, GITHUB) == GITHUB


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey")
def test_a_signed_message_is_taken_once_without_a_token_and_others_are_not(supervisor: Pusher) -> None:
    feed = make_feed("lamps", mapping=READS | STANDARD)
    body = json.dumps({"device": 1, "power": 71.5}).encode()

    def send(content: bytes, headers: dict[str, str]) -> tuple[int, dict]:
        answer = supervisor.push(content, slug="lamps", noun="messages", headers=headers | NO_TOKEN)
        return answer.status, answer.body

    signed = standard(body)
    assert [send(body, signed)[0] for _ in range(2)] == [202, 202]
    assert send(body.replace(b"71.5", b"99.9"), signed)[0] == 401
    assert send(body, {})[0] == 401
    assert send(body, standard(body, at=0))[0] == 401
    status, said = send(b"{", standard(b"{", number="msg_3"))
    assert (status, "truncated" in said["detail"]) == (422, True)
    entries = log.shared().read(feed.supervisor.site_id, "0", 10, 1)
    assert [entry.opened().readings.value.tolist() for entry in entries if entry.opened().readings is not None] == [[71.5]]
    with_token = supervisor.push(body, slug="lamps", noun="messages")
    assert with_token.status == 202, "the feed's own token still opens it"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey")
def test_what_is_not_signed_is_refused_before_its_body_is_read(supervisor: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    make_feed("lamps", mapping=READS | GITHUB)
    monkeypatch.setattr(signature.Proof, "check", lambda *_: pytest.fail("nothing is to be checked"))
    answer = supervisor.push(b"x" * 5_000_000, slug="lamps", noun="messages", headers=NO_TOKEN)
    assert answer.status == 401


def test_another_secret_gives_another_signature() -> None:
    body = b"{}"
    said = {b"x-hub-signature-256": b"sha256=" + hmac.digest(b"It's a Secret to Somebody", body, hashlib.sha256).hex().encode()}
    with pytest.raises(NotSigned, match="X-Hub-Signature-256"):
        proof_of(GITHUB).check(said, body, 0)
