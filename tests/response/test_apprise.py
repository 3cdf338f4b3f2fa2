"""Services by Apprise: a message leaves to a chat server, and nothing leaves to our own network, files or programs."""

import http.server
import threading

import pytest

from assets.refusal import Refused
from response.notification import addresses
from response.notification.letters import Letter
from response.notification.transports import apprise
from response.notification.transports.outcome import NotSent

LETTER = Letter("0c1d", "Quai", "Quai : CRITIQUE Niveau haut", "Niveau haut\nAcquitter : x", "", "", True)


class Chat(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got.append((self.path, self.rfile.read(int(self.headers["content-length"])).decode()))
        self.send_response(int(self.server.status))
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_said):
        pass


@pytest.fixture
def chat():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    server.got, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def of(chat, options: str = "") -> str:
    return f"mmost://127.0.0.1:{chat.server_port}/3ccdd113474722377935511fc85d3dd4{options}"


def test_a_chat_server_gets_the_letter(chat):
    assert apprise.send(LETTER, of(chat), allow_private=True) == ""
    ((path, body),) = chat.got
    assert path == "/hooks/3ccdd113474722377935511fc85d3dd4"
    assert "CRITIQUE Niveau haut" in body


@pytest.mark.parametrize(("status", "for_good"), [(403, True), (429, False), (503, False)])
def test_what_the_service_answers_is_said_and_decides_whether_it_is_tried_again(chat, status, for_good):
    chat.status = status
    with pytest.raises(NotSent, match=str(status)) as failure:
        apprise.send(LETTER, of(chat), allow_private=True)
    assert failure.value.for_good is for_good


def test_a_private_address_is_not_reached_whatever_its_name(chat):
    for host in ("127.0.0.1", "localhost", "localtest.me.localhost"):
        with pytest.raises(NotSent) as failure:
            apprise.send(LETTER, of(chat).replace("127.0.0.1", host), allow_private=False)
        assert failure.value.for_good or host.count(".") == 2
    assert chat.got == []


def test_a_url_that_would_read_a_file_sends_nothing(chat, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text('{"text": "s3cret", "content": "s3cret"}')
    url = f"workflow://127.0.0.1:{chat.server_port}/w/s/?template={secret}"
    with pytest.raises(NotSent):
        apprise.send(LETTER, url, allow_private=True)
    assert "s3cret" not in str(chat.got)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "json://127.0.0.1/", "syslog://", "mqtt://x/", "smpp://x/", "dbus://", "x"]
)
def test_only_services_of_the_list_are_taken(url):
    with pytest.raises(Refused):
        addresses.normal("apprise", url)


def test_services_that_cities_use_are_taken():
    for url in ("mmosts://chat.ville.fr/token", "nctalks://u:p@cloud.ville.fr/room", "matrixs://tchap/token", "tgram://b/c"):
        assert addresses.normal("apprise", url) == url
