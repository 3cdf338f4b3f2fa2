"""What every test may ask for: the engines, a broker, a browser, and a way to wait for something to become true."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_django

from tests.engines import TestEngines

ENGINES = TestEngines()
# What is true does not depend on how busy the machine is.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large]
)
hypothesis.settings.load_profile("patient")
CHROMIUM_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-django sets Django up, which it does last in this hook."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "hypervisor.settings"
    os.environ.setdefault("VIGIE_DEBUG", "0")
    os.environ.setdefault("VIGIE_RETENTION_DAYS", "20000")  # what supervisors once sent keeps its dates
    os.environ.setdefault("VIGIE_SECRET_KEY", "a-key-for-tests-that-guards-nothing-at-all-0123456789")
    config.add_cleanup(ENGINES.stop)  # also after Ctrl-C
    # A test run that is told to stop must take its engines with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    hands_out = config.getoption("numprocesses", default=None) and not hasattr(config, "workerinput")
    if not hands_out:
        ENGINES.start(alone=not hasattr(config, "workerinput"))  # each worker its own
    import django

    if hands_out:
        del os.environ[
            "DJANGO_SETTINGS_MODULE"
        ]  # a worker that inherited it would read the settings before its engines are there
        return
    django.setup()  # pytest-django takes up a Django whose settings are there, and looks for them only before this file


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Whether pytest-django takes the database as it is."""
    return ENGINES.migrated


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Pytest-django's, and the database it made is kept for the next run."""
    with django_db_blocker.unblock():
        ENGINES.keep()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A test is not named by long content: it may differ from one worker to the next, and nobody can type it."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


@pytest.fixture
def wait_until() -> Callable[..., object]:
    """wait_until(condition, timeout=30.0): the condition's first true value; the test fails when there is none in time."""

    def wait(condition: Callable[[], object], timeout: float = 30.0) -> object:
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"not true within {timeout:g} s: {getattr(condition, '__name__', condition)}")
            time.sleep(0.01)
        return value

    return wait


@pytest.fixture
def free_port() -> Callable[[], int]:
    """free_port(): a TCP port of the loopback interface nobody listens on."""
    return _free_port


@pytest.fixture
def valkey() -> Iterator[object]:
    """A redis-py client of the test Valkey, which is empty before and after the test."""
    import redis

    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushall()
        yield client
        client.flushall()


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an MQTT broker for this test run, such as mqtt://127.0.0.1:40001, without limits of its own."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    if program is None:
        pytest.fail("mosquitto is not installed: script/test installs it, or names the command that does.")
    folder, port = tmp_path_factory.mktemp("mosquitto"), _free_port()
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
        "max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n"
    )
    with (folder / "log").open("wb") as log:
        broker = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_listening(port, broker, folder / "log")
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        broker.terminate()
        broker.wait(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """A Playwright Browser for the tests of one module.

    Playwright keeps an event loop running in this thread, so a module that asks for it has no async tests, and it is
    closed with the module. For the same reason Django is told that its calls are meant.
    """
    yield from browser()


def browser() -> Iterator[object]:
    """Starts a Playwright Browser, yields it, closes it."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = os.environ.get("VIGIE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.fail("Chromium is not installed: script/test installs it, or names the command that does.")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            launched = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
            yield launched
            launched.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(chromium: object) -> Iterator[object]:
    """A Playwright Page in a fresh browser context; the test fails when a script of the page raised."""
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    raised: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: raised.append(str(error)))
    yield page
    context.close()
    assert raised == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_listening(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the server did not open port {port}:\n{log.read_text()}")
        time.sleep(0.01)
