"""Permits by hand, from files and from access systems: compared first, and looked through for plates that are easily confused."""

import datetime as dt
import json

import pytest

from assets.refusal import Refused
from journal.models import JournalEntry
from passages.models import Permit, PermitImport, PermitPlate, PermitSource
from passages.permits import changes, hours, imports
from passages.permits.table import Described, Plate
from passages.recommendation import Holds
from tests.passages.gatehouse import ADMIN, NOW, make_gatehouse

pytestmark = pytest.mark.django_db

FILE = """référence;société;plaques;accès;début;fin;horaires;accompagnement;durée max
A-1;Dupont TP;AB-123-CD, ab 125 cd;nord;01/11/2026;31/12/2026;lun-ven 7h-18h;non;8h
A-2;Élagage & fils;DE:HH X 12;*;;2026-12-31 18:00;;oui;90
A-3;;AB-999-CD;nord;;31/12/2026;;;
A-4;Sans accès;AB-999-CD;sud;;31/12/2026;;;
A-5;Mauvaise date;AB-999-CD;nord;;31/02/2026;;;
A-6;Heures;AB-999-CD;nord;;31/12/2026;de bonne heure;;
A-7;Plaque;?;nord;;31/12/2026;;;
A-1;Deux fois;AB-998-CD;nord;;31/12/2026;;;
"""


@pytest.fixture
def house():
    return make_gatehouse()


def _compare(house, text=FILE, **said):
    return imports.compare_file(house.site, text.encode(), "permis.csv", by=ADMIN, now=NOW, **said)


def test_a_file_is_compared_and_nothing_is_written(house):
    run = _compare(house)
    assert (run.state, run.new, run.changed, run.unchanged, run.refused) == ("compared", 2, 0, 0, 6)
    assert not Permit.objects.exists()
    reasons = {each["row"]: each["reason"] for each in run.details["refused"]}
    assert reasons == {4: "empty", 5: "unknown_gate", 6: "no_date", 7: "no_hours", 8: "no_plate", 9: "repeated_reference"}
    assert "sud" in next(each["sentence"] for each in run.details["refused"] if each["row"] == 5)


def test_what_was_shown_is_what_is_written(house):
    run = _compare(house)
    with pytest.raises(Refused, match="refused"):
        imports.carry_out_file(run.pk, by=ADMIN, now=NOW)
    done = imports.carry_out_file(run.pk, by=ADMIN, now=NOW, without_refused=True)
    assert (done.state, bytes(done.content)) == ("done", b"")
    first = Permit.objects.get(reference="A-1")
    assert (first.company, first.longest_stay, first.weekly[0]["from"]) == ("Dupont TP", 480, "07:00")
    assert first.valid_until == dt.datetime(2026, 12, 31, 23, tzinfo=dt.UTC)  # its evening, in Paris
    assert sorted(first.plates.values_list("plate", flat=True)) == ["AB123CD", "AB125CD"]
    second = Permit.objects.get(reference="A-2")
    assert (second.every_gate, second.escort, second.plates.get().country) == (True, True, "DE")
    again = _compare(house)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)


def test_a_comparison_that_no_longer_holds_is_not_written(house):
    run = _compare(house)
    house.permit("ZZ111ZZ", reference="A-2")
    with pytest.raises(Refused, match="changed since"):
        imports.carry_out_file(run.pk, by=ADMIN, now=NOW, without_refused=True)


def test_a_whole_file_ends_what_it_does_not_have(house):
    old = house.permit("ZZ111ZZ", reference="OLD")
    text = "reference,company,plates,gates,valid_until\nA-1,Dupont,AB123CD,nord,2026-12-31\n"
    run = _compare(house, text, whole=True)
    assert (run.gone, run.details["gone"][0]["reference"]) == (1, "OLD")
    imports.carry_out_file(run.pk, by=ADMIN, now=NOW)
    old.refresh_from_db()
    assert old.state == "ended"


def test_a_whole_file_with_a_refused_row_ends_nothing(house):
    house.permit("ZZ111ZZ", reference="OLD")
    text = "reference,company,plates,gates,valid_until\nOLD2,,AB123CD,nord,2026-12-31\nA,B,AB123CE,nord,2026-12-31\n"
    assert _compare(house, text, whole=True).gone == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no row"), (b"PK\x03\x04abc", "workbook"), (b"a;b\n1;2\n", "reference"), (b"\xff\xfe\x00", "UTF-16"),
        (b"reference,company,plates,gates,valid_until\n", "no row"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_its_reason(house, content, said):
    run = imports.compare_file(house.site, content, "x.csv", by=ADMIN, now=NOW)
    assert run.state == "refused"
    assert said in run.message


def test_plates_that_are_easily_confused_are_found_before_anything_is_written(house):
    house.permit("AB125CD", reference="P-1")
    text = "reference,company,plates,gates,valid_until\nP-2,Martin,AB126CD,nord,2026-12-31\n"
    run = _compare(house, text)
    assert run.details["twins"] == [{"one": "P-1", "other": "P-2"}]
    wanted = Described("P-3", "Durand", (Plate("XY777XY"),), ("nord",), None, NOW + dt.timedelta(days=9))
    _, difference = changes.write(house.site, wanted, by=ADMIN, now=NOW)
    assert difference.twins == []


def test_a_message_of_an_access_system_is_compared_and_written_at_once(house):
    source = PermitSource.objects.create(site=house.site, slug="acces", name="Contrôle d'accès")
    house.permit("GH456JK", reference="H-1")
    body = {
        "whole": True,
        "permits": [
            {"reference": "S-1", "company": "Dupont", "plates": [{"plate": "AB-123-CD"}], "gates": ["nord"],
             "valid_until": "2026-12-31T18:00:00+01:00", "weekly": [{"days": ["monday"], "from": "07:00", "to": "18:00"}]},
            {"reference": "S-2", "company": "Martin", "plates": [{"plate": "AB-124-CD"}], "valid_until": "2026-12-31T18:00:00Z"},
        ],
    }  # fmt: skip
    run = imports.take_message(source, json.dumps(body).encode(), NOW)
    assert (run.new, run.refused) == (2, 0)
    assert Permit.objects.get(reference="S-2").every_gate
    body["permits"] = body["permits"][1:]
    run = imports.take_message(source, json.dumps(body).encode(), NOW)
    assert (run.new, run.unchanged, run.gone) == (0, 1, 1)
    assert Permit.objects.get(reference="H-1").state == "active"  # people's own
    body["permits"][0] |= {"reference": "H-1"}
    run = imports.take_message(source, json.dumps(body).encode(), NOW)
    assert run.details["refused"][0]["reason"] == "of_another"


ONE = {"reference": "X", "company": "Y", "plates": [{"plate": "AB123CD"}], "valid_until": "2026-12-31T18:00:00Z"}


@pytest.mark.parametrize(
    "permit",
    [
        {}, {"reference": "X"}, {**ONE, "plates": []}, {**ONE, "valid_until": "2026-12-31T18:00:00"},
        {**ONE, "plates": [{"plate": "?"}]}, {**ONE, "reference": "X\u0000"}, {**ONE, "gates": ["no"]}, {**ONE, "gates": []},
        {**ONE, "valid_until": "9999-12-31T23:59:59Z"}, {**ONE, "weekly": [{"from": "7"}]}, {**ONE, "longest_stay": 0}, 3,
    ],
)  # fmt: skip
def test_one_bad_permit_of_a_message_is_refused_alone(house, permit):
    source = PermitSource.objects.create(site=house.site, slug="acces", name="Contrôle d'accès")
    good = {"reference": "S-1", "company": "Dupont", "plates": [{"plate": "AB-123-CD"}], "valid_until": "2026-12-31T18:00:00Z"}
    run = imports.take_message(source, json.dumps({"permits": [good, permit]}).encode(), NOW)
    assert (run.new, run.refused, run.details["refused"][0]["row"]) == (1, 1, 2)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"permits": 3}', b'{"permit": []}'])
def test_a_message_that_is_none_says_so(house, body):
    source = PermitSource.objects.create(site=house.site, slug="acces", name="Contrôle d'accès")
    with pytest.raises(imports.BadMessage):
        imports.take_message(source, body, NOW)


WEEK = [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "07:00", "to": "18:00"}]


@pytest.mark.parametrize(
    ("said", "now", "holds"),
    [
        ({}, NOW, Holds.YES),
        ({"state": "suspended"}, NOW, Holds.SUSPENDED),
        ({"valid_from": NOW + dt.timedelta(hours=1)}, NOW, Holds.NOT_YET),
        ({"valid_until": NOW}, NOW, Holds.EXPIRED),
        ({"every_gate": False}, NOW, Holds.OTHER_GATE),
        ({"weekly": WEEK}, NOW, Holds.YES),  # Wednesday, ten in Paris
        ({"weekly": WEEK}, NOW.replace(hour=6), Holds.YES),  # seven in Paris, not in UTC
        ({"weekly": WEEK}, NOW.replace(hour=5, minute=59), Holds.OUTSIDE_HOURS),
        ({"weekly": WEEK}, NOW.replace(hour=17), Holds.OUTSIDE_HOURS),  # eighteen in Paris
        ({"weekly": WEEK}, NOW + dt.timedelta(days=3), Holds.OUTSIDE_HOURS),
    ],
)
def test_a_permit_holds_on_the_sites_own_clock(house, said, now, holds):
    values = {"valid_from": NOW - dt.timedelta(days=9), "valid_until": NOW + dt.timedelta(days=9), "every_gate": True, **said}
    permit = Permit.objects.create(site=house.site, reference="A", company="B", changed_at=NOW, **values)
    assert hours.holds(permit, house.gate, now) is holds


def test_hours_are_said_shortly():
    assert hours.shown(WEEK) == "lun–ven 07:00–18:00"
    assert hours.shown([], "en") == ""


def test_the_journal_names_a_permit_and_no_plate(house):
    permit = house.permit("AB123CD")
    changes.set_state(permit.pk, "suspended", by=ADMIN, now=NOW)
    changes.set_state(permit.pk, "suspended", by=ADMIN, now=NOW)
    lines = JournalEntry.objects.filter(kind__startswith="permit.").order_by("seq")
    assert [line.kind for line in lines] == ["permit.created", "permit.suspended"]
    assert all("AB123CD" not in line.details + line.text_fr for line in lines)


def test_a_permit_that_ended_has_ended_for_good(house):
    permit = house.permit("AB123CD")
    changes.set_state(permit.pk, "ended", by=ADMIN, now=NOW)
    with pytest.raises(Refused, match="for good"):
        changes.set_state(permit.pk, "active", by=ADMIN, now=NOW)


def test_a_permit_is_changed_with_its_plates(house):
    permit = house.permit("AB123CD", "AB124CD")
    wanted = changes.described(Permit.objects.prefetch_related("plates", "gates").get(pk=permit.pk))
    changed = Described(
        **{name: getattr(wanted, name) for name in Described.__dataclass_fields__} | {"plates": (Plate("XX111XX"),)}
    )
    changes.write(house.site, changed, by=ADMIN, now=NOW, known=permit)
    assert list(PermitPlate.objects.values_list("plate", flat=True)) == ["XX111XX"]
    assert PermitImport.objects.count() == 0
