"""What rules command by themselves is set on a page as through the interface, and the page says what would never leave."""

import pytest
from django.utils import timezone

from commands import catalogue
from commands.models import CommandType, Reaction, Scenario
from journal.models import JournalEntry
from tests.factories import make_asset, make_kind, make_rule
from tests.pages.counted import queries_of
from tests.passages.settled import ADMIN, settle_gate

REACTIONS = "/sites/quai/settings/commands/reactions"
HERE = f"{REACTIONS}/crue"
SENT = {"rule": "crue", "type": "open", "parameters": "", "minutes": "", "scenario": "", "enabled": "on"}


@pytest.fixture
def admin(city):
    settle_gate(city)
    make_kind("lamp", name_fr="Lampe", name_en="Lamp", domain="light")
    make_asset(city.site, "L-1", "lamp", sector=city.sectors["sud"])
    catalogue.load(catalogue.read())
    return city.client("administrator")


def allow(city, slug: str) -> None:
    row = CommandType.objects.get(kind__slug="barrier", slug=slug)
    catalogue.choose(city.site.pk, row, enabled=True, automatic=True, by=ADMIN, now=timezone.now())


def test_a_reaction_is_written_changed_and_taken_away(city, admin):
    assert admin.post(REACTIONS, SENT).status_code == 302
    (told,) = admin.get(REACTIONS).context["reactions"]
    assert (told["row"].rule, told["row"].type, bool(told["hindrance"])) == ("crue", "open", True)
    allow(city, "open")
    assert admin.get(REACTIONS).context["reactions"][0]["hindrance"] == ""
    Scenario.objects.create(site=city.site, slug="nuit", name_fr="Nuit", name_en="Night", steps=[])
    assert admin.post(HERE, SENT | {"type": "", "scenario": "nuit"}).status_code == 302
    row = Reaction.objects.get()
    assert (row.type, row.scenario.slug) == ("", "nuit")
    assert "ne peuvent pas lancer seules" in admin.get(HERE).context["hindrance"]
    assert admin.post(f"{HERE}/removal").status_code == 302
    assert not Reaction.objects.exists()
    lines = JournalEntry.objects.filter(kind__startswith="reaction.").order_by("seq").values_list("kind", "actor")
    assert list(lines) == [
        ("reaction.changed", "administrator"), ("reaction.changed", "administrator"), ("reaction.deleted", "administrator"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"type": ""}, "__all__"), ({"scenario": "nuit"}, "__all__"), ({"rule": "none"}, "rule"), ({"type": "fly"}, "type"),
        ({"minutes": "5"}, "minutes"), ({"minutes": "0"}, "minutes"), ({"parameters": "level = 5"}, "parameters"),
        ({"parameters": "level"}, "parameters"), ({"type": "hold-open"}, "minutes"),
        ({"type": "hold-open", "minutes": "500000"}, "minutes"), ({"type": "set-level", "parameters": "level = x"}, "parameters"),
        ({"type": "set-level", "parameters": "level = 900"}, "parameters"),
    ],
)  # fmt: skip
def test_what_cannot_be_commanded_is_said_at_its_field_and_not_written(city, admin, wrong, where):
    Scenario.objects.create(site=city.site, slug="nuit", name_fr="Nuit", name_en="Night", steps=[])
    answer = admin.post(REACTIONS, SENT | wrong)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [where])
    assert not Reaction.objects.exists()


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({"type": "fly"}, "type"), ({"type": "open", "minutes": 5}, "minutes"), ({"type": "hold-open"}, "minutes"),
        ({"type": "set-level", "parameters": {"level": 900}}, "parameters.level"),
        ({"type": "set-level", "parameters": {"level": 50, "more": 1}}, "parameters.more"),
    ],
)  # fmt: skip
def test_the_interface_refuses_the_same(city, admin, told, where):
    answer = admin.put("/api/v1/sites/quai/command-reactions/crue", told, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [where])
    assert not Reaction.objects.exists()


def test_a_rule_that_commands_something_is_changed_on_its_own_page(city, admin):
    admin.post(REACTIONS, SENT)
    answer = admin.post(REACTIONS, SENT | {"type": "close"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["rule"])
    assert Reaction.objects.get().type == "open"


@pytest.mark.parametrize("who", ["operator", "shift_supervisor", "auditor", "nord_admin"])
def test_reactions_are_for_administrators_of_the_whole_site(city, admin, who):
    admin.post(REACTIONS, SENT)
    client = city.client(who)
    assert [client.get(path).status_code for path in (REACTIONS, HERE)] == [403, 403]
    assert [client.post(path, SENT).status_code for path in (REACTIONS, HERE, f"{HERE}/removal")] == [403] * 3


def test_the_page_asks_as_much_for_many_as_for_one(city, admin):
    admin.post(REACTIONS, SENT)
    few = queries_of(admin, REACTIONS)
    for number in range(12):
        Reaction.objects.create(site=city.site, rule=make_rule(city.site, f"r{number}").slug, type="open")
    assert queries_of(admin, REACTIONS) == few
