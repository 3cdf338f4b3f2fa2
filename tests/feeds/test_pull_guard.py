"""Where a pull may not go: private addresses in every disguise, other origins with credentials, and what is no address."""

import pytest

from assets.feeds import guard, request
from assets.feeds.ways import pull
from assets.models import Feed, Site
from tests.feeds.pulling import MAPPING, NOW, page, pulled_from, state
from tests.feeds.supervisors import Reply, Supervisor, supervisor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey", "private_addresses_allowed")]


def test_credentials_do_not_follow_to_another_origin(served: Supervisor) -> None:
    with supervisor(lambda asked: Reply(page())) as other:
        served.answer = lambda asked: Reply(status=302, headers={"location": f"{other.url}/elsewhere"})
        feed = pulled_from(served, mapping={**MAPPING, "headers": {"X-Key": "secret"}})
        pull.pull_feed(feed.id, NOW)
        served.answer = lambda asked: Reply(page(following=f"{other.url}/page"))
        pull.pull_feed(feed.id, NOW)
        assert [asked.path for asked in other.asked] == ["/elsewhere", "/page"]
        other.answer = lambda asked: Reply(page(following="" if "third" in asked.path else "/third"))
        pull.pull_feed(feed.id, NOW)
        assert other.asked[-1].path == "/third"
        assert not any("x-key" in asked.headers for asked in other.asked)


def test_a_private_address_is_refused_unless_feed_and_site_allow_it(served: Supervisor, settings: object) -> None:
    feed = pulled_from(served)
    for installation, site, own, allowed in (
        (False, False, True, False), (True, False, False, False), (False, True, False, False), (False, True, True, True),
    ):  # fmt: skip
        served.asked.clear()
        settings.ALLOW_PRIVATE_PULL = installation
        Site.objects.update(allow_private_pull=site)
        Feed.objects.update(allow_private_address=own)
        pull.pull_feed(feed.id, NOW)
        assert (len(served.asked) == 1) == allowed
        if not allowed:
            assert "private, local or reserved address" in state(feed).last_error


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "192.0.2.1",
        "::7f00:1", "::ffff:0:7f00:1", "64:ff9b:1::a00:1", "fec0::1",
    ],
)  # fmt: skip
def test_what_is_not_the_public_internet_is_known_in_every_disguise(host: str) -> None:
    assert not guard.is_public(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "185.199.108.153"])
def test_public_addresses_are_allowed(host: str) -> None:
    assert guard.is_public(host)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "0", "[::1]", "[::ffff:127.0.0.1]"])
def test_other_spellings_of_loopback_are_refused_when_connecting(host: str, served: Supervisor) -> None:
    port = served.url.rpartition(":")[2]
    with request.Client(allow_private=False, timeout=2) as client, pytest.raises(request.SupervisorFailed):
        client.get(f"http://{host}:{port}/", {})
    assert served.asked == []


def test_a_name_that_resolves_differently_the_second_time_gains_nothing(
    served: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once per connection, and that very address is connected to."""
    port = int(served.url.rpartition(":")[2])
    answers = iter(["93.184.215.14", "127.0.0.1"])
    connected = []

    def rebinding(host: str, *args: object, **kwargs: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (next(answers), port))]

    def connect(address: tuple[str, int], *args: object, **kwargs: object) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", rebinding)
    monkeypatch.setattr("socket.create_connection", connect)
    with request.Client(allow_private=False, timeout=2) as client:
        for _ in range(2):
            with pytest.raises(request.SupervisorFailed):
                client.get(f"http://rebinding.example:{port}/", {})
    assert connected == ["93.184.215.14"]
    assert served.asked == []


@pytest.mark.parametrize(
    "url", ["", "ftp://example.org/", "http://", "file:///etc/passwd", "http://\x00/", "http://[", "gopher://x"]
)
def test_a_url_that_is_none_is_a_failure_in_words(url: str) -> None:
    with request.Client(allow_private=True, timeout=1) as client, pytest.raises(request.SupervisorFailed):
        client.get(url, {})
