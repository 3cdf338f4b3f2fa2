"""Every field of every kind of rule has a name and a line of help in both languages, and a place in the form."""

import re
from pathlib import Path

import pytest

from hypervisor.pages import rule_form, rule_labels

DEFINITIONS = rule_form.schema()["$defs"]
FIELDS = [(name, field) for name, definition in DEFINITIONS.items() for field in definition["properties"]]
KINDS = set(rule_form.schema()["discriminator"]["mapping"])
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("definition", "name"), FIELDS)
def test_a_field_is_named_and_explained_in_both_languages(definition, name):
    said = rule_labels.field(definition, name)
    assert len(said) == 4
    assert all(said)


def test_no_label_is_of_a_field_that_is_gone():
    known = {f"{definition}.{field}" for definition, field in FIELDS} | {f"*.{field}" for _, field in FIELDS}
    assert set(rule_labels.FIELDS) - known == set()
    assert {path for path in rule_form.WIDGETS if path not in known} == set()


def test_every_choice_of_a_field_has_a_word():
    def enums(node):
        if isinstance(node, dict):
            yield from node.get("enum", ())
            for each in node.values():
                yield from enums(each)
        elif isinstance(node, list):
            for each in node:
                yield from enums(each)

    assert set(enums(DEFINITIONS)) - KINDS - set(rule_labels.VALUES) == set()
    for definition, groups in rule_form.EXCLUSIVE.items():
        assert {f"{definition}.{field}" for group in groups for field in group} - set(rule_labels.VALUES) == set()


def test_every_field_of_a_kind_stands_in_a_section_and_every_kind_has_a_beginning():
    placed = {field for _, fields in rule_form.SECTIONS for field in fields} | {"kind"}
    wanted = {field for kind in KINDS for field in DEFINITIONS[kind.title()]["properties"]}
    assert wanted - placed == set()
    assert set(rule_form.START) == set(rule_labels.KINDS) == KINDS


def test_every_word_a_page_or_module_asks_for_is_there():
    texts = [path.read_text("utf-8") for folder, kind in (("templates/rules", "html"), ("static/js/rules", "js"))
             for path in (ROOT / folder).glob(f"*.{kind}")]  # fmt: skip
    asked = {name for text in texts for name in re.findall(r"\b(?:words|w)\.(?!js\b)(\w+)", text)}
    assert asked - set(rule_labels.words("fr")) == set()
    assert len(asked) > 60


def test_a_path_is_said_in_words():
    spec_path = rule_labels.path_label(DEFINITIONS, "threshold", "limits[0].limit", "fr")
    assert spec_path == "Limites › 1 › Limite"
    assert rule_labels.path_label(DEFINITIONS, "count", "of.in", "en") == "What is counted › Values"
    assert rule_labels.path_label(DEFINITIONS, "count", "nowhere.at_all", "fr") == "nowhere › at_all"
