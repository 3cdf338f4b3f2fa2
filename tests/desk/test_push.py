"""Web push in a browser: the button is there once the site has a key, and what is pushed is shown, with its link."""

import json

from playwright.sync_api import expect

from journal.actors import Actor
from response.notification import gateways
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings
from tests.factories import NOON

TOLD = {"id": "0c1d", "title": "Quai", "body": "CRITIQUE — Niveau haut", "link": "https://vigie.ville.fr/a/x", "urgent": True}
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.getRegistration(document.getElementById("subscribe").dataset.worker);
  const [shown] = await registration.getNotifications();
  return shown ? {title: shown.title, body: shown.body, link: shown.data, stays: shown.requireInteraction} : null;
}"""


def test_what_is_pushed_to_a_browser_is_shown_with_its_link(enter, room, wait_until):
    page = enter("operateur", "on-call", service_workers="allow")
    expect(page.locator("#subscribe")).to_have_count(0)
    settings = {"protocol": "vapid", "subject": "mailto:vigie@ville.fr"}
    elsewhere(lambda: gateways.write(room.site.pk, "push", settings, by=Actor("person", "admin"), now=NOON))
    page.context.grant_permissions(["notifications"])
    page.reload()
    expect(page.get_by_role("button", name="Être prévenu dans ce navigateur")).to_be_visible()
    assert findings(page) == []
    given = []
    session = page.context.new_cdp_session(page)
    ours = lambda told: [each for each in told["registrations"] if each["scopeURL"].endswith("/js/")]  # noqa: E731
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: given.extend(ours(told)))
    session.send("ServiceWorker.enable")
    page.evaluate("""async () => {
      const worker = document.getElementById("subscribe").dataset.worker;
      const registration = await navigator.serviceWorker.register(worker);
      const pending = registration.installing ?? registration.waiting;
      if (!pending) return;
      await new Promise((done) => pending.addEventListener("statechange", () => pending.state === "activated" && done()));
    }""")
    wait_until(lambda: page.evaluate("1") and given)
    told = {"origin": room.served.url, "registrationId": given[-1]["registrationId"], "data": json.dumps(TOLD)}
    session.send("ServiceWorker.deliverPushMessage", told)
    shown = wait_until(lambda: page.evaluate(SHOWN))
    assert shown == {"title": "Quai", "body": TOLD["body"], "link": TOLD["link"], "stays": True}
