"""What is wrong with a rule is said in both languages, from a name and fields and not from English."""

import string

import pytest

from alarms.engine.faults import Fault, Sentence, Trouble, read
from alarms.engine.spec import SpecError, decode
from alarms.rules.mishaps import Mishap
from hypervisor.api import reasons
from response.procedures.mistakes import Mistake

LEVEL = {"quantity": "water_level"}
THRESHOLD = {
    "kind": "threshold", "scope": LEVEL, "direction": "above", "limits": [{"severity": "high", "limit": 2.5}],
}  # fmt: skip
CONDITION = {"kind": "condition", "scope": {}, "severity": "low", "when": {"quantity": "x", "above": 1}}
COUNT = {
    "kind": "count", "scope": {}, "of": {"event": "x"}, "by": "site", "within": 60,
    "limits": [{"severity": "low", "at_least": 2}],
}  # fmt: skip


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("fault", [*Fault, *Mishap, *Mistake], ids=lambda fault: fault.name)
def test_every_fault_is_said_in_french_with_fields_that_it_has(fault: Sentence):
    assert fields(reasons.FRENCH[fault]) <= fields(fault.value)
    assert fields(reasons.ENGLISH.get(fault, "")) <= fields(fault.value)


KEPT = (
    Fault.CIRCLE, Fault.NO_RULE, Fault.NO_LIMIT, Fault.TOO_FAR, Fault.INACTIVE, Fault.GONE, Fault.GONE_AND_MORE,
    Fault.UNOBSERVED, Mishap.NOTHING_STORED, Mishap.TOO_MANY_ALARMS, Mishap.NOT_RUN, Mishap.OUR_MISTAKE, Mishap.POSTGRESQL,
    Mishap.SET_ASIDE,
)  # fmt: skip


@pytest.mark.parametrize("fault", KEPT, ids=lambda fault: fault.name)
def test_a_fault_that_a_row_keeps_is_read_again_with_its_fields(fault: Sentence):
    filled = {name: f"some {name}" for name in fields(fault.value)}
    path = "" if isinstance(fault, Mishap) else "of.rule"
    assert read(str(Trouble(path, fault, filled)), Mishap) == [Trouble(path, fault, filled)]


@pytest.mark.parametrize(
    ("spec", "field", "french", "english"),
    [
        ({**THRESHOLD, "direction": None}, "direction", "un texte est attendu", "a text is expected"),
        ({"kind": "threshold", "scope": LEVEL, "limits": []}, "limits", "à remplir", "to be filled in"),
        ({**THRESHOLD, "dedband": 1}, "", "champ inconnu : dedband", "unknown field: dedband"),
        ({**THRESHOLD, "scope": {}}, "scope.quantity", "dites quelle grandeur est jugée", "say which quantity is judged"),
        ({**THRESHOLD, "on_delay": -5}, "on_delay", "0 au moins", "0 at least"),
        ({**THRESHOLD, "message": {"fr": "x"}}, "message.en", "à remplir", "to be filled in"),
        ({**THRESHOLD, "limits": [{"severity": "high", "limit": 2}] * 2}, "limits",
         "une gravité est donnée deux fois", "a severity is given twice"),
        ({**THRESHOLD, "limits": [{"severity": "high", "limit": 2, "clear": 3.5}]}, "limits",
         "la fin (3.5) est au-delà de la limite", "the high limit would clear beyond itself, at 3.5"),
        ({**CONDITION, "when": {"all": [{"quantity": "x"}]}}, "when.all[0]",
         "dites à quoi la grandeur est comparée", "say what the quantity is compared with"),
        ({**CONDITION, "when": {"all": [{"quantity": "x", "above": 1}] * 17}}, "when.all", "16 au plus", "16 at most"),
        ({**COUNT, "of": {"quantity": "x", "above": 1}, "distinct": {"attribute": "plate"}}, "of",
         "une mesure n’a pas d’attribut : choisissez un évènement ou une règle",
         "a reading carries no attribute, which distinct.attribute needs; name an event or a rule"),
        ({**COUNT, "by": {"metres": 5, "attribute": "x"}}, "by",
         "dites une distance, ou un attribut", "say a distance, or an attribute"),
        ({**COUNT, "calendar": {"exceptions": [{"date": "2026-02-01"}] * 2}}, "calendar.exceptions",
         "une date est donnée deux fois", "a date is given twice"),
        ({**COUNT, "calendar": {"dates": [{"from": "x", "to": "y"}]}}, "calendar.dates[0].from",
         "une date est attendue", "a date is expected"),
    ],
)  # fmt: skip
def test_a_refused_spec_is_told_at_its_field_in_both_languages(spec: dict, field: str, french: str, english: str):
    with pytest.raises(SpecError) as refused:
        decode(spec)
    trouble = refused.value.trouble
    assert (trouble.path, reasons.said(trouble, "fr"), reasons.said(trouble, "en")) == (field, french, english)


def test_what_a_row_keeps_is_said_field_by_field():
    gone = "scope.assets: not in the inventory (any more): J-1, J-2 and 7 more"
    kept = f"{gone}; minimum_history: no hour of the week has been observed in 3 weeks yet"
    assert reasons.stored(kept, "fr") == [
        ("scope.assets", "plus dans l’inventaire : J-1, J-2 et 7 autres"),
        ("minimum_history", "aucune heure de la semaine n’a encore été observée pendant 3 semaines"),
    ]


def test_what_nobody_has_put_into_words_is_told_as_it_is():
    assert reasons.stored("a driver's own words", "fr") == [("", "a driver's own words")]
