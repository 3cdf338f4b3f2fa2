"""The private engines survive what happens to them: kills, leftovers, strangers' ids, broken and foreign folders."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from hypervisor import embedded, processes

ROOT = Path(__file__).resolve().parent.parent.parent

OWNER = """
import sys, time
from hypervisor.embedded import Engines
with Engines(sys.argv[1]) as engines:
    print(*(engine.process.pid for engine in engines.members), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def data():
    """A data directory for engines of their own, gone after the test."""
    path = ROOT / f".data-test-{os.getpid()}" / "own"
    yield path
    embedded.remove(path)


@pytest.fixture
def owner(data):
    """Starts a process that runs the engines of data: (process, [postgres pid, valkey pid])."""
    started = []

    def start():
        process = subprocess.Popen([sys.executable, "-c", OWNER, str(data)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        pids = [int(pid) for pid in process.stdout.readline().split()[-2:]]
        return process, pids

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()


def remember(data, word):
    with psycopg.connect(embedded.database_url(data)) as session:
        session.execute("CREATE TABLE IF NOT EXISTS remembered (word text)")
        session.execute("INSERT INTO remembered VALUES (%s)", [word])
    with redis.Redis.from_url(embedded.redis_url(data)) as client:
        client.rpush("remembered", word)


def remembered(data):
    with psycopg.connect(embedded.database_url(data)) as session:
        rows = [word for (word,) in session.execute("SELECT word FROM remembered ORDER BY word")]
    with redis.Redis.from_url(embedded.redis_url(data)) as client:
        return rows, sorted(word.decode() for word in client.lrange("remembered", 0, -1))


def gone(*pids):
    return lambda: all(processes.birth(pid) is None for pid in pids)


def test_what_was_stored_is_there_after_a_stop_and_a_start(data):
    with embedded.Engines(data):
        remember(data, "lamp")
    with embedded.Engines(data):
        assert remembered(data) == (["lamp"], ["lamp"])


def test_nothing_runs_after_a_stop(data):
    with embedded.Engines(data) as engines:
        pids = [engine.process.pid for engine in engines.members]
    assert gone(*pids)()
    assert not list(embedded.socket_dir(data).glob("*.sock"))


def test_a_killed_engine_keeps_what_was_stored(data, wait_until):
    with embedded.Engines(data) as engines:
        remember(data, "gate")
        client = redis.Redis.from_url(embedded.redis_url(data))
        wait_until(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0)
        client.close()
        for engine in engines.members:
            engine.process.kill()
            engine.process.wait()
            engine.start()
            engine.wait_ready()
        assert remembered(data) == (["gate"], ["gate"])


def test_engines_end_when_their_owner_is_killed(owner, wait_until):
    process, pids = owner()
    process.kill()
    process.wait()
    wait_until(gone(*pids), 30)


def test_a_start_ends_engines_left_by_a_killed_owner(data, owner):
    process, pids = owner()
    remember(data, "door")
    for pid in pids:  # as on a system where the kernel does not end them with their owner
        os.kill(pid, signal.SIGSTOP)
    process.kill()
    process.wait()
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    with embedded.Engines(data):
        assert remembered(data) == (["door"], ["door"])
        assert gone(*pids)()


def test_a_second_start_in_the_same_folder_is_refused(data):
    with embedded.Engines(data), pytest.raises(embedded.EngineError, match="already running"):
        embedded.Engines(data).start()


def test_a_postmaster_file_naming_a_stranger_is_removed(data):
    with embedded.Engines(data) as engines:
        home = Path(engines.members[0].process.args[2])
        remember(data, "lift")
    (home / "postmaster.pid").write_text(f"{psutil.pids()[0]}\n{home}\n0\n5432\n{embedded.socket_dir(data)}\n\n  1  1\nready\n")
    with embedded.Engines(data):
        assert remembered(data)[0] == ["lift"]


def test_a_truncated_append_only_file_is_loaded(data):
    with embedded.Engines(data):
        remember(data, "bin")
        remember(data, "barrier")
    newest = max((data / "valkey").rglob("*.incr.aof"))
    with newest.open("r+b") as file:
        file.truncate(newest.stat().st_size - 7)
    with embedded.Engines(data):
        assert remembered(data)[1] == ["bin"]


def test_a_corrupt_append_only_file_is_one_sentence(data):
    with embedded.Engines(data):
        remember(data, "meter")
    newest = max((data / "valkey").rglob("*.incr.aof"))
    newest.write_bytes(b"nonsense\r\n" * 50)
    with pytest.raises(embedded.EngineError, match=r"^Valkey did not start: .*its log is .*valkey-server.log\.$"):
        embedded.Engines(data).start()


def test_a_foreign_folder_is_not_taken_for_a_database(data):
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "letter.txt").write_text("not yours")
    with pytest.raises(embedded.EngineError, match="not a PostgreSQL data directory"):
        embedded.Engines(data).start()
    assert (data / "postgres" / "letter.txt").read_text() == "not yours"


def test_a_damaged_database_is_one_sentence_and_leaves_nothing_running(data):
    with embedded.Engines(data) as engines:
        home = Path(engines.members[0].process.args[2])
    (home / "global" / "pg_control").write_bytes(b"\0" * 8192)
    with pytest.raises(embedded.EngineError, match=r"^PostgreSQL did not start: [^\n]+$"):
        embedded.Engines(data).start()
    assert processes.working_in(home, "postgres") == []
    assert processes.working_in(data / "valkey", "valkey-server") == []


def test_a_data_folder_that_is_a_file_is_one_sentence(data):
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text("")
    with pytest.raises(embedded.EngineError, match="File exists"):
        embedded.Engines(data).start()
    data.unlink()


def test_socket_paths_are_short_however_long_the_folder(tmp_path):
    data = tmp_path.joinpath(*["a-rather-long-name"] * 12)
    longest = embedded.socket_dir(data) / ".s.PGSQL.5432"
    assert len(os.fsencode(longest)) < 104  # macOS has the shortest limit


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders PostgreSQL's account cannot enter")
def test_root_may_keep_its_data_in_a_folder_nobody_else_can_enter(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data = closed / "data"
    with embedded.Engines(data, say=lambda _: None):
        remember(data, "tunnel")
    elsewhere = Path((data / "postgres.path").read_text().strip())
    with embedded.Engines(data, say=lambda _: None):
        assert remembered(data)[0] == ["tunnel"]
    embedded.remove(data)
    assert not elsewhere.exists()
