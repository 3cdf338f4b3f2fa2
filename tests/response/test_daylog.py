"""The day log: numbered without a gap, never changed, found again after a year, and under the journal's hashes."""

import datetime as dt
import hashlib
import json
import threading

import pytest
from django.db import connection, connections

from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from response.daylog import files, signing, writing
from response.daylog.rows import note_rows
from response.daylog.writing import Draft
from response.models import DaySignature, Note
from tests.factories import NOON, make_asset, make_sector, make_site

BY = Actor("person", "chef", "Poste 1")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@pytest.fixture
def site(db):
    return make_site()


def write(site, text="Ronde faite", at=NOON, people=(), **told):
    return writing.write(site.pk, Draft(text, told.pop("happened_at", at), **told), people=people, by=BY, now=at)


def test_a_note_is_numbered_journaled_whole_and_says_apart_when_it_happened(site):
    sector = make_sector(site)
    asset = make_asset(site, sector=sector)
    text = "Grille forcée. " + "é" * 700
    note = write(
        site, text, NOON, happened_at=NOON - 20 * MINUTE, asset=asset, category="fault", importance="major", in_summary=True
    )
    line = JournalEntry.objects.get(site=site, seq=note.seq)
    assert (note.number, note.sector, note.happened_at, note.written_at) == (1, sector, NOON - 20 * MINUTE, NOON)
    assert (line.kind, line.actor, line.desk) == ("note.written", "chef", "Poste 1")
    assert json.loads(line.details)["text"] == text
    assert line.text_fr.startswith("Mention n° 1 : Grille forcée.")
    assert line.text_fr.endswith("…")
    assert list(verify(site.pk)) == []


def test_a_correction_cites_what_it_corrects_and_leaves_it_as_it_was(site):
    first = write(site, "Deux véhicules")
    second = writing.correct(first, Draft("Trois véhicules", NOON), people=(), by=BY, now=NOON + MINUTE)
    rows = {row["number"]: row for row in note_rows(Note.objects.all())}
    assert rows[1]["text"] == "Deux véhicules"
    assert [each["number"] for each in rows[1]["corrected_by"]] == [2]
    assert rows[2]["corrects"]["number"] == 1
    assert JournalEntry.objects.get(seq=second.seq).text_fr == "Mention n° 2, rectifie la n° 1 : Trois véhicules"


def test_the_same_words_sent_again_are_one_note_and_said_again_later_are_two(site):
    assert write(site).pk == write(site, at=NOON + MINUTE / 2).pk
    assert write(site, at=NOON + 2 * MINUTE).number == 2


def test_only_people_of_the_site_are_called(site):
    note = write(site, "@anna voir avec @zoe, et mail@anna", people={"anna", "bruno"})
    assert note.mentions == ["anna"]


@pytest.mark.parametrize(
    ("text", "ahead", "code"), [("", 0, "note_length"), ("x" * 4001, 0, "note_length"), ("ok", 6, "note_ahead")]
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(site, text, ahead, code):
    with pytest.raises(Refused) as refused:
        write(site, text, happened_at=NOON + ahead * MINUTE)
    assert refused.value.code == code
    assert (Note.objects.count(), JournalEntry.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("name", "content", "kind", "kept"),
    [
        ("vue.png", PNG, "image/png", "vue.png"),
        ("../../etc/passwd.pdf", b"%PDF-1.7\n", "application/pdf", "passwd.pdf"),
        ('a"b\r\nX: y.jpg', b"\xff\xd8\xff\xe0" + bytes(9), "image/jpeg", "abX y.jpg"),
        ("", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp", "document"),
    ],
)
def test_a_file_is_what_its_bytes_say_under_a_safe_name_and_its_hash_is_journaled(site, name, content, kind, kept):
    note = write(site)
    added = writing.attach(note, name, content, by=BY, now=NOON)
    line = json.loads(JournalEntry.objects.get(kind="note.attached").details)
    assert (added.media_type, added.name, bytes(added.content)) == (kind, kept, content)
    assert line["sha256"] == hashlib.sha256(content).hexdigest()
    assert writing.attach(note, "encore.png", content, by=BY, now=NOON).pk == added.pk


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload=alert(1)>", b"<html>%PDF-", b"MZ\x90", b"WEBPRIFF", PNG + bytes(files.MOST_BYTES)]
)
def test_a_file_that_is_none_of_the_kinds_is_refused_whatever_its_name(site, content):
    note = write(site)
    with pytest.raises(Refused):
        writing.attach(note, "photo.png", content, by=BY, now=NOON)
    assert note.attachments.count() == 0


@pytest.mark.django_db(transaction=True)
def test_notes_written_at_once_have_each_a_number_of_their_own():
    site = make_site()
    gate = threading.Barrier(4)

    def one(number: int) -> None:
        try:
            gate.wait()
            for turn in range(5):
                write(site, f"{number} {turn}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=[number]) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(Note.objects.values_list("number", flat=True)) == [*range(1, 21)]
    assert list(verify(site.pk)) == []


def test_a_day_is_signed_over_the_chain_and_the_signature_holds_until_a_line_is_altered(site):
    yesterday = write(site, "Hier", NOON - DAY)
    first, last = write(site, "Matin"), write(site, "Soir", NOON + 60 * MINUTE)
    signature = signing.sign(site, NOON.date(), by=BY, now=NOON + 90 * MINUTE)
    assert (signature.first, signature.last, signature.notes) == (first.seq, last.seq, 2)
    assert signature.first > yesterday.seq
    assert signing.holds(signature)
    assert signing.sign(site, NOON.date(), by=BY, now=NOON + 95 * MINUTE).pk == signature.pk
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_journalentry SET text_fr = 'Autre' WHERE seq = %s", [first.seq])
    assert not signing.holds(signature)


def test_what_is_added_after_a_signature_is_under_the_next(site):
    write(site, "Matin")
    before = signing.sign(site, NOON.date(), by=BY, now=NOON)
    added = write(site, "Oubli", NOON + MINUTE)
    after = signing.sign(site, NOON.date(), by=BY, now=NOON + 2 * MINUTE)
    assert (before.last < added.seq, after.last) == (True, added.seq)
    assert DaySignature.objects.count() == 2
    assert [signing.holds(before), signing.holds(after)] == [True, True]


def test_the_day_is_that_of_the_sites_clocks(site):
    late = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)  # half past midnight in Paris
    note = write(site, "Minuit passé", late)
    assert signing.sign(site, dt.date(2026, 3, 2), by=BY, now=late).first == note.seq
    with pytest.raises(Refused):
        signing.sign(site, dt.date(2026, 3, 1), by=BY, now=late)


def test_a_day_to_come_cannot_be_signed(site):
    with pytest.raises(Refused) as refused:
        signing.sign(site, NOON.date() + DAY, by=BY, now=NOON)
    assert refused.value.code == "day_ahead"
