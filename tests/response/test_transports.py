"""Letters over real servers: SMTP by aiosmtpd in a process of its own, an SMS provider over HTTP, and what each refuses."""

import email
import http.server
import json
import socket
import subprocess
import sys
import threading

import pytest

from response.notification.letters import Letter, Told, of_alarms
from response.notification.transports import mail, sms
from response.notification.transports.mail import Smtp
from response.notification.transports.outcome import NotSent
from response.notification.transports.sms import HttpSms, Receipts

LETTER = Letter("0c1d", "Quai", "Quai : CRITIQUE Niveau haut", "Niveau haut\nAcquitter : x", "CRITIQUE Niveau haut", "", True)


def listening(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def smtp(tmp_path, free_port, wait_until):
    """(port, folder) of a mail server that keeps each mail as a file."""
    port, folder = free_port(), tmp_path / "mails"
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Mailbox", str(folder)]
    server = subprocess.Popen(command)
    try:
        wait_until(lambda: listening(port))
        yield port, folder
    finally:
        server.terminate()
        server.wait(10)


def server(port: int, **told: object) -> Smtp:
    return Smtp("127.0.0.1", "vigie@ville.fr", port, "none", allow_private_address=True, **told)


def test_a_mail_arrives_with_the_number_of_its_letter_at_each_try(smtp, wait_until):
    port, folder = smtp
    ids = {mail.send(LETTER, "ana@ville.fr", server(port), allow_private=True) for _ in range(2)}
    assert ids == {"<0c1d@ville.fr>"}
    files = wait_until(lambda: [*(folder / "new").iterdir()])
    message = email.message_from_bytes(files[0].read_bytes(), policy=email.policy.default)
    assert (message["To"], message["Subject"], message["Message-ID"]) == ("ana@ville.fr", LETTER.subject, "<0c1d@ville.fr>")
    assert (message["Auto-Submitted"], message["Importance"]) == ("auto-generated", "high")
    assert message.get_content().strip() == LETTER.text


def test_a_mail_server_that_is_away_is_tried_again_and_a_private_one_that_is_not_allowed_never(free_port):
    with pytest.raises(NotSent) as away:
        mail.send(LETTER, "ana@ville.fr", server(free_port()), allow_private=True)
    assert not away.value.for_good
    with pytest.raises(NotSent, match="private") as private:
        mail.send(LETTER, "ana@ville.fr", server(25), allow_private=False)
    assert private.value.for_good


class Provider(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.headers["authorization"], json.loads(body)))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b'{"messages": [{"id": 4711}]}')

    def log_message(self, *_said):
        pass


@pytest.fixture
def provider():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.got = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def gateway(provider, **told: object) -> HttpSms:
    return HttpSms(
        f"http://127.0.0.1:{provider.server_port}/send", headers={"authorization": "Bearer k"},
        body={"to": ["{to}"], "content": "{text}"}, id="messages.0.id", allow_private_address=True, **told,
    )  # fmt: skip


def test_an_sms_is_asked_for_as_the_mapping_says_and_named_by_the_provider(provider):
    assert sms.send(LETTER, "+33612345678", gateway(provider), allow_private=True) == "4711"
    assert provider.got == [("Bearer k", {"to": ["+33612345678"], "content": "CRITIQUE Niveau haut"})]


@pytest.mark.parametrize(("status", "for_good"), [(400, True), (429, False), (503, False)])
def test_what_an_sms_provider_answers_decides_whether_it_is_tried_again(provider, monkeypatch, status, for_good):
    monkeypatch.setattr(Provider, "status", status)
    with pytest.raises(NotSent, match=str(status)) as failure:
        sms.send(LETTER, "+33612345678", gateway(provider), allow_private=True)
    assert failure.value.for_good is for_good


def test_a_receipt_says_whether_it_arrived():
    receipts = Receipts("id", "state", ("DELIVRD",), ("UNDELIV",))
    heard = [sms.heard(receipts, {"id": 7, "state": word}) for word in ("DELIVRD", "UNDELIV", "ACCEPTD")]
    assert heard == [("7", True), ("7", False), None]


def test_an_sms_fits_into_one_and_keeps_its_link_whole():
    alarms = [Told(1, f"Niveau d’eau 2,63 m > 2,50 m — Verdanson aval n° {number} " * 3, "Jauge", "x") for number in range(12)]
    letter = of_alarms("0c1d", "Quai", "fr", alarms, "https://vigie.ville.fr/a/" + "k" * 34)
    assert len(letter.short) <= 160
    assert letter.short.startswith("12 alarmes : CRITIQUE Jauge : Niveau d'eau 2,63 m > 2,50 m - Verdanson")
    assert letter.short.endswith("... https://vigie.ville.fr/a/" + "k" * 34)
    assert letter.text.count("\n") == 13
