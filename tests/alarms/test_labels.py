"""What a rule calls its facts when its author named none: the inventory's words in both languages, the author's where given."""

import pytest

from alarms.engine import spec as specs
from alarms.site.labels import labelled

TEMPLATES = {
    ("lamp", "lamp_state"): {
        "name_fr": "État du point lumineux", "name_en": "Lamp state", "unit": "",
        "codes": {"2": "lampe en défaut", "3": "driver en défaut"}, "codes_en": {"2": "lamp failure", "3": "driver failure"},
    },
    ("sign", "lamp_state"): {"name_fr": "État", "name_en": "State", "codes": {"2": "panneau éteint"}},
    ("escalator", "speed"): {"name_fr": "Vitesse", "name_en": "Speed", "unit": "m/s"},
    ("station", "no2"): {"name_fr": "NO2", "name_en": "NO2", "unit": "%"},
}  # fmt: skip


def said(of: dict, kinds: list[str], rules: dict | None = None) -> tuple[str, str]:
    spec = specs.decode({
        "kind": "count", "scope": {"kinds": kinds}, "of": of, "by": "site", "within": 60,
        "limits": [{"severity": "low", "at_least": 2}],
    })  # fmt: skip
    named = labelled(spec, TEMPLATES, rules or {}).of.named()
    return named.fr, named.en


@pytest.mark.parametrize(
    ("of", "kinds", "fr", "en"),
    [
        ({"quantity": "lamp_state", "in": [2, 3]}, ["lamp"],
         "état du point lumineux\u00a0: lampe en défaut / driver en défaut", "lamp state: lamp failure / driver failure"),
        ({"quantity": "lamp_state", "in": [3]}, ["sign"], "état\u00a0: 3", "state: 3"),
        ({"quantity": "lamp_state", "in": [2]}, [], "état du point lumineux\u00a0: 2", "lamp state: 2"),
        ({"quantity": "lamp_state", "in": [2], "kinds": ["sign"]}, [], "état\u00a0: panneau éteint", "state: panneau éteint"),
        ({"quantity": "speed", "below": 0.1}, [], "vitesse < 0,1\u00a0m/s", "speed < 0.1\u00a0m/s"),
        ({"quantity": "no2", "above": 50}, [], "NO2 > 50\u00a0%", "NO2 > 50%"),
        ({"quantity": "of_nobody", "above": 1}, [], "of nobody > 1", "of nobody > 1"),
        ({"event": "call_button"}, [], "bouton d’appel", "call button"),
        ({"event": "door_forced"}, [], "door forced", "door forced"),
        ({"rule": "dark"}, [], "Rue dans le noir", "Dark street"),
        ({"rule": "gone"}, [], "règle gone", "rule gone"),
        ({"event": "motion", "label": {"fr": "passage", "en": "somebody"}}, [], "passage", "somebody"),
    ],
)  # fmt: skip
def test_a_fact_is_called_in_the_words_of_the_inventory(of, kinds, fr, en):
    assert said(of, kinds, {"dark": ("Rue dans le noir", "Dark street")}) == (fr, en)


def test_every_term_of_a_formula_has_a_name_and_the_formula_stays_as_it_was():
    when = {"all": [{"quantity": "speed", "below": 0.1}, {"not": {"quantity": "lamp_state", "of": "parent", "in": [3]}}]}
    spec = specs.decode({"kind": "condition", "scope": {"kinds": ["escalator"]}, "severity": "low", "when": when})
    terms = labelled(spec, TEMPLATES, {}).when.terms()
    assert [term.named().en for term in terms] == ["speed < 0.1\u00a0m/s", "lamp state: driver failure"]
    assert [term.compared("en") for term in terms] == [term.compared("en") for term in spec.when.terms()]
