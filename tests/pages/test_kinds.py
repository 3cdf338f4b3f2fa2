"""Kinds, quantities and points are set up on pages, in words, and no number comes to mean something else unasked."""

import pytest

from alarms.rules import activate, write_rule
from assets.models import AssetKind, Latest, Point
from journal.models import JournalEntry
from tests.factories import NOON, THRESHOLD, make_asset, make_kind, make_point

PAGE = "/sites/quai/settings/kinds"
STATE = {
    "quantity": "state",
    "name_fr": "État",
    "name_en": "State",
    "unit": "",
    "interval": "60",
    "states": "0 = arrêt | off\n1=marche",
}


def told() -> list[str]:
    return list(JournalEntry.objects.order_by("seq").values_list("text_fr", flat=True))


@pytest.fixture
def pump(city):
    return make_kind("pump", name_fr="Pompe", name_en="Pump")


def test_a_kind_is_made_measures_something_and_is_deleted(city, pump):
    admin = city.client("administrator")
    names = {"slug": "clapet", "name_fr": "Clapet", "name_en": "Flap valve", "domain": "water", "glyph": "pump"}
    assert admin.post(PAGE, names)["Location"] == f"{PAGE}/clapet"
    assert admin.post(PAGE, names).status_code == 422
    assert admin.post(f"{PAGE}/clapet", {"act": "quantity", **STATE}).status_code == 302
    row = AssetKind.objects.get(slug="clapet")
    assert row.points == [
        {
            "quantity": "state",
            "name_fr": "État",
            "name_en": "State",
            "codes": {"0": "arrêt", "1": "marche"},
            "codes_en": {"0": "off"},
        }
    ]
    assert "0 = arrêt, 1 = marche" in admin.get(f"{PAGE}/clapet").text
    assert "Clapet" in admin.get(PAGE).text
    admin.post(f"{PAGE}/clapet/state", {"act": "delete"})
    admin.post(f"{PAGE}/clapet", {"act": "delete"})
    assert not AssetKind.objects.filter(slug="clapet").exists()
    assert told()[-4:] == [
        "Type d’équipement Clapet : ajouté", "Type d’équipement Clapet : grandeur État",
        "Type d’équipement Clapet : grandeur État retirée", "Type d’équipement Clapet : supprimé",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"states": "marche"}, "un état par ligne"), ({"states": "1 = a\n01 = b"}, "deux fois"),
        ({"least": "3,5", "most": "1"}, "Le maximum est au-dessus du minimum."), ({"least": "3"}, "Les deux, ou aucun."),
        ({"counter": "on"}, "Un compteur n’a pas d’états."), ({"states": "", "least": "1e400", "most": "2"}, "Écrire un nombre."),
    ],
)  # fmt: skip
def test_a_quantity_is_refused_in_words(city, pump, sent, said):
    answer = city.client("administrator").post(f"{PAGE}/pump", {"act": "quantity", **STATE, **sent})
    assert (answer.status_code, said in answer.text) == (422, True)


def test_other_names_of_states_that_points_are_read_with_are_asked_about(city, pump):
    admin = city.client("administrator")
    admin.post(f"{PAGE}/pump", {"act": "quantity", **STATE})
    make_point(make_asset(city.site, "P-1", "pump"), city.feed, "state", unit="")
    changed = STATE | {"states": "0 = marche\n1 = arrêt"}
    asked = admin.post(f"{PAGE}/pump/state", changed)
    assert (asked.status_code, "0 = arrêt → marche" in asked.text, "accept_meaning" in asked.text) == (422, True, True)
    assert "accept_meaning" not in admin.get(f"{PAGE}/pump/state").text
    assert admin.post(f"{PAGE}/pump/state", changed | {"accept_meaning": "on"}).status_code == 302
    assert AssetKind.objects.get(slug="pump").points[0]["codes"] == {"0": "marche", "1": "arrêt"}
    refused = admin.post(f"{PAGE}/pump/state", {"act": "delete"}, follow=True).text
    assert "Des équipements la mesurent encore : 1." in refused


def test_a_kind_of_other_sites_is_changed_by_who_administers_them_too(city):
    admin = city.client("administrator")
    assert "D’autres sites ont des équipements de ce type" in admin.get(f"{PAGE}/flood-gauge").text
    answer = admin.post(f"{PAGE}/flood-gauge", {"act": "quantity", **STATE})
    assert (answer.status_code, AssetKind.objects.get(slug="flood-gauge").points) == (422, [])
    for who, status in (("operator", 403), ("nord_admin", 403), ("stranger", 404)):
        assert city.client(who).get(PAGE).status_code == status
        assert city.client(who).get(f"/sites/quai/assets/{city.assets['sud'].pk}/points").status_code == status


def test_a_point_gets_its_feed_and_the_limits_that_rules_read(city, pump):
    admin = city.client("administrator")
    pump.points = [{"quantity": "pressure", "name_fr": "Pression", "name_en": "Pressure", "unit": "bar", "interval": 30}]
    pump.save()
    spec = THRESHOLD | {"scope": {"quantity": "pressure"}, "limits": [{"severity": "high", "limit": {"point": "burst"}}]}
    activate(write_rule(city.site, "eclatement", "Éclatement", "Burst", spec, now=NOON), now=NOON)
    asset = make_asset(city.site, "P-1", "pump")
    page = f"/sites/quai/assets/{asset.pk}/points"
    added = admin.post(page, {"quantity": "pressure"})
    point = Point.objects.get(asset=asset)
    assert (added["Location"], point.unit, point.interval) == (f"{page}/{point.pk}", "bar", 30)
    listed = admin.get(page).text
    assert all(word in listed for word in ("Pression", "Éclatement", "absent"))
    sent = {"unit": "bar", "interval": "30", "feed": city.feed.pk, "address": "P-1/p", "states": "", "limit-burst": "7,5"}
    assert admin.post(f"{page}/{point.pk}", sent | {"feed": ""}).status_code == 422
    assert admin.post(f"{page}/{point.pk}", sent).status_code == 302
    point.refresh_from_db()
    assert (point.limits, point.feed, point.address) == ({"burst": 7.5}, city.feed, "P-1/p")
    assert told()[-1] == "Point de mesure Pression de P-1 : modifié"
    Latest.objects.create(point=point, at=NOON, received_at=NOON, value=1)
    assert "bar → kPa" in admin.post(f"{page}/{point.pk}", sent | {"unit": "kPa"}).text
    assert "Il a des mesures" in admin.post(f"{page}/{point.pk}", {"act": "delete"}, follow=True).text
    Latest.objects.all().delete()
    admin.post(f"{page}/{point.pk}", {"act": "delete"})
    assert not Point.objects.filter(asset=asset).exists()
