"""Every list of names is in the order of the reader's language, and not of slugs, bytes or the other language."""

import re

import pytest

from assets.models import AssetKind, Sector, Supervisor
from tests.factories import make_asset

NAMES = [
    ("co2", "Dioxyde de carbone", "Carbon dioxide"),
    ("aed", "Défibrillateur", "Defibrillator"),
    ("zz", "Éclairage", "Lighting"),
    ("aa", "Écluse", "Sluice"),
    ("bb", "Eau", "Water"),
]
FRENCH = ["Défibrillateur", "Dioxyde de carbone", "Eau", "Éclairage", "Écluse"]
ENGLISH = ["Carbon dioxide", "Defibrillator", "Lighting", "Sluice", "Water"]


@pytest.fixture
def kinds(city):
    for number, (slug, french, english) in enumerate(NAMES):
        kind = AssetKind.objects.create(slug=slug, name_fr=french, name_en=english, domain="water", glyph="gauge")
        made = make_asset(city.site, f"O-{number}", sector=city.sectors["nord"])
        made.kind = kind
        made.save()
        Sector.objects.create(site=city.site, slug=slug, name=french, path=slug, polygon=city.sectors["nord"].polygon)
        Supervisor.objects.create(site=city.site, slug=slug, name=french)
    return city


def said(page: str, names: list[str]) -> list[str]:
    """The names in the order in which their options or cells stand on the page, each once."""
    found = re.findall(r">(?:\s|— |&nbsp;)*(" + "|".join(map(re.escape, names)) + r")\s*<", page)
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("address", ["assets", "maintenance"])
@pytest.mark.parametrize(("language", "names"), [("fr", FRENCH), ("en", ENGLISH)])
def test_kinds_are_in_the_order_of_their_names(kinds, address, language, names):
    page = kinds.client("administrator").get(f"/sites/quai/{address}", headers={"Accept-Language": language}).content.decode()
    select = re.search(r'<select[^>]*name="kind".*?</select>', page, re.DOTALL)[0]
    assert said(select, names) == names


@pytest.mark.parametrize("address", ["assets", "maintenance", "settings/sectors", "settings/people"])
def test_sectors_are_in_the_order_of_their_names(kinds, address):
    page = kinds.client("administrator").get(f"/sites/quai/{address}", headers={"Accept-Language": "fr"}).content.decode()
    part = re.search(r'<select[^>]*name="sectors?".*?</select>', page, re.DOTALL)
    shown = part[0] if part else re.sub(r"<[^>]*value=\"([^\"]*)\"[^>]*>", r">\1<", page)
    assert said(shown, FRENCH) == FRENCH


def test_what_completion_offers_is_in_the_order_of_names(kinds):
    from hypervisor.pages.rule_form import vocabulary

    for language, names in (("fr", FRENCH), ("en", ENGLISH)):
        known = vocabulary(kinds.site, language)
        assert [each["name"] for each in known["kinds"] if each["name"] in names] == names
        assert [each["name"] for each in known["sectors"] if each["name"] in FRENCH] == FRENCH
