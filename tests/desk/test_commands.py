"""Commands in a real browser: offered, asked for, armed before the eyes of all desks, confirmed by the field, forced, grouped."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from assets.models import Latest, Point
from commands import connectors, watching
from commands.delivery import worker
from commands.models import Command, CommandType, Override, ScenarioRun
from commands.scenarios import moves as scenarios
from commands.scenarios import progress
from tests.commands.field import CHIEF, MAPPING, Field, supervising
from tests.desk.gatehouse import Gatehouse
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings


@pytest.fixture
def field(room, settings):
    """The room's barrier, whose supervisor is a pretend one that takes whatever it is asked for."""
    settings.ALLOW_PRIVATE_PULL = True
    house = Gatehouse(room)
    barrier = house.gate.asset
    with supervising() as supervisor:
        elsewhere(
            lambda: connectors.set_up(
                barrier.supervisor, supervisor.url, MAPPING, by=CHIEF, now=timezone.now(), allow_private_address=True
            )
        )  # fmt: skip
        yield Field(room.site, barrier, barrier, Point.objects.get(asset=barrier))


def deliver(command: Command) -> None:
    elsewhere(lambda: worker.deliver(command.pk))


def reads(field: Field, value: float) -> None:
    elsewhere(lambda: field.read(value, timezone.now()))


def holds(field: Field, seconds: float) -> None:
    """The field has been as asked for that long."""
    later = timezone.now() + dt.timedelta(seconds=seconds)
    elsewhere(lambda: watching.look(field.site.pk, later))


def change(slug: str, **members: object) -> None:
    """This type of the catalogue is otherwise here."""
    row = CommandType.objects.get(kind__slug="barrier", slug=slug)
    row.spec |= members
    row.save(update_fields=["spec"])


def sheet(enter, field, name="operateur"):
    page = enter(name, f"assets/{field.gate.pk}")
    expect(page.get_by_role("button", name="Ouvrir")).to_be_visible()
    return page


def ask(page, name, reason=""):
    page.get_by_role("button", name=name, exact=True).click()
    dialog = page.locator("#command")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Motif").fill(reason)
    return dialog


def test_a_command_is_offered_on_the_sheet_asked_for_and_confirmed_by_the_field(enter, room, field):
    page = sheet(enter, field)
    dialog = ask(page, "Ouvrir", "livraison")
    expect(dialog).to_contain_text("Aucun verrouillage ne l’interdit.")
    assert findings(page) == []
    dialog.get_by_role("button", name="Envoyer").click()
    row = page.locator("#commands .command").first
    expect(row).to_contain_text("livraison")
    command = Command.objects.get()
    deliver(command)
    expect(row).to_have_attribute("data-state", "accepted")
    expect(row).to_contain_text("pour la confirmer")
    reads(field, 1)
    expect(row).to_have_attribute("data-state", "confirmed")
    row.get_by_role("button", name="Sa main courante").click()
    expect(row.locator(".lines li")).to_have_count(4)
    assert findings(page) == []


def test_what_an_interlock_forbids_is_said_before_it_is_asked_for(enter, room, field):
    Latest.objects.filter(point=field.point).update(value=2)
    page = sheet(enter, field)
    dialog = ask(page, "Ouvrir")
    expect(dialog).to_contain_text("La barrière est bloquée ou arrachée")
    expect(dialog.get_by_role("button", name="Envoyer")).to_be_disabled()
    assert not Command.objects.exists()


def test_parameters_are_asked_for_as_their_types_have_them(enter, room, field):
    label = {"fr": "Hauteur", "en": "Height"}
    height = {"type": "number", "name": "height", "label": label, "minimum": 10, "maximum": 90, "step": 10, "unit": "°"}
    side = {"fr": "Côté", "en": "Side"}
    options = [
        {"value": "in", "label": {"fr": "entrée", "en": "entry"}},
        {"value": "out", "label": {"fr": "sortie", "en": "exit"}},
    ]
    change("open", parameters=[height, {"type": "choice", "name": "side", "label": side, "options": options}])
    page = sheet(enter, field)
    dialog = ask(page, "Ouvrir")
    dialog.get_by_label("Hauteur · °").fill("45")
    dialog.get_by_role("button", name="Envoyer").click()
    expect(dialog).to_be_visible()  # 45 is no step of 10 from 10
    dialog.get_by_label("Hauteur · °").fill("40")
    dialog.get_by_label("Côté").select_option("out")
    assert findings(page) == []
    dialog.get_by_role("button", name="Envoyer").click()
    expect(page.locator("#commands .command").first).to_contain_text("Ouvrir · 40 °, sortie")
    assert Command.objects.get().parameters == {"height": 40, "side": "out"}


def test_a_command_is_offered_in_the_detail_of_an_alarm(enter, room, field):
    room.points.append(field.point)
    room.raise_alarms([len(room.points) - 1])
    page = enter("operateur", grouped=False)
    page.keyboard.press("j")
    detail = page.locator("#detail")
    expect(detail.get_by_role("button", name="Fermer")).to_be_visible()
    detail.get_by_role("button", name="Ouvrir", exact=True).click()
    page.locator("#command").get_by_role("button", name="Envoyer").click()
    expect(detail.locator(".command")).to_have_count(1)
    assert Command.objects.get().cause == f"alarm:{room.alarm(-1).pk}"


def test_a_dangerous_one_is_armed_before_the_eyes_of_all_desks_and_executed(enter, room, field):
    change("open", dangerous=True)
    other = enter("chef", "silences")
    page = sheet(enter, field)
    dialog = ask(page, "Ouvrir", "essai")
    dialog.get_by_role("button", name="Armer").click()
    row = page.locator("#commands .command").first
    expect(row).to_have_attribute("data-state", "armed")
    strip = other.locator("#armed")
    expect(strip).to_contain_text("Ouvrir · Jauge B-1 : armée par operateur")
    assert findings(other) == []
    with page.expect_response("**/execution"):
        row.get_by_role("button", name="Exécuter").click()
    deliver(Command.objects.get())
    expect(row).to_have_attribute("data-state", "accepted")
    expect(strip).to_be_hidden()


def test_a_second_person_confirms_what_needs_two(enter, room, field):
    change("open", second_person=True)
    page = sheet(enter, field)
    dialog = ask(page, "Ouvrir", "essai")
    dialog.get_by_role("button", name="Demander").click()
    row = page.locator("#commands .command").first
    expect(row).to_have_attribute("data-state", "requested")
    board = enter("chef", "commands")
    expect(board.locator("#armed")).to_contain_text("attend une seconde personne")
    board.get_by_role("button", name="Confirmer en second").click()
    expect(row).to_have_attribute("data-state", "authorised")
    assert Command.objects.get().second == "chef"


def test_a_command_that_has_not_left_is_withdrawn_and_the_failed_ones_are_listed(enter, room, field):
    page = sheet(enter, field)
    ask(page, "Ouvrir").get_by_role("button", name="Envoyer").click()
    expect(page.locator("#commands .command")).to_have_count(1)
    board = enter("operateur", "commands")
    expect(board.locator("#open .command")).to_have_count(1)
    assert findings(board) == []
    board.get_by_role("button", name="Retirer").click()
    expect(board.locator("#open .command")).to_have_count(0)
    expect(board.locator("#ended .command").first).to_have_attribute("data-state", "cancelled")
    now = timezone.now()
    Command.objects.update(state="timed_out", reason="not_confirmed", sent_at=now, accepted_at=now, ended_at=now)
    failed = enter("auditeur", "commands/failed")
    expect(failed.locator("#failed tbody tr")).to_have_count(1)
    expect(failed.locator("#failed")).to_contain_text("Ouvrir")
    assert findings(failed) == []


def test_what_is_forced_is_counted_on_every_page_and_ended_by_hand(enter, room, field):
    page = sheet(enter, field)
    dialog = ask(page, "Maintenir ouverte", "convoi")
    dialog.get_by_label("Durée du forçage").select_option("30")
    dialog.get_by_role("button", name="Envoyer").click()
    expect(page.locator("#commands .command")).to_have_count(1)
    deliver(Command.objects.get())
    reads(field, 1)
    holds(field, 3)
    expect(page.locator(".forced")).to_have_text("Forçages 1")
    page.locator(".forced").click()
    row = page.get_by_role("row", name="Jauge B-1")
    expect(row).to_contain_text("convoi")
    expect(row).to_contain_text("operateur")
    assert findings(page) == []
    row.get_by_role("button", name="Mettre fin").click()
    expect(row.get_by_role("button", name="Mettre fin")).to_be_hidden()
    assert Override.objects.get().ended_by == "operateur"


def test_a_scenario_is_looked_at_run_and_stopped_by_one_key(enter, room, field):
    steps = [{"target": {"assets": ["B-1"]}, "type": "open"}, {"target": {"assets": ["B-1"]}, "type": "close"}]
    elsewhere(lambda: scenarios.write(room.site.pk, "sortie", "Sortie", "Way out", steps, by=CHIEF, now=timezone.now()))
    page = enter("operateur", "commands/scenarios")
    page.get_by_role("button", name="Voir ce qu’il ferait").click()
    preview = page.locator("#preview")
    expect(preview.locator("tbody tr")).to_have_count(2)
    expect(preview).to_contain_text("Ouvrir")
    assert findings(page) == []
    preview.get_by_label("Motif").fill("exercice")
    preview.get_by_role("button", name="Lancer").click()
    running = page.locator("#runs .run")
    expect(running).to_contain_text("Sortie")
    elsewhere(lambda: progress.sweep(room.site.pk, timezone.now()))
    assert Command.objects.count() == 1
    page.keyboard.press("x")
    expect(running).to_have_count(0)
    assert ScenarioRun.objects.get().state == "stopped"


def test_an_auditor_sees_commands_and_gives_none(enter, room, field):
    page = enter("auditeur", f"assets/{field.gate.pk}")
    expect(page.locator("#commands")).to_contain_text("Votre rôle ne lui donne aucune commande.")
    expect(page.locator("#commands .offers button")).to_have_count(0)


@pytest.mark.parametrize("path", ["commands", "commands/failed", "commands/overrides", "commands/scenarios"])
def test_the_pages_fit_a_phone(enter, room, path):
    page = enter("chef", path, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert findings(page) == []
