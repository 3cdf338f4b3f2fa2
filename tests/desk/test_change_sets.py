"""A change set in a real browser: read by category, a line left out, approved, and said when the inventory moved meanwhile."""

import datetime as dt
from pathlib import Path

from playwright.sync_api import expect

from assets.inventory import mapping, runs
from assets.models import Asset, ImportRun
from hypervisor import change_sets
from journal.actors import Actor
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def compared(room, path: Path) -> ImportRun:
    """A list that renames one gauge, adds another and lacks the last, in alarm."""
    first, *others, gone = room.assets
    rows = [f"{one.code},{one.name},{one.kind.slug},{one.longitude},{one.latitude}" for one in (first, *others)]
    rows[0] = rows[0].replace(first.name, "Écluse")
    path.write_text("\n".join(["code,name,kind,longitude,latitude", *rows, f"N-1,Neuve,{gone.kind.slug},2.0,48.0"]) + "\n")
    room.raise_alarms([len(room.assets) - 1])
    return elsewhere(lambda: runs.compare(runs.Order(room.site, path, mapping.complete(mapping.NATIVE)), clock=lambda: NOW))


def carried_out(run: ImportRun) -> None:
    by = Actor("person", "admin")
    elsewhere(lambda: change_sets.carry_out(ImportRun.objects.get(pk=run.pk), run.details["digest"], by, {}))


def test_a_change_set_is_reviewed_approved_and_written(enter, room, tmp_path):
    run = compared(room, tmp_path / "liste.csv")
    page = enter("admin", f"assets/imports/{run.pk}")
    rows = page.locator(".changes-of tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="Écluse")).to_contain_text(room.assets[0].name)
    alarms = page.locator("[data-section=alarms]")
    expect(alarms).to_contain_text(room.assets[-1].code)
    assert findings(page) == []
    page.get_by_label("Écrire N-1").press("Space")
    expect(page.locator("#run")).to_contain_text("À écrire : 2. Écartés : 1.")
    expect(page.get_by_label("Écrire N-1")).to_be_focused()
    page.get_by_role("link", name="absent du fichier").click()
    page.wait_for_load_state("load")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Écarter toute cette liste").click()
    expect(alarms).to_have_count(0)
    page.get_by_role("button", name="Reprendre toute cette liste").click()
    expect(alarms).to_have_count(1)
    page.get_by_role("button", name="Approuver et écrire").click()
    expect(page.locator("#run")).to_contain_text("Approuvé par")
    carried_out(run)
    expect(page.locator("#run h2").first).to_have_text("importé")
    assert elsewhere(lambda: Asset.objects.get(pk=room.assets[-1].pk).retired_at) is not None
    assert elsewhere(lambda: Asset.objects.filter(code="N-1").exists()) is False


def test_what_moved_meanwhile_is_named(enter, room, tmp_path):
    run = compared(room, tmp_path / "liste.csv")
    elsewhere(lambda: Asset.objects.filter(pk=room.assets[0].pk).update(name="Vanne"))
    elsewhere(lambda: type(room.site).objects.filter(pk=room.site.pk).update(inventory_version=room.site.inventory_version + 1))
    page = enter("admin", f"assets/imports/{run.pk}")
    moved = page.locator("[data-section=meanwhile]")
    expect(moved).to_contain_text("Vanne")
    assert findings(page) == []
    page.get_by_role("button", name="Comparer de nouveau").click()
    expect(page.locator("#run h2").first).to_have_text("comparaison en cours")
