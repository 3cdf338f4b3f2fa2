"""Everything on the desk is reached by the keyboard in few steps: a group of buttons is one stop, and arrows go on inside it."""

from playwright.sync_api import expect

HERE = "document.activeElement.textContent.trim()"


def test_arrows_go_through_the_kinds_and_bring_them_into_view(enter, room):
    page = enter(charted=True)
    chips = page.locator(".map-chips")
    expect(chips).to_be_visible()
    first = chips.get_by_role("button").first
    first.focus()
    assert chips.locator('[tabindex="0"]').count() == 1
    page.keyboard.press("ArrowRight")
    second = chips.get_by_role("button").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("End")
    last = chips.get_by_role("button").last
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(last).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Home")
    expect(first).to_be_focused()


def test_few_steps_lead_from_the_top_to_the_list(enter, room):
    room.raise_alarms([0], "high")
    page = enter(charted=True)
    expect(page.locator(".map-chips")).to_be_visible()
    page.locator("h1").first.click(force=True)
    page.evaluate("document.activeElement.blur()")
    steps = 0
    while page.evaluate("document.activeElement.id") != "grid" and steps < 60:
        page.keyboard.press("Tab")
        steps += 1
    assert steps < 36, "it was 47"


def test_the_volume_is_kept_and_heard_at_once(enter, room):
    page = enter()
    page.locator(".person summary").click()
    volume = page.locator("#volume")
    volume.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(volume).to_have_value("80")
    page.reload()
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    expect(page.locator("#volume")).to_have_value("80")
