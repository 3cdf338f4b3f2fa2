"""Syslog end to end: `logger` of util-linux and a client of OpenSSL send, a connector of its own process hears, events arrive."""

import shutil
import socket
import subprocess

import pytest

from assets.models import Feed
from connectors.settings import BadSettings
from connectors.settings import read as read_settings
from connectors.tables.syslog import LONGEST, Match, NoMessage, read
from tests.connectors.test_modbus import told
from tests.factories import TOKEN, make_asset, make_feed, make_site

FILE = """
[vigie]
url = "{url}"
feed = "jauges"
token = "{token}"
spool = "spool"

[syslog]
host = "127.0.0.1"
udp = {udp}
tcp = {tcp}
most_per_second = {most}
{more}

[[syslog.sender]]
name = "SW-1"
host = "{sender}"
asset = "SW-1"

[[syslog.event]]
kind = "link_down"
severity = "error"
pattern = 'Interface (?P<interface>\\S+), changed state to down'

[[syslog.event]]
kind = "login_refused"
app = "sshd"
"""


@pytest.fixture
def feed(transactional_db, valkey) -> Feed:
    site = make_site()
    made = make_feed(site)
    make_asset(site, "SW-1", "switch")
    return made


@pytest.fixture
def listen(feed, served, connect, free_port, wait_until):
    """listen() → (udp, tcp) of a connector that hears."""

    def begin(most: int = 100, more: str = "", sender: str = "127.0.0.1"):
        udp, tcp = free_port(), free_port()
        running = connect(FILE.format(url=served.url, token=TOKEN, udp=udp, tcp=tcp, most=most, more=more, sender=sender))

        def hears() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", tcp)) == 0

        wait_until(hears)
        return running, udp, tcp

    return begin


def logger(port: int, *options: str) -> None:
    subprocess.run([str(shutil.which("logger")), "--server", "127.0.0.1", "--port", str(port), *options], check=True, timeout=30)


@pytest.mark.parametrize("form", ["--rfc5424", "--rfc3164"])
@pytest.mark.parametrize("way", [["--udp"], ["--tcp"], ["--tcp", "--octet-count"]], ids=["udp", "tcp", "octets"])
def test_what_others_send_is_an_event_of_the_asset_by_the_first_that_matches(feed, listen, wait_until, form, way):
    _, udp, tcp = listen()
    port = udp if way == ["--udp"] else tcp
    logger(port, *way, form, "-p", "local7.err", "-t", "LINK", "Interface Gi0/1, changed state to down")
    logger(port, *way, form, "-p", "local7.info", "-t", "LINK", "Interface Gi0/2, changed state to down")  # not that severe
    logger(port, *way, form, "-p", "auth.notice", "-t", "sshd", "Failed password for root — é")
    wait_until(lambda: len(told(feed)) == 2)
    (down, what), (refused, who) = told(feed)
    assert (down, what["interface"], what["severity"], what["facility"]) == ("link_down", "Gi0/1", "error", 23)
    assert (refused, who["app"], who["text"]) == ("login_refused", "sshd", "Failed password for root — é")


def test_structured_data_and_the_stamp_are_told(feed, listen, wait_until):
    _, udp, _ = listen()
    data = ["--sd-id", "vigie@1", "--sd-param", 'port="7"']
    logger(udp, "--udp", "--rfc5424", *data, "--msgid", "AUTH", "-t", "sshd", "refused")
    wait_until(lambda: told(feed))
    ((_, what),) = told(feed)
    assert (what["vigie@1.port"], what["message"]) == ("7", "AUTH")


def test_who_is_no_sender_of_the_file_is_not_heard_and_said_once(feed, listen, wait_until):
    running, udp, tcp = listen(sender="127.0.0.9")
    for _ in range(3):
        logger(udp, "--udp", "-t", "sshd", "x")
    wait_until(lambda: "no sender of the file" in running.said())
    with socket.create_connection(("127.0.0.1", tcp), 5) as line:
        assert line.recv(10) == b""
    assert running.said().count("a message of 127.0.0.1") == 1
    assert told(feed) == []


def test_what_comes_too_fast_is_counted_and_told_and_broken_messages_end_nothing(feed, listen, wait_until):
    _, udp, tcp = listen(most=5)
    with socket.create_connection(("127.0.0.1", tcp), 5) as line:
        line.sendall(b"99999999999999999 x")
    with socket.create_connection(("127.0.0.1", tcp), 5) as line:
        line.sendall(b"<34" * 20_000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(200):
            sender.sendto(b"<38>sshd: x", ("127.0.0.1", udp))
        sender.sendto(b"\xff\x00<", ("127.0.0.1", udp))

    def lost() -> int:
        return sum(int(what["count"]) for kind, what in told(feed) if kind == "messages_lost")

    wait_until(lambda: lost() > 100)
    heard = [kind for kind, _ in told(feed) if kind == "login_refused"]
    assert 5 <= len(heard) <= 20
    logger(tcp, "--tcp", "-t", "sshd", "after all that")
    wait_until(lambda: any(what.get("text") == "after all that" for _, what in told(feed)))


def test_tls_is_spoken_with_a_certificate(feed, listen, wait_until, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=here", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    _, _, tcp = listen(more=f'certificate = "{certificate}"\nkey = "{key}"')
    message = b"<38>1 2026-11-28T09:00:00Z sw sshd - - - over TLS"
    subprocess.run(
        ["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", f"127.0.0.1:{tcp}"],
        input=b"%d %s" % (len(message), message), capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    wait_until(lambda: told(feed))
    ((kind, what),) = told(feed)
    assert (kind, what["text"]) == ("login_refused", "over TLS")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (  # RFC 5424, 6.5, examples 1, 2 and 4
            b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed for lonvick",
            (4, 2, "mymachine.example.com", "su", "ID47", {}, "'su root' failed for lonvick"),
        ),
        (
            b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
            (20, 5, "192.0.2.1", "myproc", "", {}, "%% It's time to make the do-nuts."),
        ),
        (
            b'<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [a@32473 iut="3" e="App\\"li\\]"][b@1 class="high"]',
            (20, 5, "h", "evntslog", "ID47", {"a@32473.iut": "3", "a@32473.e": 'App"li]', "b@1.class": "high"}, ""),
        ),
        (  # RFC 3164, 5.4, examples 1, 2 and 3
            b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
            (4, 2, "mymachine", "su", "", {}, "'su root' failed"),
        ),
        (b"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", (1, 5, "10.0.0.99", "", "", {}, "Use the BFG!")),
        (b"<0>", (0, 0, "", "", "", {}, "")),
    ],
)  # fmt: skip
def test_the_examples_of_the_standards_are_read(content, expected):
    said = read(content)
    assert (said.facility, said.severity, said.host, said.app, said.message, said.data, said.text) == expected


@pytest.mark.parametrize("content", [b"", b"hello", b"<192>x", b"<>x", b"<1234>x", b"\x00\xff"])
def test_what_is_no_message_is_said(content):
    with pytest.raises(NoMessage):
        read(content)


@pytest.mark.parametrize(
    "content", [b"<34>1 " + b"[" * 60_000, b'<34>1 - - - - - [a b="' + b"\\" * 60_000, b"<34>" + b"a" * 10**6]
)
def test_a_message_that_is_made_to_be_slow_is_read_at_once(content):
    said = read(content)
    assert len(said.text) <= LONGEST
    assert Match(kind="x").attributes(said)["text"] == said.text[:300]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("udp = 1", "udp = 0"), "needs a port"), (("pattern = 'a'", "pattern = '('"), "no regular expression"),
        (("udp = 1", 'udp = 1\ncertificate = "x"'), "certificate"), (('severity = "error"', 'severity = "bad"'), "severity"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(tmp_path, change, why):
    text = '[vigie]\nurl = "http://x"\nfeed = "f"\ntoken = "t"\nspool = "s"\n[syslog]\nudp = 1\n[[syslog.sender]]\nname = "a"\n'
    text += 'host = "h"\n[[syslog.event]]\nkind = "k"\nseverity = "error"\npattern = \'a\'\n'
    file = tmp_path / "syslog.toml"
    file.write_text(text)
    assert read_settings(file).syslog.event[0].kind == "k"
    file.write_text(text.replace(*change))
    with pytest.raises(BadSettings, match=why):
        read_settings(file)
