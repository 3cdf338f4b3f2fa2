"""A person cannot keep a control room out by guessing: whoever logged in from a browser before comes in with it again."""

import pytest
from django.test import Client

from tests.factories import PASSWORD, make_site, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(valkey):
    site = make_site()
    return [make_user(name, site) for name in ("chef", "operateur", "mallory")]


@pytest.fixture
def still(monkeypatch):
    """The clock of the throttle stands still: who must wait, waits."""
    from hypervisor import throttle

    monkeypatch.setattr(throttle, "clock", lambda: 1_000_000.0)


def enter(client, name, password=PASSWORD) -> int:
    answer = client.post("/login/", {"username": name, "password": password})
    if answer.status_code == 302:
        client.post("/logout/")
    return answer.status_code


def lock_the_address() -> None:
    """What one person behind the address can do: guess at names until the address itself must wait."""
    stranger = Client()
    while enter(stranger, "chef", "faux") == 200:
        pass
    for number in range(40):
        enter(stranger, f"personne-{number}", "faux")
    assert enter(stranger, "operateur") == 429


def test_a_neighbour_who_guesses_keeps_nobody_out_who_was_here_before(people, still):
    desk = Client()
    assert enter(desk, "chef") == 302
    lock_the_address()
    assert enter(desk, "chef") == 302
    assert enter(desk, "  Chef ") != 429, "a name is the same however it is written"


def test_a_desk_knows_each_of_the_people_who_take_turns_at_it(people, still):
    desk = Client()
    assert {enter(desk, "chef"), enter(desk, "operateur")} == {302}
    lock_the_address()
    assert {enter(desk, "chef"), enter(desk, "operateur")} == {302}


def test_an_own_browser_buys_no_guesses_at_anybody_else(people, still):
    own = Client()
    assert enter(own, "mallory") == 302
    tries = [enter(own, "chef", "faux") for _ in range(10)]
    assert tries.count(200) == 5


def test_who_is_known_may_guess_no_more_often_than_anybody(people, still):
    desk = Client()
    assert enter(desk, "chef") == 302
    assert [enter(desk, "chef", "faux") for _ in range(8)] == [200] * 5 + [429] * 3
    assert enter(Client(), "chef") == 302, "what is guessed at a known browser is not the address's"


@pytest.mark.parametrize("forged", ["", "x", "WyJ4Il0:1:x", "chef"])
def test_a_browser_that_says_it_is_known_is_not_believed(people, still, forged):
    from hypervisor import known_browsers

    lock_the_address()
    client = Client()
    client.cookies[known_browsers.COOKIE] = forged
    assert enter(client, "chef") == 429


def test_the_cookie_of_a_browser_names_nobody_and_no_script_reads_it(people):
    from hypervisor import known_browsers

    client = Client()
    enter(client, "chef")
    cookie = client.cookies[known_browsers.COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["path"], cookie["samesite"]) == (True, True, "/", "Lax")
    assert known_browsers.COOKIE.startswith("__Host-")
    assert "chef" not in cookie.value


def test_a_browser_keeps_the_latest_people_and_not_without_end(people, rf):
    from django.http import HttpResponse

    from hypervisor import known_browsers

    request = rf.get("/")
    for number in range(known_browsers.MOST_PEOPLE + 5):
        answer = HttpResponse()
        known_browsers.remember(request, answer, f"operateur-{number}")
        request.COOKIES[known_browsers.COOKIE] = answer.cookies[known_browsers.COOKIE].value
    browser = known_browsers.of(request)
    assert [browser.knows(f"operateur-{n}") for n in (4, 5, 28)] == [False, True, True]
    assert len(request.COOKIES[known_browsers.COOKIE]) < 1000
