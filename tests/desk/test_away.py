"""While the server cannot be reached, a page that was installed says since when, and gives way once it answers again."""

import re

from playwright.sync_api import expect

CONTROLLED = "async () => { await navigator.serviceWorker.ready; return (await caches.keys()).length === 1 }"


def test_a_page_that_cannot_be_had_says_since_when_and_comes_back_by_itself(enter, room):
    page = enter(service_workers="allow")
    page.wait_for_function(CONTROLLED)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.goto(f"{room.served.url}/sites/quai/alarms")
    heading = page.get_by_role("heading", name="Vigie est hors de portée")
    expect(heading).to_be_visible()
    expect(page.locator("[data-since=fr]")).to_have_text(re.compile(r"depuis \d\d:\d\d"))
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).display") != "inline", "its style sheets were kept"
    page.context.set_offline(False)
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    expect(heading).to_have_count(0)


def test_the_manifest_is_one_that_a_browser_installs_by(enter, room):
    page = enter(service_workers="allow")
    told = page.request.get(page.locator("link[rel=manifest]").evaluate("link => link.href"))
    assert told.headers["content-type"] == "application/manifest+json"
    manifest = told.json()
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/", "/")
    assert page.request.get(f"{room.served.url}{manifest['icons'][0]['src']}").ok
