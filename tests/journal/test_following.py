"""Followers run apart from each other, and a process that is killed at any instant misses no line and breaks no order."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from journal import followers
from journal.actors import Actor
from journal.followers import Follower
from journal.following import Following
from journal.models import Bookmark
from journal.page import Line, open_page
from journal.webhooks import moves
from tests.factories import NOON, make_site
from tests.journal.receiver import receiving

ROOT = Path(__file__).resolve().parents[2]


def write(site, count: int) -> int:
    with transaction.atomic():
        page = open_page(site.pk)
        for number in range(count):
            page.write(Line("feed.changed", NOON, f"ligne {number}", f"line {number}", [("feed", number)]))
        page.close()
    return page.seq


class Broken(Follower):
    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        raise ZeroDivisionError("a defect of its own")


class Slow(Follower):
    until = Event()

    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        self.until.wait(20)
        return after


def pretend(site: int) -> list[Follower]:
    return [Broken(site, "broken"), Slow(site, "slow")]


@pytest.mark.django_db(transaction=True)
def test_one_that_is_broken_and_one_that_hangs_do_not_keep_the_others(settings, wait_until, caplog):
    settings.ALLOW_PRIVATE_PULL = True
    settings.FOLLOWERS = ["tests.journal.test_following.pretend", "journal.webhooks.delivery.of_site"]
    site, stop = make_site(), Event()
    with receiving() as receiver:
        moves.create(site.pk, "Mairie", receiver.url, by=Actor("person", "admin"), now=NOON)
        following = Following(stop)
        following.look()  # bookmarks begin where the journal stands
        wait_until(lambda: Bookmark.objects.filter(site=site).count() == 3)
        last = write(site, 3)

        def told() -> bool:
            following.look()
            return receiver.numbers()[-1:] == [last]

        wait_until(told)
        wait_until(lambda: following.look() or "broken of site" in caplog.text)
        webhook = followers.of_site(site.pk)[-1].name
        assert followers.lags([site.pk]) == {(site.pk, "broken"): 3, (site.pk, "slow"): 3, (site.pk, webhook): 0}
        Slow.until.set()
        stop.set()
        following.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_killed_again_and_again_under_load_it_tells_every_line_in_order_at_least_once(wait_until):
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {**os.environ, "DATABASE_URL": database, "VIGIE_ALLOW_PRIVATE_PULL": "1"}
    site, chance = make_site(), random.Random(4)
    with receiving() as one, receiving() as other:
        for receiver in (one, other):
            moves.create(site.pk, receiver.url, receiver.url, by=Actor("person", "admin"), now=NOON)
        for _ in range(8):
            process = subprocess.Popen([sys.executable, "manage.py", "follow"], cwd=ROOT, env=environment)
            try:
                before = len(one.messages) + len(other.messages)
                one.answers += chance.choices([204, 500, 204], k=3)
                last = write(site, chance.randint(1, 700))
                wait_until(lambda seen=before: len(one.messages) + len(other.messages) > seen + chance.randint(0, 3), 40)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait(10)
        process = subprocess.Popen([sys.executable, "manage.py", "follow"], cwd=ROOT, env=environment)
        try:
            wait_until(lambda: set(followers.lags([site.pk]).values()) == {0}, 60)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        for receiver in (one, other):
            numbers, seen = receiver.numbers(), set()
            firsts = [number for number in numbers if not (number in seen or seen.add(number))]
            assert firsts == list(range(min(numbers), last + 1)), "every line, in order, doubles dropped"
            by_id = {}
            for headers, body in receiver.messages:
                assert by_id.setdefault(headers["webhook-id"], body) == body, "the same id carries the same bytes"
