"""A real web process, and devices and connectors that end with their test."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.commands.conftest import field, supervisor
from tests.connectors.devices import Connector, Device
from tests.connectors.publisher import Publisher
from tests.desk.served import Served

__all__ = ["field", "supervisor"]


@pytest.fixture(scope="module")
def served(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A web process of our own on the test database."""
    with Served(tmp_path_factory.mktemp("web") / "log") as process:
        yield process


@pytest.fixture
def device() -> Iterator[Device]:
    running = Device()
    yield running
    running.end()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    running = Publisher()
    yield running
    running.end()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Connector]]:
    """connect(text) → a running connector with this file.

    Its token is of this test alone: the web process knows feeds and tokens for two seconds, and would still write what comes with
    the one before into the log of the last test's site.
    """
    from assets import tokens
    from assets.models import Feed
    from tests.factories import TOKEN

    running: list[Connector] = []
    token = secrets.token_urlsafe(12)

    def begin(text: str, *more: str, folder: Path | None = None) -> Connector:
        if TOKEN in text:
            Feed.objects.filter(token_hash=tokens.digest(TOKEN)).update(token_hash=tokens.digest(token))
        running.append(Connector(folder or tmp_path / f"connector-{len(running)}", text.replace(TOKEN, token), *more))
        return running[-1]

    yield begin
    for one in running:
        for child in psutil.Process(one.process.pid).children() if one.process.poll() is None else []:
            child.kill()
        one.process.kill()
        one.process.wait()
