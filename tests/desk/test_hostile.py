"""Names as somebody would send them who wants a script to run or a screen to break: shown as written, on every page."""

from itertools import cycle

import pytest
from playwright.sync_api import expect

from alarms.models import MaintenanceWindow
from assets.instants import instant
from assets.models import UnknownAddress
from journal.models import Webhook
from response.models import Procedure, ProcedureVersion
from tests.desk.room import elsewhere
from tests.factories import make_user

RAN = "<img src=x onerror=window.ran=1>"
EVIL = (
    f"{RAN}</script><script>window.ran=2</script>'\"`${{7*7}}{{{{7*7}}}}{{% now %}}",
    "\u202etxt.exe\u202c \u200f\u05d0\u05d1 👩‍👩‍👧‍👦🏴‍☠️ Z̷̡̗a̵l̶g̴o̷̢",
    "x" * 118,
)
"""HTML and templates; marks that turn a line round, and what takes several code points; a word that has no end."""


def unhurt(page, where: str) -> None:
    """Nothing ran, nothing of a name became an element, and the page is no wider than its window."""
    found = page.evaluate(
        "() => ({ran: window.ran, made: document.querySelectorAll('img[src=x]').length,"
        " wide: document.documentElement.scrollWidth - window.innerWidth})"
    )
    assert (found.get("ran"), found["made"], max(0, found["wide"])) == (None, 0, 0), where


@pytest.fixture
def evil(room):
    """A room in which everything with a name has such a one."""
    room.make_demo()
    elsewhere(room.furnish)
    asset, feed, rule = room.assets[0], room.feed, room.rule
    for index, name in enumerate(EVIL):
        room.assets[index].name = name
        room.assets[index].attributes = {name[:60]: name, "street": name}
        room.assets[index].save(update_fields=["name", "attributes"])
    feed.name, feed.supervisor.name, room.sector.name = EVIL[0][:80], EVIL[0][:80], EVIL[0][:80]
    feed.save(update_fields=["name"])
    feed.supervisor.save(update_fields=["name"])
    room.sector.save(update_fields=["name"])
    rule.name_fr = rule.name_en = EVIL[0][:120]
    rule.save(update_fields=["name_fr", "name_en"])
    now = instant(0)
    for name in EVIL:
        UnknownAddress.objects.create(feed=feed, address=name, sample=name[:60], first_seen_at=now, last_seen_at=now)
    make_user("x" * 150, room.site).last_name = EVIL[0]
    _name_what_is_furnished(room)
    room.run.file_name, room.run.message = EVIL[0][:200], EVIL[2]
    room.run.details = {
        "digest": "x", "detected": [{"what": RAN, "value": RAN, "write": "", "confirm": True}],
        "new": [{"code": EVIL[2], "name": RAN, "kind": RAN, "sector": RAN}], "gone": [{"code": RAN, "name": RAN, "kind": RAN}],
        "changed": [{"code": RAN, "fields": {RAN: {"before": RAN, "after": EVIL[2]}}}],
        "refused": [
            {"row": 1, "code": EVIL[2], "sentence": EVIL[2] + RAN, "reason": "UNKNOWN_KIND", "fields": {"kind": EVIL[2] + RAN}}
        ],
    }  # fmt: skip
    room.run.finished_at = room.run.started_at
    room.run.save()
    assert asset.name == EVIL[0]
    return room


def _name_what_is_furnished(room) -> None:
    """Webhooks, maintenances, and the procedure that runs with all its steps."""
    Webhook.objects.update(name=EVIL[0][:80], last_error=EVIL[0][:200])
    MaintenanceWindow.objects.update(reason=EVIL[0][:200])
    Procedure.objects.update(name_fr=EVIL[0], name_en=EVIL[0])
    for version in ProcedureVersion.objects.all():
        version.definition["name"] = version.definition["purpose"] = {"fr": EVIL[0], "en": EVIL[0]}
        for step, name in zip(version.definition["steps"], cycle(EVIL)):
            step["title"] = step["text"] = {"fr": name, "en": name}
        version.save(update_fields=["definition"])


@pytest.mark.parametrize("width", [1440, 390])
def test_what_is_named_to_hurt_is_shown_as_written_on_every_page(enter, evil, width):
    page = enter("admin", path="list", viewport={"width": width, "height": 900})
    unhurt(page, "list")
    more = ["rules", f"rules/{evil.rule.pk}", "maintenance", *(f"assets/{asset.pk}" for asset in evil.assets[1:3])]
    for path in [*evil.pages(), *more, "assets?q=CR"]:
        page.goto(f"{evil.served.url}/sites/{evil.site.slug}/{path}")
        expect(page.locator("h1").first).to_be_attached()
        unhurt(page, path)


def test_what_is_named_to_hurt_is_an_alarm_like_any_other(enter, evil):
    evil.raise_alarms([0, 1, 2], "critical")
    page = enter(grouped=False)
    rows = page.locator("#grid .row:visible")
    expect(rows).to_have_count(3)
    unhurt(page, "rows")
    for _ in range(3):
        page.keyboard.press("j")
        expect(page.locator("#detail .why li").first).to_be_visible()
        expect(page.locator("#detail .chart svg").first).to_be_visible(timeout=30_000)
        unhurt(page, "detail")
