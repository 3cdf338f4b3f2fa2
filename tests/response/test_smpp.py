"""SMS over SMPP to a server that others wrote: sent, over TLS too, receipts that move the message, answers that acknowledge."""

import datetime as dt
import json
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.cache import cache

from hypervisor import answers
from journal.actors import Actor
from journal.models import JournalEntry
from response.models import Message
from response.notification import delivery, gateways, receipts
from response.notification.letters import Letter
from response.notification.sealed import fingerprint, seal
from response.notification.transports import smpp
from response.notification.transports.outcome import NotSent
from response.notification.transports.smpp import Smpp
from tests.factories import NOON
from tests.response.test_notification import Town

BY = Actor("person", "admin")
LETTER = Letter("0c1d", "Quai", "", "", "CRITIQUE Niveau élevé", "", True)
RECEIPT = "id:{id} sub:001 dlvrd:001 submit date:2603020000 done date:2603020001 stat:{stat} err:000 text:CRITIQUE"


class Smsc:
    """The server, what it says, and what it is to deliver."""

    def __init__(self, *files: str) -> None:
        command = ["node", str(Path(__file__).with_name("smsc.cjs")), *files]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.said()["port"]

    def said(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def queue(self, **told: object) -> None:
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        assert "queued" in self.said()

    def receipt(self, id_: str, stat: str) -> None:
        self.queue(esm_class=4, source_addr="33612345678", short_message=RECEIPT.format(id=id_, stat=stat))

    def answer(self, text: str, sender: str = "33612345678") -> None:
        self.queue(esm_class=0, source_addr=sender, destination_addr="38000", short_message=text)

    def settings(self, **told: object) -> dict:
        return {
            "protocol": "smpp", "host": "127.0.0.1", "port": self.port, "system_id": "vigie", "password": "s3cret",
            "sender": "38000", "receives": True, "allow_private_address": True, **told,
        }  # fmt: skip

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def smsc():
    server = Smsc()
    yield server
    server.end()


def server(smsc: Smsc, **told: object) -> Smpp:
    return Smpp("127.0.0.1", "vigie", "s3cret", "38000", smsc.port, allow_private_address=True, **told)


def test_a_server_takes_a_message_and_is_asked_for_a_receipt_only_where_somebody_receives(smsc):
    assert smpp.send(LETTER, "+33612345678", server(smsc), allow_private=True) == "4711"
    told = {"to": "33612345678", "text": "CRITIQUE Niveau élevé", "registered_delivery": 0, "id": "4711"}
    assert smsc.said() == told
    smpp.send(LETTER, "+33612345678", server(smsc, receives=True), allow_private=True)
    assert smsc.said()["registered_delivery"] == 1


def test_a_wrong_password_is_tried_again_for_somebody_may_mend_it(smsc):
    wrong = Smpp("127.0.0.1", "vigie", "faux", "38000", smsc.port, allow_private_address=True)
    with pytest.raises(NotSent) as failure:
        smpp.send(LETTER, "+33612345678", wrong, allow_private=True)
    assert not failure.value.for_good


def certificate(folder: Path) -> tuple[str, str]:
    """A key and a certificate of `localhost` that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
    made = made.not_valid_after(now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(private), str(pem)


def test_tls_is_spoken_to_whoever_the_certificate_names_and_to_nobody_else(tmp_path, monkeypatch):
    private, pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", pem)
    smsc = Smsc(private, pem)
    try:
        with pytest.raises(NotSent, match="certificate"):
            smpp.send(LETTER, "+33612345678", server(smsc, tls=True), allow_private=True)
        named = Smpp("localhost", "vigie", "s3cret", "38000", smsc.port, tls=True, allow_private_address=True)
        assert smpp.send(LETTER, "+33612345678", named, allow_private=True) == "4711"
    finally:
        smsc.end()


@pytest.fixture
def town(transactional_db, valkey, smsc, settings):
    settings.ALLOW_PRIVATE_PULL = True
    cache.clear()
    town = Town()
    contact = town.contact("ana", "sms")
    contact.address, contact.fingerprint = seal("+33612345678"), fingerprint("sms +33612345678")
    contact.save()
    gateways.write(town.site.pk, "sms", smsc.settings(), by=BY, now=NOON)
    town.policy({"targets": [{"person": "ana"}], "kinds": ["sms"]})
    return town


def sent(town: Town, smsc: Smsc) -> tuple:
    """An alarm that was told by SMS: (the alarm, what the server got)."""
    alarm = town.alarm()
    town.begin(alarm)
    (letter,) = town.sweep(NOON)
    delivery.deliver(letter, lambda: NOON)
    return alarm, smsc.said()


def fetch(town: Town) -> int:
    return receipts.fetch(town.site, answers.may_of, lambda: NOON)


@pytest.mark.parametrize(("stat", "state"), [("DELIVRD", "delivered"), ("UNDELIV", "failed"), ("ACCEPTD", "sent")])
def test_a_receipt_says_what_became_of_a_message_and_never_leads_back(town, smsc, stat, state):
    _alarm, got = sent(town, smsc)
    smsc.receipt(got["id"], stat)
    assert fetch(town) == 1
    assert smsc.said()["status"] == 0
    assert Message.objects.get().state == state
    smsc.receipt(got["id"], "DELIVRD" if stat == "UNDELIV" else "UNDELIV")
    fetch(town)
    assert Message.objects.get().state == ("failed" if state == "sent" else state)


def test_a_receipt_that_comes_before_its_message_is_known_to_have_left_comes_again(town, smsc):
    _alarm, got = sent(town, smsc)
    Message.objects.update(state="sending", sent_at=None, claimed_until=NOON + dt.timedelta(minutes=1), provider_id="")
    smsc.receipt(got["id"], "DELIVRD")
    fetch(town)
    assert smsc.said()["status"] == 0x64
    Message.objects.update(state="sent", sent_at=NOON, claimed_until=None, provider_id=got["id"])
    fetch(town)
    assert Message.objects.get().state == "delivered"


def test_an_sms_with_its_code_acknowledges_once_in_the_name_of_whoever_has_the_phone(town, smsc):
    alarm, got = sent(town, smsc)
    code = Message.objects.get().answer_code
    assert got["text"].endswith(f"Rep. A {code} = acquitter")
    smsc.answer(f"a {code} ", sender="33699999999")
    smsc.answer(f"a {code} ")
    smsc.answer(code)
    fetch(town)
    alarm.refresh_from_db()
    assert (alarm.state, alarm.acknowledged_by.username) == ("acknowledged", "ana")
    lines = JournalEntry.objects.filter(kind="alarm.acknowledged")
    assert [(line.actor, line.desk) for line in lines] == [("ana", "answer sms ana")]


def test_wrong_codes_acknowledge_nothing_and_after_five_none_is_looked_at(town, smsc):
    alarm, _got = sent(town, smsc)
    code = Message.objects.get().answer_code
    for _ in range(5):
        receipts.answer(town.site.pk, "+33612345678", f"A {int(code) + 1 & 8191:04d}", answers.may_of, NOON)
    assert JournalEntry.objects.filter(kind="message.answer_unknown").count() == 5
    assert receipts.answer(town.site.pk, "+33612345678", f"A {code}", answers.may_of, NOON) == 0
    alarm.refresh_from_db()
    assert alarm.state == "unacknowledged"


def test_an_answer_of_somebody_without_the_right_acknowledges_nothing(town, smsc):
    alarm, _got = sent(town, smsc)
    town.users["ana"].grants.update(role="auditor")
    assert receipts.answer(town.site.pk, "+33612345678", Message.objects.get().answer_code, answers.may_of, NOON) == 0
    alarm.refresh_from_db()
    assert alarm.state == "unacknowledged"


def test_an_http_provider_hands_on_an_answer_with_the_token_of_the_gateway(town, client, smsc):
    alarm, _got = sent(town, smsc)
    http = {"protocol": "http", "url": "https://x.example/", "answers": {"sender": "from", "text": "sms.body"}}
    row = gateways.write(town.site.pk, "sms", http, by=BY, now=NOON)
    token, path = gateways.renew_token(row, by=BY, now=NOON), "/api/v1/sites/quai/sms-answers"
    body = {"from": "0033612345678", "sms": {"body": f"A{Message.objects.get().answer_code}"}}
    assert client.post(path, body, "application/json", headers={"authorization": "Token x"}).status_code == 401
    Message.objects.update(sent_at=dt.datetime.now(dt.UTC))
    answer = client.post(path, body, "application/json", headers={"authorization": f"Token {token}"})
    assert (answer.status_code, answer.json()) == (200, {"alarms": 1})
    alarm.refresh_from_db()
    assert alarm.acknowledged_by.username == "ana"
