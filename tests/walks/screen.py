"""The page of passages in a real browser: who waits there, let in with one key."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.conftest import browser

PATIENCE = 90_000
"""Milliseconds; what is true does not depend on how busy the machine is."""


@contextmanager
def screen(port: int, site: str, cookie: str) -> Iterator[Page]:
    """The queue of a site, live, in front of whoever has this session."""
    expect.set_options(timeout=PATIENCE)
    browsers = browser()
    chromium = next(browsers)
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": f"http://127.0.0.1:{port}"}])
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/sites/{site}/passages")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    try:
        yield page
    finally:
        context.close()
        next(browsers, None)


def let_in(page: Page, plate: str) -> None:
    """See the vehicle and what is recommended, and press the one key that lets it in."""
    expect(page.locator(".vehicle")).to_contain_text(plate)
    expect(page.locator("#case h2")).to_have_text("Recommandation : ouvrir")
    expect(page.get_by_role("button", name="Valider")).to_be_enabled()
    page.keyboard.press("v")
    expect(page.locator("#case .decided").first).to_contain_text("Ouvert par vous")


def is_confirmed(page: Page) -> None:
    """See the field's own word."""
    expect(page.locator("#case .order")).to_have_text("Ordre à la barrière : confirmée par le terrain")
