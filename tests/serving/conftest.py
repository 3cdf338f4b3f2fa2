"""Fixtures of the tests of the web process: a real one, asked byte by byte."""

from collections.abc import Callable, Iterator

import pytest

from tests.desk.served import Served
from tests.serving.wire import Wire


@pytest.fixture(scope="module")
def served(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A web process of our own on the test database."""
    with Served(tmp_path_factory.mktemp("web") / "log") as process:
        yield process


@pytest.fixture
def dial(served: Served) -> Iterator[Callable[[], Wire]]:
    """dial() → a connection to the web process, closed at the end of the test."""
    opened: list[Wire] = []

    def open_one() -> Wire:
        opened.append(Wire(served.port))
        return opened[-1]

    yield open_one
    for wire in opened:
        wire.close()
