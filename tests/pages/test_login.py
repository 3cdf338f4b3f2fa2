"""The door against who guesses: a try is counted before it is looked at, however it comes and however the name is written."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import PASSWORD

NOW = 1_000_000.0
ADDRESS = "203.0.113.7"


@pytest.fixture
def throttle(valkey):
    from hypervisor import throttle

    return throttle


def looked_at(throttle, names, now=NOW) -> int:
    """How many of these tries come through."""

    def one(name):
        try:
            throttle.enter(name, ADDRESS, now)
        except throttle.TooManyTries:
            return 0
        return 1

    with ThreadPoolExecutor(16) as many:
        return sum(many.map(one, names))


def test_a_hundred_guesses_sent_at_once_are_five_tries(throttle):
    assert looked_at(throttle, ["chef"] * 100) == throttle.FREE_PAIR


def test_a_hundred_names_guessed_at_once_from_one_address_are_thirty_tries(throttle):
    assert looked_at(throttle, [f"chef{n}" for n in range(100)]) == throttle.FREE_ADDRESS


def test_a_name_is_the_same_however_it_is_written(throttle):
    ways = ["chef", " chef", "chef\u00a0", "\u2003chef ", "CHEF", "ｃｈｅｆ", "Chef\t"]
    assert looked_at(throttle, ways) == throttle.FREE_PAIR


def test_each_try_after_the_free_ones_waits_twice_as_long_as_the_one_before(throttle):
    looked_at(throttle, ["chef"] * 5)
    now = NOW
    for wait in (1, 2, 4, 8, 16):
        assert looked_at(throttle, ["chef"], now + wait - 0.1) == 0
        now += wait
        assert looked_at(throttle, ["chef"], now) == 1


def test_no_wait_is_longer_than_a_quarter_of_an_hour(throttle):
    now = NOW
    for _ in range(40):
        looked_at(throttle, ["chef"], now)
        now += throttle.LONGEST
    assert looked_at(throttle, ["chef"], now) == 1


def test_a_shift_that_logs_in_from_one_address_does_not_close_the_door_behind_it(throttle):
    for n in range(3 * throttle.FREE_ADDRESS):
        throttle.enter(f"operateur{n}", ADDRESS, NOW)
        throttle.forgive(f"operateur{n}", ADDRESS)


def test_an_own_account_buys_no_guesses_at_another(throttle):
    came = 0
    for n in range(2 * throttle.FREE_ADDRESS):
        came += looked_at(throttle, [f"chef{n}"])
        try:
            throttle.enter("mallory", ADDRESS, NOW)
        except throttle.TooManyTries:
            continue
        throttle.forgive("mallory", ADDRESS)
    assert came <= throttle.FREE_ADDRESS


def test_a_name_of_millions_of_characters_is_cut_before_it_is_looked_at(throttle):
    assert looked_at(throttle, ["ﷺ" * 1_000_000 + str(n) for n in range(6)]) == throttle.FREE_PAIR


@pytest.mark.django_db
def test_the_login_refuses_after_five_wrong_passwords_and_says_how_long(throttle, monkeypatch):
    from tests.factories import make_site, make_user

    monkeypatch.setattr(throttle, "clock", lambda: NOW)
    make_user("chef", make_site())
    client = Client()
    for _ in range(5):
        assert client.post("/login/", {"username": "chef", "password": "faux"}).status_code == 200
    answer = client.post("/login/", {"username": " Chef", "password": PASSWORD})
    assert (answer.status_code, answer["Retry-After"]) == (429, "2")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"]
)
def test_nobody_is_led_to_another_site_by_logging_in(valkey, following):
    from tests.factories import make_site, make_user

    make_user("chef", make_site())
    answer = Client().post(f"/login/?next={following}", {"username": "chef", "password": PASSWORD, "next": following})
    assert answer["Location"] == "/"


@pytest.mark.django_db
def test_the_session_of_before_the_login_is_not_the_one_after(valkey):
    from tests.factories import make_site, make_user

    make_user("chef", make_site())
    client = Client()
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = before = session.session_key
    answer = client.post("/login/", {"username": "chef", "password": PASSWORD})
    cookie = answer.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.value != before
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)


@pytest.mark.django_db
def test_a_session_ends_with_the_password_it_began_with(valkey):
    from tests.factories import make_site, make_user

    user = make_user("chef", make_site())
    client = Client()
    client.force_login(user)
    assert client.get("/api/v1/me").status_code == 200
    user.set_password("un-autre-mot-de-passe")
    user.save()
    assert client.get("/api/v1/me").status_code == 401
