"""What people type finds what the inventory calls otherwise: accents, plurals, other words."""

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from assets.models import Asset
from assets.spelling import ACCENTED, PLAIN, folded, in_sql, stem
from tests.factories import make_asset, make_site, make_user


def test_each_letter_has_its_plain_one():
    assert len(ACCENTED) == len(PLAIN)


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("word", "singular"), [("escaliers", "escalier"), ("niveaux", "niveau"), ("acces", "acce"), ("gaz", "gaz"), ("bus", "bus"),
                           ("lmp-00", "lmp-00"), ("glass", "glass")]
)  # fmt: skip
def test_a_plural_is_searched_by_its_singular(word, singular):
    assert stem(word) == singular


@pytest.mark.django_db
def test_the_database_folds_as_python_does():
    names = ["Escalier mécanique", "ÉGLISE Saint-Œil", "L’Été à Noël", "ÀÇÈ ñ ÿ", "plain"]
    site = make_site()
    for number, name in enumerate(names):
        make_asset(site, f"A-{number}", name=name)
    told = dict(Asset.objects.annotate(plain=in_sql("name")).values_list("name", "plain"))
    assert told == {name: folded(name) for name in names}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mecanique", ["E-1"]), ("MÉCANIQUE", ["E-1"]), ("escaliers", ["E-1"]), ("escalator", ["E-1"]), ("escalators", ["E-1"]),
        ("candelabre", ["L-1"]), ("lampadaires", ["L-1"]), ("street lamp", []), ("lamp", ["L-1"]), ("ecole", ["L-1"]),
        ("e-1", ["E-1"]), ("'", []), ("\\", []), ("!&|", []),
    ],
)  # fmt: skip
def test_assets_are_found_by_what_people_call_them(typed, found):
    site = make_site()
    make_asset(site, "E-1", name="Escalier mécanique n° 3")
    make_asset(site, "L-1", name="Candélabre rue de l’École")
    client = Client()
    client.force_login(make_user("operateur", site, "operator"))
    rows = client.get("/api/v1/assets", {"site": site.slug, "q": typed}).json()["results"]
    assert [row["code"] for row in rows] == found
