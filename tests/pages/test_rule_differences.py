"""What changed between two versions is said in words an administrator uses: names of things, never their slugs."""

import pytest

from hypervisor.pages.rule_differences import names, told_differences

OLD = {
    "kind": "condition",
    "scope": {"sectors": []},
    "severity": "low",
    "on_delay": 30,
    "when": {"quantity": "water_level", "above": 2},
}


@pytest.fixture
def named(city):
    kind = city.assets["sud"].kind
    kind.points = [{"quantity": "water_level", "name_fr": "Niveau d’eau", "name_en": "Water level"}]
    kind.save(update_fields=["points"])
    return lambda language: names(city.site, language)


def test_a_sector_a_quantity_a_rule_and_an_event_go_by_their_names(city, named):
    new = OLD | {"scope": {"sectors": ["sud"]}, "when": {"event": "plate_read", "rule": city.rule.slug}}
    said = told_differences(OLD, new, "en", named("en"))
    assert [(was, now) for _field, was, now in said] == [
        ("—", city.sectors["sud"].name),
        ("Water level", "—"),
        ("2", "—"),
        ("—", "plate read"),
        ("—", city.rule.name_en),
    ]


def test_a_part_that_is_new_is_said_with_the_labels_of_its_fields(named):
    new = OLD | {"when": {"all": [{"quantity": "water_level", "above": 2.5}]}}
    told = [now for _field, was, now in told_differences(OLD, new, "fr", named("fr")) if was == "—"]
    assert told == ["Grandeur\N{NO-BREAK SPACE}: Niveau d’eau, Au-dessus de\N{NO-BREAK SPACE}: 2,5"]


def test_a_length_of_time_is_said_as_one(named):
    assert [line[1:] for line in told_differences(OLD, OLD | {"on_delay": 90}, "fr", named("fr"))] == [
        ("30\N{NO-BREAK SPACE}s", "90\N{NO-BREAK SPACE}s")
    ]


def test_a_kind_is_said_as_in_the_form_and_each_part_as_its_own_kind_of_field(named):
    new = OLD | {"when": {"all": [{"quantity": "water_level", "of": "parent", "above": 1234567.5}]}}
    (told,) = [now for _field, was, now in told_differences(OLD, new, "en", named("en")) if was == "—"]
    assert told == "Quantity: Water level, Whose: parent asset, Above: 1234567.5"
    changed = told_differences({"kind": "threshold"}, {"kind": "state"}, "fr", named("fr"))
    assert changed == [("Sorte de règle", "Seuil", "État")]


def test_what_people_wrote_is_told_as_they_wrote_it(named):
    new = OLD | {
        "scope": {"sectors": [], "tags": ["above"], "attributes": {"window": 300}},
        "message": {"fr": "low", "en": "low"},
    }
    said = [now for _field, _was, now in told_differences(OLD, new, "en", named("en"))]
    assert said == ["above", "window: 300", "In French: low, In English: low"]
