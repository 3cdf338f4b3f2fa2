"""Procedures as a file: the ready-made set, what is refused, and bringing it in twice."""

import pytest
from django.core.management import CommandError, call_command

from alarms.rules import rulebook
from response.models import Procedure, ProcedureVersion
from response.procedures import book, spec
from tests.factories import make_site

GOOD = """
vigie_procedures: 1
procedures:
  - slug: crue
    definition: {kind: simple, name: {fr: Crue, en: Flood}, steps: [{type: manual, id: a, title: {fr: a, en: a}}]}
"""


def test_the_ready_made_set_has_fifteen_procedures_each_with_its_source_and_rules_that_exist():
    entries = book.pack("district")
    rules = {entry.slug for entry in rulebook.pack("city")}
    assert len(entries) == 15
    for entry in entries:
        definition = spec.decode(entry.definition)
        assert definition.source
        assert set(definition.attached_to.rules) <= rules, entry.slug


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- x", "no file of procedures"),
        ("vigie_procedures: 2\nprocedures: []", "Format 2 is not known"),
        (GOOD.replace("type: manual", "type: dance"), "crue: steps"),
        (GOOD + GOOD.split("procedures:\n")[1], "no file of procedures|given twice"),
        (GOOD.replace("slug: crue", "slug: crue\n    colour: red"), "unknown field `colour`"),
        ("x" * 500_001, "longer than 500000 characters"),
        ("a: " + "[" * 2000, "no file of procedures"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(text: str, said: str):
    with pytest.raises(book.BookError, match=said):
        book.read(text)


@pytest.mark.django_db(transaction=True)
def test_the_set_is_brought_in_once(valkey, capsys, tmp_path):
    site = make_site()
    call_command("import_procedures", "quai", pack="district")
    assert not Procedure.objects.exists()
    call_command("import_procedures", "quai", pack="district", apply=True, activate=True)
    call_command("import_procedures", "quai", pack="district", apply=True, activate=True)
    assert capsys.readouterr().out.endswith("0 new, 15 as they were.\n")
    assert Procedure.objects.filter(site=site, active__isnull=False).count() == ProcedureVersion.objects.count() == 15
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="codec"):
        call_command("import_procedures", "quai", str(tmp_path / "bad.yaml"))
