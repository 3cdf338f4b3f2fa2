"""A real web process, and devices and connectors that end with their test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.commands.conftest import field, supervisor
from tests.connectors.devices import Connector, Device
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
def connect(tmp_path: Path) -> Iterator[Callable[..., Connector]]:
    """connect(text) → a running connector with this file."""
    running: list[Connector] = []

    def begin(text: str, *more: str, folder: Path | None = None) -> Connector:
        running.append(Connector(folder or tmp_path / f"connector-{len(running)}", text, *more))
        return running[-1]

    yield begin
    for one in running:
        for child in psutil.Process(one.process.pid).children() if one.process.poll() is None else []:
            child.kill()
        one.process.kill()
        one.process.wait()
