"""Messages and questions between rooms: read and answered once by those who may, late otherwise, ended by their sender."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from response.entities import moves
from response.entities.rows import message_rows
from response.models import EntityAnswer, EntityMessage
from tests.factories import NOON, make_site, make_user
from tests.response.asking import BY, COUNT, TEN, make_entity, make_message, make_question

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def site(db):
    return make_site()


@pytest.fixture
def anna(site):
    return make_user("anna", site, "auditor")


@pytest.fixture
def mairie(site, anna):
    return make_entity(site, "mairie", anna)


def row_of(message) -> dict:
    return message_rows(EntityMessage.objects.filter(pk=message.pk))[0]


def lines() -> list[tuple[str, str, str]]:
    told = JournalEntry.objects.filter(kind__startswith="entity_message.").order_by("seq")
    return list(told.values_list("kind", "text_fr", "text_en"))


def refused(act, *given, **told) -> str:
    with pytest.raises(Refused) as error:
        act(*given, **told)
    return error.value.code


def test_a_question_is_answered_on_behalf_of_an_entity_and_said_in_both_languages(site, mairie, anna):
    asked = make_question(site, mairie)
    moves.answer(asked.pk, mairie, "yes", note="sous 5 min", by=Actor.of(anna), now=NOON + MINUTE)
    row = row_of(asked)
    (one,) = row["recipients"]
    assert one["answer"] == {
        "value": "yes", "words": {"fr": "Oui", "en": "Yes"}, "note": "sous 5 min", "by": "anna", "spoken_by": "", "late": False,
    }  # fmt: skip
    assert (one["acknowledged_by"], row["ending"], row["late"]) == ("anna", "answered", False)
    assert lines() == [
        ("entity_message.sent", "Question n° 1 à Mairie : Pouvez-vous fermer le quai ?",
         "Question No 1 to Mairie: Pouvez-vous fermer le quai ?"),
        ("entity_message.answered", "Question n° 1, réponse de Mairie : Oui — sous 5 min",
         "Question No 1, answer of Mairie: Yes — sous 5 min"),
    ]  # fmt: skip


def test_a_form_takes_values_of_its_kinds_alone(site, mairie, anna):
    asked, by = make_question(site, mairie, form=COUNT), Actor.of(anna)
    for wrong in ({"people": "douze"}, {}, {"people": 1, "more": 2}, "yes", None, {"people": True}):
        assert refused(moves.answer, asked.pk, mairie, wrong, by=by, now=NOON) == "bad_answer"
    moves.answer(asked.pk, mairie, {"people": 12}, by=by, now=NOON)
    assert row_of(asked)["recipients"][0]["answer"]["words"] == {"fr": "Personnes : 12 p.", "en": "People: 12 p."}


def test_an_entity_answers_once(site, mairie, anna):
    other = make_entity(site, "police", anna)
    asked, by = make_question(site, mairie, other), Actor.of(anna)
    moves.answer(asked.pk, mairie, "yes", by=by, now=NOON)
    moves.answer(asked.pk, mairie, "yes", by=by, now=NOON)  # sent twice by a browser
    assert refused(moves.answer, asked.pk, mairie, "no", by=by, now=NOON) == "answered_already"
    assert EntityAnswer.objects.count() == 1
    one = EntityAnswer.objects.get().recipient
    with pytest.raises(IntegrityError), transaction.atomic():
        EntityAnswer.objects.create(recipient=one, answer="no", at=NOON, by="anna", late=False)


def test_whoever_is_no_member_neither_answers_nor_acknowledges(site, mairie):
    asked = make_question(site, mairie)
    assert refused(moves.answer, asked.pk, mairie, "yes", by=BY, now=NOON) == "not_a_member"
    assert refused(moves.acknowledge, asked.pk, mairie, by=BY, now=NOON) == "not_a_member"
    assert refused(moves.answer, asked.pk, mairie, "yes", by=Actor("token", "anna"), now=NOON) == "not_a_member"
    assert refused(make_message, site, mairie, sender=mairie) == "not_a_member"
    police = make_entity(site, "police")
    assert refused(moves.answer, asked.pk, police, "yes", by=BY, now=NOON) == "not_a_recipient"


def test_a_member_whose_account_was_closed_acts_no_longer(site, mairie, anna):
    make = make_user("bob", site, "operator")
    mairie.members.add(make)
    anna.is_active = False
    anna.save()
    asked = make_question(site, mairie)
    assert refused(moves.answer, asked.pk, mairie, "yes", by=Actor.of(anna), now=NOON) == "not_a_member"
    assert row_of(asked)["recipients"][0]["members"] == ["bob"]


def test_what_was_said_on_the_telephone_is_written_down_with_who_said_it(site):
    gardien = make_entity(site, "gardien", contact="poste 4512")
    asked = make_question(site, gardien)
    assert refused(moves.answer, asked.pk, gardien, "no", by=BY, now=NOON) == "who_spoke"
    moves.answer(asked.pk, gardien, "no", spoken_by="M. Petit", by=BY, now=NOON)
    assert lines()[-1][1] == "Question n° 1, réponse de Gardien (M. Petit) : Non"


def test_a_question_is_late_once_and_settled_by_a_late_answer(site, mairie, anna):
    asked = make_question(site, mairie)
    assert moves.sweep(site.pk, NOON + TEN - MINUTE) == 0
    assert moves.sweep(site.pk, NOON + TEN) == 1
    assert moves.sweep(site.pk, NOON + TEN + MINUTE) == 0
    assert row_of(asked)["late"]
    moves.answer(asked.pk, mairie, "yes", by=Actor.of(anna), now=NOON + TEN + MINUTE)
    assert not row_of(asked)["late"]
    assert lines()[-2:] == [
        ("entity_message.late", "Question n° 1 sans réponse à temps de Mairie", "Question No 1 not answered in time by Mairie"),
        ("entity_message.answered", "Question n° 1, réponse en retard de Mairie : Oui",
         "Question No 1, answer late of Mairie: Yes"),
    ]  # fmt: skip


def test_one_who_need_not_answer_makes_nothing_late_and_may_answer_until_the_end(site, mairie, anna):
    police = make_entity(site, "police", anna)
    asked = make_question(site, mairie, police, must=(mairie,))
    moves.answer(asked.pk, mairie, "yes", by=Actor.of(anna), now=NOON)
    assert row_of(asked)["closed_at"] is None
    moves.sweep(site.pk, NOON + TEN)
    row = row_of(asked)
    assert (row["ending"], row["late"]) == ("answered", False)
    assert refused(moves.answer, asked.pk, police, "yes", by=Actor.of(anna), now=NOON + TEN) == "message_closed"


def test_its_sender_ends_or_recalls_it_and_nobody_else(site, mairie):
    asked = make_question(site, mairie)
    stranger = Actor("person", "autre")
    assert refused(moves.end, asked.pk, "recalled", by=stranger, now=NOON) == "not_the_sender"
    moves.end(asked.pk, "recalled", reason="erreur", by=BY, now=NOON)
    moves.end(asked.pk, "ended", by=BY, now=NOON)  # again: nothing more happens
    assert row_of(asked)["ending"] == "recalled"
    assert lines()[-1] == ("entity_message.recalled", "Question n° 1 rappelée — erreur", "Question No 1 recalled — erreur")
    other = make_question(site, mairie)
    moves.end(other.pk, "ended", others=True, by=stranger, now=NOON)
    assert row_of(other)["closed_by"] == "autre"


def test_a_message_is_over_when_every_entity_has_read_it(site, mairie, anna):
    gardien = make_entity(site, "gardien")
    told = make_message(site, mairie, gardien)
    moves.acknowledge(told.pk, mairie, by=Actor.of(anna), now=NOON)
    assert row_of(told)["closed_at"] is None
    moves.acknowledge(told.pk, gardien, by=BY, now=NOON)
    assert row_of(told)["ending"] == "answered"
    assert refused(moves.answer, told.pk, mairie, "yes", by=Actor.of(anna), now=NOON) == "no_question"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"text": " "}, "message_length"),
        ({"form": {"choices": []}}, "bad_form"),
        ({"form": {"choices": [{"value": "a", "label": {"fr": "a", "en": "a"}}]}}, "bad_form"),
        ({"form": "x"}, "bad_form"),
        ({"form": {"fields": [], "more": 1}}, "bad_form"),
        ({"due_at": NOON}, "due_at"),
        ({"due_at": NOON + dt.timedelta(days=8)}, "due_at"),
        ({"must": ()}, "nobody_must"),
        ({"form": None}, "no_answers"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_leaves_nothing(site, mairie, told, code):
    assert refused(make_question, site, mairie, **told) == code
    assert (EntityMessage.objects.count(), lines()) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_two_members_who_answer_at_once_leave_one_answer(valkey):
    site = make_site()
    people = [make_user(name, site, "operator") for name in ("anna", "bob")]
    mairie = make_entity(site, "mairie", *people)
    asked = make_question(site, mairie)

    def say(person, told) -> str:
        try:
            moves.answer(asked.pk, mairie, told, by=Actor.of(person), now=NOON)
        except Refused as error:
            return error.code
        finally:
            connection.close()
        return "said"

    with ThreadPoolExecutor(2) as pool:
        got = sorted(pool.map(say, people, ("yes", "no")))
    assert got == ["answered_already", "said"]
    assert EntityAnswer.objects.count() == 1
