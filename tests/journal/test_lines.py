"""Every field of a line is under its hash, and the index of what lines are about cannot drift from them unseen."""

import pytest

from journal.actors import Actor
from journal.models import About
from journal.page import Line, open_page
from journal.reading import lines_about, verify
from tests.factories import NOON, make_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    made = make_site()
    page = open_page(made.pk)
    for number in range(1, 6):
        by = Actor("person", "operator", "pupitre 1", 12)
        page.write(Line("alarm.commented", NOON, f"note {number}", f"note {number}", [("alarm", number), ("incident", 9)], by))
    page.close()
    assert list(verify(made.pk)) == []
    return made


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "alarm.raised"},
        {"about": "[]"},
        {"actor_kind": "rule"},
        {"actor": "chief"},
        {"desk": ""},
        {"text_en": "other"},
        {"details": '{"a":1}'},
    ],
)  # fmt: skip
def test_a_line_altered_in_any_field_is_found_out(site, change):
    site.journal.filter(seq=3).update(**change)
    assert 3 in {flaw.seq for flaw in verify(site.pk)}


@pytest.mark.parametrize("lost", [1, 3, 5])
def test_what_the_index_lost_is_found_out(site, lost):
    About.objects.filter(site=site, seq=lost, noun="alarm").delete()
    assert [(flaw.seq, flaw.reason) for flaw in verify(site.pk)] == [(lost, "the index says that it is about something else")]


def test_what_the_index_invents_is_found_out(site):
    About.objects.create(site=site, noun="alarm", ref=3, seq=5)
    About.objects.create(site=site, noun="alarm", ref=3, seq=99)
    assert [flaw.seq for flaw in verify(site.pk)] == [5, 99]


def test_the_story_of_one_thing_is_its_lines_of_its_site_alone(site):
    other = make_site("ailleurs")
    page = open_page(other.pk)
    page.write(Line("alarm.commented", NOON, "ailleurs", "elsewhere", [("alarm", 2)]))
    page.close()
    assert list(lines_about(site.pk, "alarm", [2]).values_list("text_en", flat=True)) == ["note 2"]
    assert lines_about(site.pk, "incident", [9]).count() == 5
    assert lines_about(site.pk, "alarm", [9]).count() == 0
