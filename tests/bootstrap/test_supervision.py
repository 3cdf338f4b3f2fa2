"""The supervisor mends what dies, ends what it started, and finds what an earlier one could not end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hypervisor import processes
from hypervisor.run.supervision import AlreadyRunning, end_leftovers

ROOT = Path(__file__).resolve().parent.parent.parent

STEADY = "import time; print('here', flush=True); time.sleep(600)"
FLEETING = "import sys; print('no bread today', flush=True); sys.exit(3)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)\nwhile True: time.sleep(600)"
)
PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\ntime.sleep(600)"
)
SUPERVISOR = """
import os, sys
from pathlib import Path
from hypervisor.run.supervision import Child, Supervisor
data, grace, *programs = sys.argv[1:]
data = Path(data)
children = [
    Child(f"child{i}", [sys.executable, "-c", program], float(grace), early=not program.startswith("# later"))
    for i, program in enumerate(programs)
]
supervisor = Supervisor(data, children, None, lambda line: print(line, flush=True), os.environ, Path("/"))
supervisor.interruption.install()
supervisor.start()
print("started", flush=True)
supervisor.run(lambda: supervisor.start_others() if (data / "go").exists() else None)
print("stopping", flush=True)
supervisor.stop()
print("stopped", flush=True)
"""


class Run:
    """A supervisor in a process of its own, with what it said and what its children wrote."""

    def __init__(self, data, *programs, grace=10):
        self.data, self.said = data, data / "said"
        data.mkdir(exist_ok=True)
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR, str(data), str(grace), *programs],
                stdout=output, stderr=subprocess.STDOUT, cwd=ROOT,
            )  # fmt: skip

    def says(self, *words):
        return lambda: all(word in self.said.read_text() for word in words)

    def wrote(self, child, word):
        log = self.data / "log" / f"{child}.log"
        return lambda: log.exists() and word in log.read_text()

    def children(self):
        record = json.loads((self.data / "run.json").read_text())
        return {name: pid for name, (pid, _) in record["children"].items()}

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def run(tmp_path):
    started = []

    def start(*programs, grace=10):
        started.append(Run(tmp_path / "data", *programs, grace=grace))
        return started[-1]

    yield start
    for one in started:
        one.end()


def gone(pid):
    return lambda: processes.birth(pid) is None


def test_a_killed_child_is_started_again_and_said(run, wait_until):
    one = run(STEADY)
    wait_until(one.wrote("child0", "here"))
    first = one.children()["child0"]
    os.kill(first, signal.SIGKILL)
    wait_until(one.says("child0 was killed by SIGKILL and starts again in 1 s", "child0 started again"))
    assert one.children()["child0"] != first


def test_children_that_are_not_early_wait_to_be_let_go_and_start_once(run, wait_until):
    one = run(STEADY, f"# later\n{STEADY}", FLEETING)
    wait_until(one.says("child2 started again"))  # and what mends the dead did not take child1 for one
    assert set(one.children()) == {"child0", "child2"}
    (one.data / "go").touch()
    wait_until(one.wrote("child1", "here"))
    pid = one.children()["child1"]
    os.kill(one.children()["child0"], signal.SIGKILL)
    wait_until(one.says("child0 started again"))
    assert one.children()["child1"] == pid
    assert "child1" not in one.said.read_text()


def test_a_child_that_keeps_dying_is_tried_ever_less_often_with_its_last_words(run, wait_until):
    one = run(FLEETING)
    wait_until(one.says("ended with status 3 and starts again in 1 s", "again in 2 s", "again in 4 s", "no bread today"), 20)


def test_ctrl_c_ends_every_child(run, wait_until):
    one = run(STEADY, PARENT)
    wait_until(one.wrote("child0", "here"))
    wait_until(one.wrote("child1", "\n"))
    grandchild = int((one.data / "log" / "child1.log").read_text())
    pids = one.children()
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(20) == 0
    for pid in (*pids.values(), grandchild):
        wait_until(gone(pid))
    assert not (one.data / "run.json").exists()


def test_a_child_deaf_to_the_stop_is_killed_after_its_grace(run, wait_until):
    one = run(STUBBORN, grace=0.5)
    wait_until(one.wrote("child0", "deaf"))
    one.process.terminate()
    assert one.process.wait(20) == 0
    assert "did not end within 0.5 s" in one.said.read_text()


def test_a_second_ctrl_c_does_not_wait_for_the_grace(run, wait_until):
    one = run(STUBBORN, grace=3600)
    wait_until(one.wrote("child0", "deaf"))
    pid = one.children()["child0"]
    one.process.send_signal(signal.SIGINT)
    wait_until(one.says("stopping"))
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(20) == 0
    assert gone(pid)()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_end_when_the_supervisor_is_killed(run, wait_until):
    one = run(STEADY)
    wait_until(one.wrote("child0", "here"))
    pid = one.children()["child0"]
    one.process.kill()
    wait_until(gone(pid))


def test_the_next_start_ends_what_a_killed_supervisor_left(run, wait_until):
    one = run(STUBBORN)
    wait_until(one.wrote("child0", "deaf"))
    pid = one.children()["child0"]
    one.end()
    said = []
    assert not gone(pid)()
    end_leftovers(one.data, said.append, grace=0.5)
    wait_until(gone(pid))
    assert said == ["Ending what an abrupt stop left running: child0."]


def test_a_living_supervisor_is_not_taken_for_a_leftover(run, wait_until):
    one = run(STEADY)
    wait_until(one.wrote("child0", "here"))
    with pytest.raises(AlreadyRunning, match=str(one.process.pid)):
        end_leftovers(one.data, print)


def test_a_process_that_only_inherited_the_number_is_left_alone(tmp_path, wait_until):
    stranger = subprocess.Popen([sys.executable, "-c", STEADY], stdout=subprocess.DEVNULL, process_group=0)
    record = {"supervisor": [stranger.pid, 1.0], "children": {"web": [stranger.pid, 1.0]}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    end_leftovers(tmp_path, print)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_record_cut_short_by_a_full_disk_does_not_stop_the_start(tmp_path):
    (tmp_path / "run.json").write_text('{"supervisor": [1')
    end_leftovers(tmp_path, print)
    assert not (tmp_path / "run.json").exists()
