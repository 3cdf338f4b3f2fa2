"""The administration in a real browser, under its content policy: its library works, and nothing it does is refused."""

from playwright.sync_api import expect

from tests.desk.room import elsewhere


def test_the_administration_works_under_its_content_policy(enter, room):
    root = room.people["admin"]
    root.is_staff = root.is_superuser = True
    elsewhere(lambda: root.save(update_fields=["is_staff", "is_superuser"]))
    page = enter("admin")
    page.goto(f"{room.served.url}/admin/")  # the desk gives up what it was loading, and says so
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    site = f"assets/site/{room.site.pk}/change/"
    for path in ("", "assets/asset/", "hypervisor/user/add/", site):
        page.goto(f"{room.served.url}/admin/{path}")
        expect(page.locator("h1, h2").first).to_be_visible()
    page.locator("input[name=name]").fill("Quai du port")
    page.locator("[name=_save]").click()
    expect(page.locator("body")).to_contain_text("Quai du port")
    assert told == []
