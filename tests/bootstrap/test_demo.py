"""The demo from the first line to the last: usable, mended while it runs, quick the second time, gone after Ctrl-C."""

import http.client
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest
from vigie_client import Alarm, Vigie

from hypervisor import embedded, processes

ROOT = Path(__file__).resolve().parent.parent.parent
READY = re.compile(r"^Ready  http://127\.0\.0\.1:(\d+)  operateur / chef / admin / auditeur, mot de passe vigie$", re.MULTILINE)


class Demo:
    def __init__(self, data, port, said):
        self.data, self.port, self.said = data, port, said
        env = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        del env["DATABASE_URL"], env["REDIS_URL"]
        with said.open("w") as output:
            self.process = subprocess.Popen(
                [ROOT / "script" / "demo", "--port", str(port), "--data", data, "--assets", "1500", "--no-scenarios"],
                stdout=output, stderr=subprocess.STDOUT, env=env,
            )  # fmt: skip

    def ready(self):
        if self.process.poll() is not None:
            pytest.fail(self.said.read_text())
        return READY.search(self.said.read_text())

    def status(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def children(self):
        return json.loads((self.data / "run.json").read_text())["children"]

    def processes(self):
        return [process.pid for process in psutil.Process(self.process.pid).children(recursive=True)]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0, self.said.read_text()


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data"
    yield path
    embedded.remove(path)


@pytest.fixture
def demo(data, tmp_path, free_port):
    started = []

    def start():
        started.append(Demo(data, free_port(), tmp_path / f"said-{len(started)}"))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGINT)
            one.process.send_signal(signal.SIGINT)
            one.process.wait(60)


@pytest.mark.timeout(600)
def test_the_demo_becomes_usable_mends_itself_and_leaves_nothing_behind(demo, data, wait_until):
    first = demo()
    wait_until(first.ready, 300)
    assert first.status("/health/ready") == 200
    wait_until(lambda: {"web", "worker", "worker-long", "beat", "correlate", "subscribe", "city"} <= set(first.children()))
    children = first.children()
    city = json.loads((data / "city.json").read_text())
    assert psutil.Process(children["web"][0]).environ()["VIGIE_CITY_URL"] == f"http://127.0.0.1:{city['port']}"

    os.kill(children["web"][0], signal.SIGKILL)
    wait_until(lambda: "web was killed by SIGKILL and starts again in 1 s" in first.said.read_text())
    wait_until(lambda: first.status("/health/ready") == 200, 120)

    running = first.processes()
    first.stop()
    assert [pid for pid in running if processes.birth(pid)] == []
    assert first.said.read_text().endswith("Stopped.\n")

    second = demo()
    wait_until(second.ready, 120)
    assert "Inventing" not in second.said.read_text()
    second.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_scenario_of_the_living_city_raises_alarms_that_say_why(demo, data, wait_until):
    """From the button to the alarm, over every process: the pretend supervisors, the log, the correlator, the interface."""
    one = demo()
    wait_until(one.ready, 300)
    city = json.loads((data / "city.json").read_text())
    with Vigie.as_person(f"http://127.0.0.1:{one.port}", "chef", "vigie", timeout=30) as desk:

        def alarms() -> dict[str, Alarm]:
            return {alarm.rule: alarm for alarm in desk.alarms("les-arches")}

        def started() -> bool:
            try:
                return httpx.post(f"http://127.0.0.1:{city['port']}/scenarios/access-breach").status_code == 202
            except httpx.TransportError:
                return False  # the supervisors come after the control room

        wait_until(started, 60)
        wait_until(lambda: {"door-forced", "door-after-refusal"} <= set(alarms()), 60)
        told = desk.get(f"alarms/{alarms()['door-after-refusal'].id}")
        assert told["evidence"]["kind"] == "sequence"
        assert told["sentence"]["fr"].startswith("Badge refusé puis porte forcée")
