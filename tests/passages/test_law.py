"""What the law asks of reading plates, held against what the room does."""

import datetime as dt
import json
import logging

import pytest
from django.core.serializers import serialize

from alarms import pseudonyms
from alarms.models import PersonalValue, PseudonymKey
from assets.refusal import Refused
from journal.models import JournalEntry
from passages import deciding, erasure, persons, purposes, rows
from passages.models import ClearRead, Erasure, Letter, Passage, PermitPlate, PlateRead, Purpose
from passages.recommendation import Verdict
from tests.passages.gatehouse import ADMIN, NOW, OPERATOR, SECOND, STATEMENT, again, make_gatehouse

pytestmark = pytest.mark.django_db
PLATE = "QX741VZ"
DAY = dt.timedelta(days=1)


@pytest.fixture
def house():
    return make_gatehouse()


def _state(house, **said):
    given = {
        "use": "deliveries", "basis": "public_task", "statement": STATEMENT, "assessment": "AIPD 7", "contact": "dpo@ville",
        "clear_hours": 24, "history_days": 30, "not_policing": True, **said,
    }  # fmt: skip
    return purposes.state(house.site, **given, by=ADMIN, now=NOW)


def _gone(house, plate=PLATE, now=NOW):
    """A vehicle that came and was refused."""
    passage = house.arrive(plate, now)
    deciding.decide(passage.pk, Verdict.REFUSE, by=OPERATOR, role="operator", now=now + SECOND, reason="sans autorisation")
    house.pass_time(now + 60 * SECOND)
    return again(passage)


def _everywhere_but(*models):
    """All rows of the room and of the journal, as text."""
    from django.apps import apps

    told = [*apps.get_app_config("passages").get_models(), *apps.get_app_config("journal").get_models(),
            *apps.get_app_config("alarms").get_models(), *apps.get_app_config("commands").get_models()]  # fmt: skip
    return "".join(serialize("json", model.objects.all()) for model in told if model not in models)


def test_a_gate_without_a_purpose_reads_nothing(house):
    house.gate.purpose = None
    house.gate.save()
    assert house.read(PLATE, NOW) == []
    assert PLATE not in _everywhere_but()
    assert not Letter.objects.exists()
    house.reader.refresh_from_db()
    assert "no purpose" in house.reader.refusal


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"not_policing": False}, "not_policing"),
        ({"statement": "Vidéoverbalisation du stationnement gênant"}, "statement"),
        ({"statement": "Mettre les lectures à disposition de la gendarmerie"}, "statement"),
        ({"statement": "Retrouver les véhicules volés"}, "statement"),
        ({"use": "policing"}, "use"),
        ({"basis": "because"}, "basis"),
        ({"assessment": ""}, "assessment"),
        ({"contact": " "}, "contact"),
        ({"clear_hours": 10_000}, "clear_hours"),
        ({"history_days": 0}, "history_days"),
    ],
)
def test_what_a_commune_may_not_state_is_refused_by_its_field(house, said, field):
    with pytest.raises(Refused) as refused:
        _state(house, **said)
    assert refused.value.field == field


def test_every_template_may_be_stated_as_it_is(house):
    assert set(purposes.templates()) == set(Purpose.Use.values)
    for use, both in purposes.templates().items():
        for text in both.values():
            assert _state(house, use=use, statement=text).pk


def test_a_plate_stands_in_clear_where_it_is_needed_and_nowhere_else(house, caplog):
    caplog.set_level(logging.DEBUG)
    house.permit(PLATE)
    _gone(house)
    assert PLATE in _everywhere_but()
    assert PLATE not in _everywhere_but(ClearRead, Passage, PermitPlate)
    assert PLATE not in caplog.text


def test_what_leaves_the_house_has_no_plate_and_no_person(house):
    permit = house.permit(PLATE)
    passage = _gone(house)
    told = json.dumps([*rows.passages_by_id([passage.pk]), *rows.permits_by_id([permit.pk])])
    assert PLATE not in told
    assert "QX-741-VZ" not in told
    assert OPERATOR.name not in told


def test_a_plate_is_erased_a_day_after_with_proof(house):
    passage = _gone(house)
    erasure.sweep(house.site.pk, passage.closed_at + DAY - SECOND)
    assert again(passage).plate == PLATE
    erasure.sweep(house.site.pk, passage.closed_at + DAY)
    passage = again(passage)
    assert (passage.plate, passage.candidates, ClearRead.objects.count()) == ("", [], 0)
    assert PLATE not in _everywhere_but()
    proof = Erasure.objects.get()
    assert (proof.passages, proof.reads, proof.why, len(proof.digest)) == (1, 2, "time", 64)
    line = JournalEntry.objects.get(seq=proof.seq)
    assert (line.kind, json.loads(line.details)["digest"]) == ("plates.erased", proof.digest)
    assert PlateRead.objects.count() == 2  # the reads themselves are not changed


def test_what_is_under_way_is_not_erased(house):
    passage = house.arrive(PLATE, NOW)
    erasure.sweep(house.site.pk, NOW + 40 * DAY)
    assert again(passage).plate == PLATE


def test_a_vehicle_is_known_again_after_its_plate_is_erased_and_never_after_the_key_is(house):
    passage = _gone(house)
    erasure.sweep(house.site.pk, passage.closed_at + DAY)
    assert list(persons.of_plate(house.site.pk, PLATE, NOW + 2 * DAY)) == [passage]
    PseudonymKey.objects.all().delete()
    assert list(persons.of_plate(house.site.pk, PLATE, NOW + 2 * DAY)) == []


def test_nobody_keeps_a_table_of_whom_tokens_name(house):
    passage = _gone(house)
    assert pseudonyms.FORM.fullmatch(passage.token)
    assert not PersonalValue.objects.exists()


def test_history_without_plates_ends_too(house):
    passage = _gone(house)
    erasure.sweep(house.site.pk, passage.closed_at + DAY)
    erasure.sweep(house.site.pk, passage.closed_at + 30 * DAY)
    assert not Passage.objects.exists()
    assert JournalEntry.objects.filter(kind="passage.refused").exists()


def test_a_withdrawn_purpose_ends_reading_and_erases_at_once(house):
    passage = _gone(house)
    waiting = house.arrive("AB123CD", NOW + 120 * SECOND)
    purposes.withdraw(house.purpose.pk, by=ADMIN, now=NOW + DAY)
    assert (again(passage).plate, again(waiting).plate, again(waiting).state) == ("", "", "left")
    assert Erasure.objects.get().why == "purpose"
    assert house.read(PLATE, NOW + DAY + SECOND) == []


def test_a_search_is_journaled_without_the_plate(house):
    _gone(house)
    persons.note_search(house.site.pk, PLATE, "searched", 1, by=OPERATOR, now=NOW)
    line = JournalEntry.objects.get(kind="plates.searched")
    assert (line.actor, json.loads(line.details)["found"]) == ("operateur", 1)
    assert PLATE not in line.details + line.text_fr


def test_a_persons_data_can_be_handed_out(house):
    house.permit(PLATE)
    passage = _gone(house)
    told = persons.handed_out(house.site.pk, PLATE, by=ADMIN, now=NOW + 60 * SECOND)
    assert [each["id"] for each in told["passages"]] == [passage.pk]
    assert [each["plate"] for each in told["reads"]] == [PLATE, PLATE]
    assert told["permits"][0]["company"] == "Dupont TP"
    assert told["passages"][0]["contact"] == "dpo@ville.example"
    assert JournalEntry.objects.filter(kind="plates.handed_out").exists()


def test_a_person_can_have_their_plate_erased(house):
    passage, other = _gone(house), _gone(house, "AB123CD", NOW + 300 * SECOND)
    assert persons.erase_of(house.site.pk, PLATE, by=ADMIN, now=NOW + DAY) == 1
    assert (again(passage).plate, again(other).plate) == ("", "AB123CD")
    assert Erasure.objects.get().why == "person"


def test_plates_of_permits_that_ended_long_ago_are_erased(house):
    permit = house.permit(PLATE)
    erasure.sweep(house.site.pk, permit.valid_until + 29 * DAY)
    assert PermitPlate.objects.count() == 1
    erasure.sweep(house.site.pk, permit.valid_until + 30 * DAY)
    assert PermitPlate.objects.count() == 0


def test_a_plate_is_never_the_text_of_a_row(house):
    passage = _gone(house)
    told = [str(each) for each in (passage, *PlateRead.objects.all(), *ClearRead.objects.all(), *PermitPlate.objects.all())]
    assert PLATE not in "".join(told)
