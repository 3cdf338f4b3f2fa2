"""Rules as YAML: read back to the letter, compared before anything is written, and nothing but text is ever guessed at."""

import re
import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as some

from alarms.engine import spec as specs
from alarms.models import Rule, RuleVersion
from alarms.rules import rulebook
from assets import plain_yaml
from tests.factories import NOON, THRESHOLD, make_rule, make_site

TRICKY = [
    "yes",
    "no",
    "on",
    "22:00",
    "2026-01-01",
    "1e3",
    "0x10",
    "~",
    "null",
    "1_000",
    ".5",
    "é : #",
    "*a",
    "&a",
    "- x",
    "<<",
    "=",
    "{a}",
]


def book(spec: dict, slug: str = "crue") -> str:
    return f"vigie_rules: 1\nrules:\n- slug: {slug}\n  name: {{fr: Crue, en: Flood}}\n  spec: {spec}\n"


@given(
    some.lists(
        some.sampled_from(TRICKY) | some.text("abcé 0123456789:-.eE_\n'\"#", min_size=1, max_size=20), min_size=1, unique=True
    )
)
def test_any_text_comes_back_as_it_went(words):
    spec = {"kind": "state", "scope": {"quantity": "x", "tags": words}, "values": [{"severity": "low", "in": [1.0]}]}
    text = plain_yaml.dump({"spec": spec, "name": words[0]})
    assert plain_yaml.load(text, 10_000_000) == {"spec": spec, "name": words[0]}


@pytest.mark.django_db
def test_a_site_that_is_exported_and_imported_is_unchanged():
    site, other = make_site(), make_site("ailleurs")
    for entry in rulebook.pack("city"):
        make_rule(site, entry.slug, entry.spec)
    text = rulebook.dump(Rule.objects.filter(site=site))
    entries = rulebook.read(text)
    assert {change.kind for change in rulebook.compare(site, entries)} == {"same"}
    rulebook.bring_in(other, entries, now=NOON)
    assert rulebook.dump(Rule.objects.filter(site=other)) == text
    assert set(Rule.objects.filter(site=other).values_list("state", flat=True)) == {"draft"}


@pytest.mark.parametrize("entry", rulebook.pack("city"), ids=lambda entry: entry.slug)
def test_a_ready_made_rule_can_be_used_and_says_why(entry):
    specs.decode(entry.spec)
    assert min(len(entry.note_in("fr")), len(entry.note_in("en"))) > 40


def test_the_pack_has_every_kind():
    assert {entry.spec["kind"] for entry in rulebook.pack("city")} == set(specs.schema()["discriminator"]["mapping"])


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("- a", ""), ("vigie_rules: 2\nrules: []", "vigie_rules"), ("a: 1\na: 2", ""), ("a: &x [1]\nb: *x", ""),
        (book({**THRESHOLD, "limits": []}), "crue: spec.limits"), (book({"kind": "magic"}), "crue: spec.kind"),
        (book(THRESHOLD) + book(THRESHOLD).split("rules:\n")[1], "rules[1].slug"), (book(THRESHOLD, "'a b'"), "rules[0].slug"),
        ("vigie_rules: 1\nrules: [{slug: a}]", "rules[0]"), ("[" * 5000, ""), ("vigie_rules: !!python/object:os.system {}", ""),
        ("vigie_rules: " + "9" * 5000, ""), ('"\\UFFFFFFFF"', ""), (book(THRESHOLD, '"a\\n"'), "rules[0].slug"),
        (book(THRESHOLD).replace("Crue", '"\\0"'), "rules"), (book(THRESHOLD).replace("Crue", '"\\ud800"'), "rules"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_where_it_fails(text, where):
    with pytest.raises(rulebook.BookError) as refused:
        rulebook.read(text)
    assert refused.value.where == where


def test_differences_are_told_field_by_field():
    old = {"a": 1, "b": [{"c": 1}], "d": [1, 2], "gone": "x", "same": {"y": 1}}
    new = {"a": 2, "b": [{"c": 3}, {"c": 4}], "d": [2], "come": True, "same": {"y": 1}}
    assert list(rulebook.differences(old, new)) == [
        ("a", 1, 2), ("b[0].c", 1, 3), ("b[1]", None, {"c": 4}), ("d", [1, 2], [2]), ("gone", "x", None), ("come", None, True),
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_import_shows_what_would_change_and_writes_only_when_told_to(tmp_path):
    site = make_site()
    make_rule(site, "flood-level", THRESHOLD)
    out = StringIO()
    call_command("import_rules", "quai", "--pack", "city", stdout=out)
    assert re.search(r"^changed flood-level$", out.getvalue(), re.MULTILINE)
    assert 'limits[0].limit: 2.5 → {"point": "watch"}' in out.getvalue()
    assert "53 new, 1 changed, 0 same." in out.getvalue()
    assert RuleVersion.objects.count() == 1
    call_command("import_rules", "quai", "--pack", "city", "--apply", stdout=out)
    assert Rule.objects.get(slug="flood-level").active_version.number == 1  # what runs has not changed
    assert Rule.objects.get(slug="fire").versions.get().note.startswith("Aucun délai au feu")
    file = tmp_path / "one.yaml"
    call_command("export_rules", "quai", "--rule", "fire", "--to", str(file))
    call_command("import_rules", "quai", str(file), stdout=out)
    assert "0 new, 0 changed, 1 same." in out.getvalue()


@pytest.mark.django_db
def test_commands_say_what_is_missing():
    with pytest.raises(CommandError, match="no site ailleurs"):
        call_command("export_rules", "ailleurs")
    make_site()
    with pytest.raises(CommandError, match="no rule x"):
        call_command("export_rules", "quai", "--rule", "x")
    with pytest.raises(CommandError, match="no pack"):
        call_command("import_rules", "quai", "--pack", "sea")


def test_as_large_a_file_as_is_taken_is_read_in_a_moment():
    head, body = (rulebook.PACKS / "city.yaml").read_text("utf-8").split("rules:\n", 1)
    copies = (rulebook.MOST_CHARACTERS - len(head)) // (len(body) + 200) - 1
    text = f"{head}rules:\n" + "".join(re.sub(r"(slug: \S+)", rf"\1-{copy}", body) for copy in range(copies))
    assert rulebook.MOST_CHARACTERS * 0.8 < len(text) <= rulebook.MOST_CHARACTERS
    began = time.process_time()
    assert len(rulebook.read(text)) > 500
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * (rulebook.MOST_CHARACTERS + 1), "longer than 500000 characters"),
        ("[" * 400_000, "nested too deep"),
        ("- " * 200_000, "nested too deep"),
        ("{a: " * 100_000, "nested too deep"),
        ("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]", "aliases are not used here"),
        ("a: &a x", "aliases are not used here"),
    ],
)
def test_what_would_take_long_is_refused_at_once(text, reason):
    began = time.process_time()
    with pytest.raises(rulebook.BookError, match=reason):
        rulebook.read(text)
    assert time.process_time() - began < 2
