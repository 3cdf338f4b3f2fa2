"""kill -9 of Valkey while a neighbour keeps the disk busy: every batch that was acknowledged is in the log afterwards."""

import os
import threading
import time
from pathlib import Path

import pytest
import redis

from assets.feeds.append import BlockingAppender, cut_readings
from assets.log import Log
from assets.readings import Readings
from bench.neighbour import busy_disk
from hypervisor import embedded

ROUNDS = 8
SITE, FEED = 1, 1


class Supervisors:
    """Threads that append one batch after the other until Valkey is gone; `acknowledged` has one number per batch."""

    def __init__(self, url: str, first: int) -> None:
        self.acknowledged: list[int] = []
        self._threads = [threading.Thread(target=self._send, args=(url, first + place * 10_000)) for place in range(4)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)

    def _send(self, url: str, first: int) -> None:
        appender = BlockingAppender(url)
        try:
            for number in range(first, first + 10_000):
                appender.append(SITE, FEED, cut_readings(Readings.of([number] * 200, range(200), [1.0] * 200)))
                self.acknowledged.append(number)
        except redis.RedisError:
            appender.redis.close()


def wait_for_what_is_not_written(url: str) -> None:
    """Until Valkey holds back what it should write because a sync is under way, where it ever does; else for a while."""
    deadline = time.monotonic() + 1.5
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < deadline:
            told = client.info("persistence")
            if told["aof_pending_bio_fsync"] and told["aof_buffer_length"]:
                return


def numbers_kept(url: str) -> set[int]:
    """Of every batch in the log, read piece by piece."""
    log, kept, after = Log(url), set(), "0-0"
    while entries := log.read(SITE, after, 1000, 1):
        kept |= {int(entry.opened().readings.point[0]) for entry in entries}
        after = entries[-1].offset
    log.redis.close()
    return kept


@pytest.mark.timeout(180)
def test_on_a_busy_disk_a_killed_valkey_has_everything_it_acknowledged(tmp_path, settings):
    settings.LOG_MAX_ENTRIES = 1_000_000
    data = Path(os.environ["VIGIE_DATA"]) / "killed"
    url = embedded.redis_url(data)
    acknowledged: list[int] = []
    try:
        with embedded.Engines(data, say=lambda _: None) as engines, busy_disk(data):
            valkey = engines.members[1]
            for turn in range(ROUNDS):
                supervisors = Supervisors(url, turn * 1_000_000)
                supervisors.start()
                wait_for_what_is_not_written(url)
                valkey.process.kill()
                valkey.process.wait()
                supervisors.join()
                acknowledged += supervisors.acknowledged
                valkey.start()
                valkey.wait_ready()
            kept = numbers_kept(url)
    finally:
        embedded.remove(data)
    assert len(acknowledged) > 100 * ROUNDS
    assert sorted(set(acknowledged) - kept) == []
