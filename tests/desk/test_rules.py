"""Règles in a real browser: an administrator who has never seen it writes, tries and activates a rule; and what is around."""

import datetime as dt
import time

import pytest
from playwright.sync_api import expect

from alarms.backtests import runs
from alarms.models import Backtest, Rule, Severity, WouldBeAlarm
from alarms.rules import rulebook
from assets.instants import instant, microseconds
from assets.models import AssetKind, Point
from tests.desk.room import agree, elsewhere
from tests.desk.test_accessible import findings
from tests.factories import NOON, make_asset, make_history, make_kind, make_point, make_rule

CODES = {"0": "éteint", "1": "allumé", "2": "lampe en défaut"}
CODES_EN = {"0": "off", "1": "on", "2": "lamp failure"}


BEYOND = {
    "kind": "threshold", "direction": "above", "value": 2.6, "value_at": microseconds(NOON), "limit": 2.5, "first_value": 2.55,
    "first_at": microseconds(NOON - dt.timedelta(minutes=2)), "delay": 120_000_000, "deadband": 0.05,
}  # fmt: skip


def now() -> dt.datetime:
    return instant(time.time_ns() // 1000)


@pytest.fixture
def lamps(room):
    """Thirty lamps under one cabinet, in the room of the river gauges."""

    def lay() -> None:
        point = {"quantity": "lamp_state", "unit": "", "interval": 300, "codes": CODES, "codes_en": CODES_EN}
        make_kind("lamp", name_fr="Candélabre", name_en="Street lamp", points=[
            {**point, "name_fr": "État du point lumineux", "name_en": "Lamp state"},
            {"quantity": "power", "unit": "W", "interval": 300, "name_fr": "Puissance", "name_en": "Power"},
        ])  # fmt: skip
        make_kind("cabinet", name_fr="Armoire", name_en="Cabinet")
        AssetKind.objects.filter(slug="flood-gauge").update(
            name_fr="Limnimètre", name_en="Flood gauge",
            points=[{"quantity": "water_level", "unit": "m", "interval": 60, "name_fr": "Niveau", "name_en": "Level"}],
        )  # fmt: skip
        cabinet = make_asset(room.site, "AR-203", "cabinet", name="Armoire AR-203")
        for n in range(30):
            where = {"longitude": 2.24 + (n % 6) / 900, "latitude": 48.89 + (n // 6) / 1400}
            lamp = make_asset(room.site, f"EP-{n:03}", "lamp", name=f"Candélabre EP-{n:03}", depends_on=cabinet, **where)
            make_point(lamp, room.feed, "lamp_state", unit="", codes=CODES)

    elsewhere(lay)
    return room


def field(page, name: str):
    return page.locator(f'[data-field="{name}"]')


def wait_checked(page) -> None:
    expect(page.locator("#status")).to_have_attribute("data-usable", "yes")


def write_lamps(page) -> None:
    """More than 5 lamps dark under one cabinet within 2 minutes."""
    page.get_by_role("button", name="Comptage").click()
    page.get_by_label("Nom en français").fill("Lampes éteintes sous une armoire")
    page.get_by_label("Nom en anglais").fill("Lamps dark under one cabinet")
    kinds = page.get_by_label("Types d’équipement").first
    kinds.fill("Candélabre")
    kinds.press("Enter")
    page.get_by_label("Grandeur").locator("visible=true").select_option("lamp_state")
    page.get_by_label("2 lampe en défaut").check()
    page.get_by_label("Regroupés par").select_option("parent")
    page.get_by_label("En moins de", exact=True).fill("2")
    page.get_by_label("En moins de, unité").select_option("60")
    page.get_by_label("Au moins", exact=True).fill("6")
    wait_checked(page)


def test_a_first_rule_is_written_tried_and_activated_unaided(enter, lamps, wait_until):
    page = enter("admin", path="rules")
    page.get_by_role("link", name="Nouvelle règle").click()
    write_lamps(page)
    expect(page.locator("#sentence")).to_have_text(
        "6 × état du point lumineux\u00a0: lampe en défaut en 2\u00a0min — Armoire AR-203"
    )
    expect(page.locator("#reach")).to_have_text("30 équipements, 30 points")
    page.locator("#note").fill("Une armoire, pas six lampes.")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#rule-title")).to_have_text("Lampes éteintes sous une armoire")
    wait_checked(page)
    rule = elsewhere(lambda: Rule.objects.get(slug="lampes-eteintes-sous-une-armoire"))
    spec = elsewhere(lambda: rule.versions.get().spec)
    assert spec == {
        "kind": "count", "scope": {"kinds": ["lamp"]}, "of": {"quantity": "lamp_state", "in": [2.0]}, "by": "parent",
        "within": 120.0, "limits": [{"severity": "high", "at_least": 6}],
    }  # fmt: skip
    page.get_by_role("tab", name="Rejeu").click()
    page.get_by_role("button", name="Rejouer sur l’historique").click()
    expect(page.locator("#trial-cancel")).to_be_visible()
    trial = elsewhere(lambda: wait_until(lambda: Backtest.objects.filter(rule=rule).first()))
    lamp = elsewhere(lambda: Point.objects.filter(quantity="lamp_state").earliest("pk"))
    elsewhere(lambda: make_history(lamp, {trial.starts_at + dt.timedelta(hours=22): 1.0}))
    elsewhere(lambda: runs.run(trial.pk, now))
    expect(page.locator("#trial-state")).to_contain_text("l’historique n’a de mesures que du")
    expect(page.locator("#figures .figure").first).to_contain_text("alarme")
    expect(page.locator("#trial-rows")).to_contain_text("Aucune alarme.")
    page.get_by_role("button", name="Activer…").first.click()
    agree(page)
    expect(page.locator("#standing .badge")).to_have_text("active")
    assert elsewhere(lambda: Rule.objects.get(pk=rule.pk).state) == "active"


def test_what_is_missing_is_told_at_its_field_once_one_was_there(enter, lamps):
    page = enter("admin", path="rules/new")
    page.get_by_role("button", name="Seuil").click()
    expect(page.locator("#status")).to_have_attribute("data-usable", "no")
    expect(page.locator(".error:visible")).to_have_count(0)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".error:visible").first).to_have_text("À remplir")
    expect(page.locator("#name-fr")).to_be_focused()


def test_names_that_are_missing_are_told_and_stay_told(enter, lamps):
    """A silence rule can be used as it begins: only its names are missing."""
    page = enter("admin", path="rules/new")
    page.get_by_role("button", name="Silence").click()
    expect(page.locator("#status")).to_have_text("Nom en français : À remplir")
    with page.expect_response("**/rules/preview"):
        page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#status")).to_have_attribute("data-usable", "no")
    expect(page.locator(".error:visible")).to_have_text(["À remplir", "À remplir"])
    page.get_by_label("Nom en français").fill("Débit d’eau")
    page.get_by_label("Nom en anglais").fill("Flow")
    wait_checked(page)
    expect(page.locator(".error:visible")).to_have_count(0)


def test_a_name_that_is_taken_is_told_at_its_field(enter, lamps):
    elsewhere(
        lambda: make_rule(lamps.site, "deja", {"kind": "silence", "scope": {}, "of": "asset", "severity": "low"}, active=False)
    )
    page = enter("admin", path="rules/new")
    page.get_by_role("button", name="Silence").click()
    page.get_by_label("Nom en français").fill("Déjà")
    page.get_by_label("Nom en anglais").fill("Already")
    wait_checked(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".error:visible")).to_contain_text("Le site a déjà une règle de ce nom")
    expect(page.locator("#name-fr")).to_be_focused()


def test_the_first_choice_of_a_comparison_is_kept(enter, lamps):
    page = enter("admin", path="rules/new")
    page.get_by_role("button", name="Condition").click()
    page.get_by_label("Grandeur").locator("visible=true").nth(1).select_option("power")
    compared = page.get_by_label("Comparaison").locator("visible=true").nth(1)
    compared.select_option("below")
    expect(compared).to_have_value("below")
    expect(field(page, "below").locator("visible=true")).to_have_count(1)


def test_another_rule_is_chosen_by_its_name(enter, lamps):
    page = enter("admin", path="rules/new")
    page.get_by_role("button", name="Comptage").click()
    page.get_by_label("Ce qui compte").select_option("rule")
    page.get_by_label("Règle", exact=True).select_option(label=lamps.rule.name_fr)
    page.get_by_label("Au moins", exact=True).fill("2,5")
    expect(page.locator("#status")).to_have_text("Au moins : un nombre entier est attendu")
    page.get_by_label("Au moins", exact=True).fill("2")
    page.get_by_label("Nom en français").fill("Crue")
    page.get_by_label("Nom en anglais").fill("Flood")
    wait_checked(page)
    expect(page.locator("#sentence")).to_contain_text(lamps.rule.name_fr)


def test_a_limit_no_point_has_is_told_with_those_they_have(enter, lamps):
    elsewhere(lambda: Point.objects.filter(pk=lamps.points[0].pk).update(limits={"watch": 2.1, "alarm": 2.5}))
    page = enter("admin", path="rules/new")
    page.get_by_role("button", name="Seuil").click()
    page.get_by_label("Grandeur").locator("visible=true").select_option("water_level")
    bound = field(page, "limit").first
    bound.locator("select").select_option("PointLimit.point")
    bound.locator("input").fill("alarme")
    expect(page.locator("#status")).to_contain_text("limite « alarme ». Les leurs : alarm, watch.")


def test_a_kind_that_is_not_in_the_list_is_told_and_never_means_all(enter, lamps):
    page = enter("admin", path="rules/new")
    page.get_by_role("button", name="Comptage").click()
    kinds = page.get_by_label("Types d’équipement").first
    kinds.fill("lampadaire")
    kinds.press("Tab")
    expect(page.locator(".error:visible")).to_have_text("« lampadaire » n’est pas dans la liste : choisissez-y, ou effacez.")
    expect(page.locator("#status")).to_have_attribute("data-usable", "no")
    kinds.fill("candel")
    kinds.press("Tab")
    expect(page.locator(".token")).to_contain_text("Candélabre")
    expect(page.locator(".error:visible")).to_have_count(0)


def test_what_a_version_in_shadow_would_have_said_is_read_with_its_reasons(enter, lamps):
    def shadowed() -> None:
        version = lamps.rule.versions.get()
        WouldBeAlarm.objects.create(
            version=version, of="shadow", subject=f"point:{lamps.points[0].pk}", asset=lamps.assets[0], severity=Severity.HIGH,
            raised_at=NOON, sentence_fr="Niveau haut", sentence_en="High level", evidence=BEYOND,
        )  # fmt: skip

    page = enter("admin", path=f"rules/{lamps.rule.pk}")
    wait_checked(page)
    page.get_by_role("tab", name="Ombre").click()
    expect(page.locator("#shadow-rows")).to_contain_text("Aucune alarme.")
    elsewhere(shadowed)
    page.reload()  # the tab that was open is open again
    row = page.locator("#shadow-rows tr")
    expect(row).to_contain_text("Niveau haut v1")
    expect(row).to_contain_text("encore là")
    row.get_by_text("Pourquoi ?").click()
    expect(row.locator("li").first).to_contain_text("dépasse la limite haute 2,5 m")


def test_a_version_is_put_in_shadow_and_taken_out_of_it(enter, lamps):
    page = enter("admin", path=f"rules/{lamps.rule.pk}")
    wait_checked(page)
    page.get_by_label("Confirmée pendant", exact=True).fill("5")
    wait_checked(page)
    page.get_by_role("button", name="Enregistrer comme version").click()
    expect(page.locator("#standing")).to_have_text("active v1 · brouillon v2")
    wait_checked(page)
    page.get_by_role("button", name="Observer en ombre").click()
    expect(page.locator("#standing")).to_have_text("active v1 · ombre v2")
    wait_checked(page)
    page.get_by_role("button", name="Finir l’ombre").click()
    expect(page.locator("#standing")).to_have_text("active v1 · brouillon v2")


def test_a_backtest_is_stopped_from_the_page(enter, lamps, wait_until):
    page = enter("admin", path=f"rules/{lamps.rule.pk}")
    wait_checked(page)
    page.get_by_role("tab", name="Rejeu").click()
    page.get_by_role("button", name="Rejouer sur l’historique").click()
    expect(page.locator("#trial-state")).to_have_text("en attente")
    page.get_by_role("button", name="Arrêter").click()
    expect(page.locator("#trial-state")).to_have_text("arrêté")
    expect(page.get_by_role("button", name="Rejouer sur l’historique")).to_be_enabled()
    assert elsewhere(lambda: lamps.rule.backtests.get().state) == "cancelled"


def test_what_cannot_run_is_told_at_its_field_when_it_is_activated(enter, lamps):
    def lay() -> int:
        spec = {"kind": "count", "scope": {}, "of": {"rule": "personne"}, "by": "site", "within": 60,
                "limits": [{"severity": "low", "at_least": 2}]}  # fmt: skip
        return make_rule(lamps.site, "sourde", spec, active=False).pk

    page = enter("admin", path=f"rules/{elsewhere(lay)}")
    wait_checked(page)
    page.locator('footer [data-act="activate"]').click()
    agree(page)
    expect(page.locator(".error:visible")).to_have_text("aucune règle de ce site ne s’appelle « personne »")
    expect(page.locator('footer [data-act="activate"]')).to_be_enabled()


def test_every_kind_reads_back_what_it_wrote(enter, lamps):
    """Every rule of the pack, put into the form and taken out again, is the same."""
    from alarms.rules import rulebook

    page = enter("admin", path="rules/new")
    for entry in rulebook.pack("city"):
        spec = entry.spec | {
            "calendar": {"exceptions": [{"date": "2026-12-25"}], "weekly": [{"from": "08:00", "days": ["monday"]}]}
        }
        read = page.evaluate(
            """async (spec) => {
                const [{ createForm }, { createCompletion }] =
                    await Promise.all([import("#js/rules/form.js"), import("#js/rules/completion.js")]);
                const data = JSON.parse(document.getElementById("rule-data").textContent);
                const form = createForm(data, createCompletion(data), () => {});
                const root = form.build(spec.kind);
                document.getElementById("rule-form").replaceChildren(root.element);
                root.set(spec);
                return form.get();
            }""",
            spec,
        )
        from alarms.engine import spec as specs

        assert specs.decode(read) == specs.decode(spec), entry.slug


def test_versions_are_compared_and_an_older_one_comes_back(enter, lamps):
    page = enter("admin", path=f"rules/{lamps.rule.pk}")
    wait_checked(page)
    page.get_by_label("Confirmée pendant", exact=True).fill("5")
    expect(page.locator("#dirty")).to_be_visible()
    wait_checked(page)
    page.get_by_role("button", name="Enregistrer comme version").click()
    expect(page.locator("#standing")).to_have_text("active v1 · brouillon v2")
    wait_checked(page)
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("button", name="Ce qui change").click()
    line = page.locator(".differences tbody tr")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("Confirmée pendant")
    page.locator('footer [data-act="activate"]').click()
    agree(page)
    expect(page.locator("#standing")).to_have_text("active v2")
    wait_checked(page)
    page.get_by_role("tab", name="Versions").click()
    page.locator('.versions [data-act="activate"][data-version="1"]').click()
    agree(page)
    expect(page.locator("#standing")).to_have_text("active v1 · brouillon v2")


def test_a_backtest_tells_figures_rows_and_what_it_changes(enter, lamps):
    def tried() -> None:
        make_history(lamps.points[0], {NOON - dt.timedelta(days=day): 1.0 for day in range(1, 8)})
        trial = runs.order(lamps.rule, NOON - dt.timedelta(days=7), NOON, now=NOON)
        runs.run(trial.pk, lambda: NOON)
        figures = Backtest.objects.get(pk=trial.pk).figures
        days = [{"date": day["date"], "count": n % 4} for n, day in enumerate(figures["draft"]["days"])]
        figures["draft"] |= {"count": 9, "days": days, "hours": [n % 3 for n in range(24)]}
        figures["draft"]["top"] = [{"subject": f"point:{lamps.points[0].pk}", "count": 4, "seconds": 900.0}]
        Backtest.objects.filter(pk=trial.pk).update(figures={**figures, "added": 1, "removed": 1})
        for of, alone in (("draft", False), ("draft", True), ("active", True)):
            WouldBeAlarm.objects.create(
                backtest=trial, of=of, alone=alone, subject=f"point:{lamps.points[0].pk}", asset=lamps.assets[0],
                severity=Severity.HIGH, raised_at=NOON, cleared_at=NOON + dt.timedelta(minutes=9), sentence_fr=f"Niveau {of}",
                sentence_en=f"Level {of}", evidence=BEYOND,
            )  # fmt: skip

    elsewhere(tried)
    page = enter("admin", path=f"rules/{lamps.rule.pk}")
    page.get_by_role("tab", name="Rejeu").click()
    expect(page.locator("#figures .figure b").first).to_have_text("9")
    expect(page.locator("#top")).to_contain_text("CR-000")
    expect(page.locator("#trial-rows tr")).to_have_count(2)
    page.get_by_label("Ajoutées 1").check()
    expect(page.locator("#trial-rows tr")).to_have_count(1)
    page.get_by_label("Supprimées 1").check()
    expect(page.locator("#trial-rows")).to_contain_text("Niveau active")
    page.locator("#trial-rows summary").click()
    expect(page.locator("#trial-rows li").first).to_contain_text("dépasse la limite haute 2,5 m")


@pytest.mark.parametrize(("theme", "language"), [("dark", "fr"), ("light", "en")])
def test_the_rules_have_no_barrier(enter, lamps, theme, language):
    def prepare() -> None:
        lamps.people["admin"].theme = theme
        lamps.people["admin"].save(update_fields=["theme"])

    elsewhere(prepare)
    page = enter("admin", path="rules", locale="en-GB" if language == "en" else "fr-FR")
    assert findings(page) == []
    page.goto(f"{lamps.served.url}/sites/quai/rules/new")
    page.locator(".kind-card").first.wait_for()
    assert findings(page) == []
    page.locator('[data-kind="condition"]').click()
    expect(page.locator("#status")).to_have_attribute("data-usable", "no")
    assert findings(page) == []
    page.goto(f"{lamps.served.url}/sites/quai/rules/{lamps.rule.pk}")
    wait_checked(page)
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert findings(page) == []


def test_a_pack_is_looked_at_and_brought_in_as_drafts(enter, lamps):
    page = enter("admin", path="rules")
    page.get_by_role("button", name="Importer").click()
    page.get_by_role("button", name="Regarder").click()
    expect(page.locator("h1")).to_have_text("Importer des règles")
    expect(page.locator(".coming")).to_have_count(len(rulebook.pack("city")))
    page.get_by_role("button", name="Importer comme brouillons").click()
    expect(page.locator(".notice")).to_have_text(f"{len(rulebook.pack('city'))} règles écrites, aucune activée.")
    expect(page.locator("#rows tr")).to_have_count(len(rulebook.pack("city")) + 1)  # and the room's own
    page.get_by_role("searchbox").fill("tunnel")
    expect(page.locator("#rows tr")).to_have_count(2)


def test_what_points_are_too_slow_for_is_told_beside_the_rule(enter, lamps):
    rate = {"kind": "rate", "scope": {"quantity": "water_level"}, "window": 90, "direction": "above", "on_delay": 30,
            "limits": [{"severity": "high", "limit": 0.5}]}  # fmt: skip
    rule = elsewhere(lambda: make_rule(lamps.site, "montee", rate, active=False))
    page = enter("admin", path=f"rules/{rule.pk}")
    expect(page.locator("#rhythm")).to_have_text("des mesures à intervalles de 1 min (déclaré, rien n’a encore été mesuré)")
    expect(page.locator("#remarks li")).to_have_count(2)
    expect(page.locator("#remarks")).to_contain_text("une fenêtre de 90 s n’en contient jamais trois")
    assert findings(page) == []
