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
        ({"limits": [{"severity": "low", "limit": n} for n in (1, 2)]}, "spec.limits", "une gravité est donnée deux fois"),
        ({"limits": [{"severity": "low", "limit": 2}, {"severity": "high", "limit": 1}]}, "spec.limits",
         "une limite plus grave doit être plus haute"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_at_its_field_in_the_readers_language(city, change, field, french):
    answer = post(city.client("administrator"), PREVIEW, {"spec": {**THRESHOLD, **change}}, headers={"Accept-Language": "fr"})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert list(errors) == [field]
    if french:
        assert errors[field] == [french]


def test_a_rule_that_cannot_run_here_is_refused_at_its_field_in_both_languages(city):
    client = city.client("administrator")
    told = {}
    for slug, named in (("a", "a"), ("b", "of_nobody")):
        limits = [{"severity": "low", "at_least": 1}]
        spec = {"kind": "count", "scope": {}, "of": {"rule": named}, "by": "site", "within": 60, "limits": limits}
        names = {"fr": slug, "en": slug}
        made = post(client, "/api/v1/rules", {"site": "quai", "slug": slug, "name": names, "spec": spec}).json()
        for language in ("fr", "en"):
            for act in ("activation", "shadow"):
                body, headers = {"version": 1}, {"Accept-Language": language}
                answer = post(client, f"/api/v1/rules/{made['id']}/{act}", body, headers=headers)
                assert answer.status_code == 422
                ((field, (reason,)),) = answer.json()["errors"].items()
                assert answer.json()["detail"] == reason
                told[slug, act, language] = (field, reason)
    assert told["a", "activation", "fr"][1].startswith("ces règles attendent les alarmes l’une de l’autre")
    assert told["a", "activation", "en"][1].startswith("these rules wait for each other's alarms")
    assert told["b", "shadow", "fr"] == ("spec.of.rule", "aucune règle de ce site ne s’appelle « of_nobody »")
    assert told["b", "shadow", "en"] == ("spec.of.rule", "there is no rule named 'of_nobody' on this site")


def test_a_name_that_is_taken_is_told_in_both_languages(city):
    body = {"site": "quai", "slug": city.rule.slug, "name": {"fr": "X", "en": "X"}, "spec": THRESHOLD}
    for language, said in (("fr", "Le site a déjà une règle de ce nom"), ("en", "The site has a rule of this name already")):
        answer = post(city.client("administrator"), "/api/v1/rules", body, headers={"Accept-Language": language})
        assert (answer.status_code, said in answer.json()["detail"]) == (409, True)


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
