"""Rules over the interface: previews and their refusals, new names, and a second person where the site wants one."""

import pytest

from tests.factories import THRESHOLD, make_user

pytestmark = pytest.mark.django_db

PREVIEW = "/api/v1/sites/quai/rules/preview"


def post(client, address: str, body: object, **more: object):
    return client.post(address, body, content_type="application/json", **more)


def test_a_preview_counts_places_and_says(city):
    answer = post(city.client("administrator"), PREVIEW, {"spec": THRESHOLD})
    told = answer.json()
    assert answer.status_code == 200, told
    assert (told["points"], told["assets"], len(told["places"]), len(told["sample"])) == (4, 4, 4, 4)
    assert "2,6" in told["sentence"]["fr"]
    assert told["errors"] == []


@pytest.mark.parametrize(
    ("change", "field", "french"),
    [
        ({"limits": []}, "spec.limits", "à remplir"), ({"limits": None}, "spec.limits", "une liste est attendue"),
        ({"direction": "up"}, "spec.direction", "n’est pas un des choix"), ({"scope": {}}, "spec.scope.quantity", None),
        ({"limits": [{"severity": "high"}]}, "spec.limits[0].limit", "à remplir"),
        ({"limits": [{"severity": "high", "limit": "x"}]}, "spec.limits[0].limit", None),
        ({"on_delay": -1}, "spec.on_delay", "0 au moins"),
        ({"message": {"fr": "{x}", "en": "a"}}, "spec.message", None), ({"kind": "magic"}, "spec.kind", None),
        ({"limits": [{"severity": "low", "limit": n} for n in (1, 2)]}, "spec", "une gravité est donnée deux fois"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_at_its_field_in_the_readers_language(city, change, field, french):
    answer = post(city.client("administrator"), PREVIEW, {"spec": {**THRESHOLD, **change}}, headers={"Accept-Language": "fr"})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert list(errors) == [field]
    if french:
        assert errors[field] == [french]


@pytest.mark.parametrize("role", ["operator", "shift_supervisor", "auditor", "nord_admin"])
def test_only_an_administrator_of_the_whole_site_previews(city, role):
    assert post(city.client(role), PREVIEW, {"spec": THRESHOLD}).status_code == 403


def test_a_version_may_rename_its_rule(city):
    address = f"/api/v1/rules/{city.rule.pk}/versions"
    made = post(city.client("administrator"), address, {"spec": THRESHOLD, "name": {"fr": "Eau", "en": "Water"}})
    assert (made.status_code, made.json()["name"], len(made.json()["versions"])) == (201, {"fr": "Eau", "en": "Water"}, 2)


def test_a_site_may_want_a_second_person(city):
    city.site.rules_need_second_person = True
    city.site.save(update_fields=["rules_need_second_person"])
    city.users["other"] = make_user("other", city.site, "administrator")
    author, other = city.client("administrator"), city.client("other")
    rule = post(author, "/api/v1/rules", {"site": "quai", "slug": "x", "name": {"fr": "X", "en": "X"}, "spec": THRESHOLD}).json()
    address = f"/api/v1/rules/{rule['id']}/activation"
    refused = post(author, address, {"version": 1}, headers={"Accept-Language": "fr"})
    assert (refused.status_code, "autre personne" in refused.json()["detail"]) == (409, True)
    assert post(author, f"/api/v1/rules/{rule['id']}/shadow", {"version": 1}).status_code == 200
    assert post(other, address, {"version": 1}).json()["state"] == "active"
