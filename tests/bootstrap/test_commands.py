"""The commands a newcomer types: what they refuse, they refuse at once and in one sentence."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hypervisor import embedded, processes

ROOT = Path(__file__).resolve().parent.parent.parent


def demo(*arguments):
    return subprocess.run([ROOT / "script" / "demo", *arguments], capture_output=True, text=True, timeout=60)


@pytest.fixture
def busy_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("form", ["--port {}", "--port={}"])
def test_a_port_in_use_is_refused_before_any_work(busy_port, tmp_path, form):
    refused = demo(*form.format(busy_port).split(), "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines() == [
        f"script/demo: Port {busy_port} is in use: choose another with --port, or stop what listens there."
    ]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("option", "value"), [("--port", "70000"), ("--port", "http"), ("--assets", "0"), ("--colour", "red")])
def test_an_option_that_makes_no_sense_is_refused(option, value, tmp_path):
    refused = demo(option, value, "--data", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert option in refused.stderr


def test_the_help_needs_no_installation():
    assert demo("--help").stdout.startswith("Runs Vigie with a pretend city")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path, free_port):
    (tmp_path / "file").write_text("")
    refused = demo("--port", str(free_port()), "--data", str(tmp_path / "file" / "data"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("script/demo: Not a directory: ")


def test_the_engines_command_says_where_they_are_and_ends_them(tmp_path, wait_until):
    data = tmp_path / "data"
    env = {**os.environ, "VIGIE_DATA": str(data)}
    for name in ("DATABASE_URL", "REDIS_URL"):
        env.pop(name)
    with (tmp_path / "said").open("w") as said:
        command = subprocess.Popen([sys.executable, "manage.py", "engines"], cwd=ROOT, env=env, stdout=said)
    try:
        wait_until(lambda: embedded.redis_url(data) in (tmp_path / "said").read_text(), 60)
        assert embedded.database_url(data) in (tmp_path / "said").read_text()
        command.send_signal(signal.SIGTERM)
        assert command.wait(60) == 0
        assert processes.working_in(data / "valkey", "valkey-server") == []
    finally:
        command.kill()
        command.wait()
        embedded.remove(data)
