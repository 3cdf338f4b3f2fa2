"""Who may do what, where: every role against every verb, by the interface itself."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client

from alarms.models import Alarm
from assets.models import UnknownAddress
from hypervisor import rights
from hypervisor.models import Role
from hypervisor.rights import Right, Rights, Verb
from tests.factories import NOON, THRESHOLD, make_command_type

END = {"minutes": 60, "reason": "travaux"}
RULE = {"site": "quai", "slug": "autre", "name": {"fr": "Autre", "en": "Other"}, "spec": THRESHOLD}

ASKED = {
    Verb.SEE: ("get", "/api/v1/alarms/{alarm}", None),
    Verb.ACKNOWLEDGE: ("post", "/api/v1/alarms/{alarm}/acknowledgement", {}),
    Verb.COMMENT: ("post", "/api/v1/alarms/{alarm}/comments", {"text": "vu"}),
    Verb.TAKE: ("post", "/api/v1/alarms/{alarm}/charge", None),
    Verb.SHELVE: ("post", "/api/v1/alarms/{alarm}/shelving", END),
    Verb.COMMAND: ("post", "/api/v1/assets/{asset}/commands", {"type": "reset"}),
    Verb.OUT_OF_SERVICE: ("post", "/api/v1/alarms/{alarm}/out-of-service", END),
    Verb.RULES: ("post", "/api/v1/rules", RULE),
    Verb.FEEDS: ("post", "/api/v1/feeds/jauges/token", None),
}
MAY = {
    "operator": {Verb.SEE, Verb.ACKNOWLEDGE, Verb.COMMENT, Verb.TAKE, Verb.SHELVE, Verb.COMMAND},
    "shift_supervisor": {
        Verb.SEE,
        Verb.ACKNOWLEDGE,
        Verb.COMMENT,
        Verb.TAKE,
        Verb.SHELVE,
        Verb.COMMAND,
        Verb.OUT_OF_SERVICE,
    },
    "administrator": set(ASKED),
    "auditor": {Verb.SEE},
}


def ask(client: Client, method: str, path: str, body: object) -> int:
    kwargs = {} if body is None else {"data": body, "content_type": "application/json"}
    return getattr(client, method)(path, **kwargs).status_code


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("verb", ASKED)
def test_a_role_may_what_the_table_says_and_nothing_else(city, role, verb):
    method, path, body = ASKED[verb]
    make_command_type()
    status = ask(city.client(role), method, path.format(alarm=city.alarms["nord"].pk, asset=city.assets["nord"].pk), body)
    assert (status < 300) if verb in MAY[role] else (status == 403)


@pytest.mark.parametrize("verb", ASKED)
@pytest.mark.parametrize("name", ["stranger", "root"])
def test_who_has_no_grant_learns_nothing_of_a_site(city, name, verb):
    method, path, body = ASKED[verb]
    assert ask(city.client(name), method, path.format(alarm=city.alarms["nord"].pk, asset=city.assets["nord"].pk), body) == 404


@pytest.mark.parametrize("verb", ASKED)
def test_who_is_not_signed_in_is_told_so(city, verb):
    method, path, body = ASKED[verb]
    assert ask(Client(), method, path.format(alarm=city.alarms["nord"].pk, asset=city.assets["nord"].pk), body) == 401


def test_a_forbidden_site_looks_like_an_unknown_one(city):
    client = city.client("operator")
    answers = [client.get(f"/api/v1/sites/{slug}/alarms") for slug in ("ailleurs", "nulle-part")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_an_alarm_of_another_site_looks_like_an_unknown_one(city):
    client = city.client("operator")
    answers = [client.get(f"/api/v1/alarms/{pk}") for pk in (city.alarms["other"].pk, 10**9)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].status_code == 404


def test_a_grant_on_a_sector_covers_what_is_nested_in_it_and_nothing_beside(city):
    client = city.client("nord")
    seen = {row["id"] for row in client.get("/api/v1/sites/quai/alarms").json()["results"]}
    assert seen == {city.alarms["nord"].pk, city.alarms["gare"].pk}
    for name, status in (("gare", 200), ("sud", 404), ("none", 404)):
        path = f"/api/v1/alarms/{city.alarms[name].pk}/acknowledgement"
        assert ask(client, "post", path, {}) == status
        assert ask(client, "get", f"/api/v1/assets/{city.assets[name].pk}", None) == status
        assert ask(client, "get", f"/api/v1/points/{city.points[name].pk}/readings", None) == status
    assert Alarm.objects.filter(state="acknowledged").count() == 1


def test_what_is_of_the_whole_site_is_not_for_an_administrator_of_a_sector(city):
    client = city.client("nord_admin")
    for verb in (Verb.RULES, Verb.FEEDS):
        method, path, body = ASKED[verb]
        assert ask(client, method, path, body) in (403, 404)
    assert client.get("/api/v1/rules?site=quai").status_code == 403


def test_who_names_an_alarm_that_is_not_theirs_among_many_moves_none(city):
    client = city.client("nord")
    both = [city.alarms["nord"].pk, city.alarms["sud"].pk]
    assert ask(client, "post", "/api/v1/sites/quai/alarms/acknowledgement", {"ids": both}) == 404
    assert not Alarm.objects.filter(state="acknowledged").exists()
    assert ask(client, "post", "/api/v1/sites/quai/alarms/acknowledgement", {"ids": both[:1]}) == 200
    assert Alarm.objects.get(state="acknowledged").pk == both[0]


def test_the_charge_of_another_is_released_by_a_shift_supervisor_only(city):
    path = f"/api/v1/alarms/{city.alarms['nord'].pk}/charge"
    assert ask(city.client("administrator"), "post", path, None) == 200
    assert ask(city.client("operator"), "delete", path, None) == 403
    assert ask(city.client("shift_supervisor"), "delete", path, None) == 200


def test_an_account_that_was_closed_may_nothing(city):
    client = city.client("operator")
    city.users["operator"].is_active = False
    city.users["operator"].save()
    assert client.get("/api/v1/sites").status_code == 401


def test_unknown_addresses_are_for_administrators(city):
    UnknownAddress.objects.create(feed=city.feed, address="x", first_seen_at=NOON, last_seen_at=NOON)
    path = "/api/v1/feeds/jauges/unknown-addresses"
    assert city.client("operator").get(path).status_code == 403
    assert len(city.client("administrator").get(path).json()["results"]) == 1


def test_the_rights_of_a_person_take_one_query(city, django_assert_num_queries):
    with django_assert_num_queries(1):
        held = rights.what(city.users["nord"])
    assert held.by_site == {city.site.pk: Right(city.site.pk, "quai", Role.OPERATOR, ("nord",))}


def test_a_sector_whose_name_begins_like_another_is_not_in_it():
    right = Right(1, "quai", Role.OPERATOR, ("nord",))
    assert right.covers("nord")
    assert right.covers("nord/gare")
    assert not right.covers("nord-est")
    assert not right.covers(None)


def test_a_role_nobody_knows_may_not_even_see():
    held = Rights({1: Right(1, "quai", "concierge", None)})
    with pytest.raises(Http404):
        held.on("quai")


def test_a_verb_that_is_missing_is_told_apart_from_a_site_that_is():
    held = Rights({1: Right(1, "quai", Role.AUDITOR, None)})
    with pytest.raises(PermissionDenied):
        held.on("quai", Verb.ACKNOWLEDGE)


def test_habits_of_the_desk_are_added_to_those_kept_and_unknown_ones_refused(city):
    client = city.client("operator")
    for told in ({"split-x": "60"}, {"filters": "severity=high"}):
        assert client.patch("/api/v1/me", {"habits": told}, "application/json").status_code == 200
    assert type(city.users["operator"]).objects.get(username="operator").habits == {"split-x": "60", "filters": "severity=high"}
    for wrong in ({"x": "1"}, {"order": "x" * 1001}, "text"):
        assert client.patch("/api/v1/me", {"habits": wrong}, "application/json").status_code == 422
