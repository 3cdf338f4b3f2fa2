"""Passwords are hashed a few at a time: a crowd at the door costs neither the memory of the machine nor the pages inside."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password

from hypervisor import passwords
from hypervisor.unavailable import UnavailableMiddleware
from tests.factories import PASSWORD

MEMORY = 450
"""MB that forty logins may cost; each takes 105 while it is hashed."""


def peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def test_forty_wrong_logins_at_once_cost_two_hashes_of_memory(transactional_db, valkey, served, dial):
    before = peak_mb(served.pid)
    wires = [dial() for _ in range(40)]
    token = "x" * 32
    for number, wire in enumerate(wires):
        body = f"username=personne-{number}&password=faux&csrfmiddlewaretoken={token}".encode()
        kind = "application/x-www-form-urlencoded"
        wire.send("POST", "/login/", body, Content_Type=kind, Cookie=f"csrftoken={token}")
    answers = [wire.answer() for wire in wires]
    assert {status for status, _, _ in answers} <= {200, 429, 503}
    assert all(headers["retry-after"] for status, headers, _ in answers if status != 200)
    assert peak_mb(served.pid) - before < MEMORY


def test_a_password_hashed_before_is_right_still_and_needs_no_other_hash():
    from django.contrib.auth.hashers import Argon2PasswordHasher

    old = Argon2PasswordHasher().encode(PASSWORD, "un-sel-de-seize-octets")
    assert check_password(PASSWORD, old)
    assert not identify_hasher(old).must_update(old)


def test_who_finds_too_many_before_the_door_is_told_at_once(monkeypatch):
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(passwords, "_places", taken)
    with pytest.raises(passwords.Busy):
        make_password(PASSWORD)


def test_who_waits_too_long_for_a_turn_is_told_so_and_leaves_its_place(monkeypatch):
    turns, places = threading.BoundedSemaphore(1), threading.BoundedSemaphore(1)
    monkeypatch.setattr(passwords, "_turns", turns)
    monkeypatch.setattr(passwords, "_places", places)
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    turns.acquire()
    with pytest.raises(passwords.Busy):
        make_password(PASSWORD)
    turns.release()
    assert check_password(PASSWORD, make_password(PASSWORD))


def test_a_crowd_within_the_bound_is_all_let_in(monkeypatch):
    monkeypatch.setattr(passwords, "PATIENCE", 600)  # each gets its turn, however long a busy machine takes for the others
    hashed = make_password(PASSWORD)
    with ThreadPoolExecutor(passwords.AT_ONCE + passwords.MOST_WAITING) as many:
        assert all(many.map(lambda _: check_password(PASSWORD, hashed), range(passwords.AT_ONCE + passwords.MOST_WAITING)))


@pytest.mark.parametrize(
    ("address", "kind"), [("/api/v1/me", "application/problem+json"), ("/admin/", "text/html; charset=utf-8")]
)
def test_a_page_that_needs_a_hash_it_cannot_have_now_says_when_to_come_back(rf, address, kind):
    def asking(request):
        raise AssertionError("not asked")

    answer = UnavailableMiddleware(asking).process_exception(rf.post(address), passwords.Busy())
    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "5", kind)
