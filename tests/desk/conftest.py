"""Fixtures of the desk's tests: a served room with real engines behind it, and people in front of real browser windows."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import browser
from tests.desk.served import Served

HERE = Path(__file__).parent
_running = ExitStack()


@pytest.fixture
def chromium() -> object:
    """One browser for all of the desk's tests that follow each other: starting it for each file cost more than most tests.

    Playwright keeps an event loop running in this thread, so nothing in this folder is async, and the browser is closed before
    a test of another folder.
    """
    if not _kept:
        _kept.append(_running.enter_context(contextmanager(browser)()))
    return _kept[0]


_kept: list[object] = []


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    if nextitem is None or HERE not in nextitem.path.parents:
        _kept.clear()
        _running.close()


@pytest.fixture(scope="session")
def served(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A web process of our own on the test database."""
    with Served(tmp_path_factory.mktemp("web") / "log") as process:
        yield process


@pytest.fixture
def room(transactional_db: None, served: Served):
    """A tests.desk.room.Room: a site with twelve river gauges, a rule, and one person per role."""
    from tests.desk.room import Room, elsewhere

    served.resume()
    yield elsewhere(lambda: Room(served))
    served.ensure()
    elsewhere(served.pause)


@pytest.fixture
def enter(chromium: object, room: object) -> Iterator[Callable[..., object]]:
    """enter(name="operateur", path="", **context) → a page of the site, live.

    `grouped=False`: this browser was told to show every alarm as a row of its own, and not under its incident.
    `script` runs before those of each page. Service workers are kept away unless service_workers="allow".
    The map's library is kept from the page unless charted=True: drawing the city without a graphics card is most of the work of a
    desk, and most tests are not about it. The test fails when a script raised, or when the content policy had to refuse anything.
    """
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)  # a machine that runs the whole suite at once is not quick
    contexts, wrong = [], []

    def open_(
        name: str = "operateur",
        path: str = "",
        context: object = None,
        live: bool = True,
        charted: bool = False,
        grouped: bool = True,
        script: str = "",
        **options: object,
    ) -> object:
        if context is None:
            usual = {"locale": "fr-FR", "viewport": {"width": 1440, "height": 900}, "service_workers": "block"}
            context = chromium.new_context(**usual | options)
            context.add_cookies([{"name": "sessionid", "value": room.session(name), "url": room.served.url}])
            contexts.append(context)
            if not grouped:
                context.add_init_script("localStorage.setItem('vigie.grouping', 'flat')")
            if script:
                context.add_init_script(script)
            if not charted:
                context.route("**/maplibre-gl.mjs", lambda route: route.abort())
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(f"{room.served.url}/sites/{room.site.slug}/{path}")
        if live:
            expect(page.locator("#link")).to_have_attribute("data-state", "live")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []
