"""A number and what it counts agree: none, one and two of each thing that the screens count, in both languages."""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

from hypervisor.pages import map_words, rule_labels
from hypervisor.pages.words import words

PO = Path(__file__).parents[2] / "hypervisor/locale/fr/LC_MESSAGES/django.po"
_FIELD = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:".*"\n?)+)', re.MULTILINE)
_NUMBER = re.compile(r"\{(?:n|count|floods|said)\}|%\((?:n|said)\)s")
ALWAYS_SEVERAL = {
    "alarms.other", "here",  # of the map: of marks that are gathered
    "why.silence.points",  # of one point nothing is told
}  # fmt: skip
"""Said of two and more alone."""
SINGULAR_IN_S = {
    "fois",
    "mois",
    "hors",
    "times",
    "is",
    "was",
    "lies",
    "depends",
    "less",
    "has",
    "changes",
    "across",
    "plus",
    "sous",
    "après",
    "avis",
}


def is_one(language: str, n: int) -> bool:
    return n == 1 or (n == 0 and language == "fr")


def disagrees(text: str, n: int, language: str) -> str | None:
    """The word beside the number that is of the other number."""
    for told in _NUMBER.finditer(text):
        after = re.match(r"[\s\u00a0\u202f]*(?:(?:nouvelle|new|premier|first)s?\s)?([^\W\d_]+)", text[told.end() :])
        word = after and after[1].lower()
        if not word or word in SINGULAR_IN_S or len(word) < 4:
            continue
        if is_one(language, n) and word[-1] in "sx":
            return word
    return None


def pairs() -> dict[str, list[tuple[str, str, str]]]:
    """Of each entry of the French words: (key, of one, of several) in both languages."""
    blocks = PO.read_text().split("\n\n")[1:]
    entries = [
        {name: "".join(map(ast.literal_eval, text.splitlines())) for name, text in _FIELD.findall(each)} for each in blocks
    ]
    plural = [each for each in entries if "msgid_plural" in each]
    return {
        "fr": [(each["msgid"], each["msgstr[0]"], each["msgstr[1]"]) for each in plural],
        "en": [(each["msgid"], each["msgid"], each["msgid_plural"]) for each in plural],
    }


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_what_is_counted_on_a_page_agrees(language, n):
    told = [(key, one if is_one(language, n) else many) for key, one, many in pairs()[language]]
    assert [(key, disagrees(text, n, language)) for key, text in told if disagrees(text, n, language)] == []


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_what_a_script_counts_agrees(language, n):
    with translation.override(language):
        given = words()
        told = {}
        for key, text in given.items():
            name, _, form = key.rpartition(".")
            if form not in ("one", "other"):
                told[key] = text
            elif form == ("one" if is_one(language, n) else "other"):
                told[name] = text
        mapped = map_words.words()
        told |= {key: mapped[f"{key}.one"] if n < 2 and f"{key}.one" in mapped else text for key, text in mapped.items()}
    rule = rule_labels.words(language)
    told |= {
        key: rule[f"{key}_one"] if is_one(language, n) and f"{key}_one" in rule else text
        for key, text in rule.items()
        if isinstance(text, str) and not key.endswith("_other")
    }
    wrong = {key: text for key, text in told.items() if key not in ALWAYS_SEVERAL and disagrees(text, n, language)}
    assert wrong == {}
