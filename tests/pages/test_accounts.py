"""A password is known to its owner alone, sessions can be seen and ended, and two people are two people."""

import re

import pytest
from django.test import Client

from alarms.models import Rule
from alarms.rules import RETIREMENT_LAPSES, retire, write_rule
from hypervisor import approvals
from hypervisor.models import Grant, GrantRequest, Session, User
from journal.actors import Actor
from journal.models import JournalEntry
from tests.factories import NOON, THRESHOLD, make_user

PEOPLE = "/sites/quai/settings/people"
SECOND = {"username": "second.person", "full_name": "", "role": "administrator"}
GOOD = "quatre lampadaires violets"


def link_on(page: str) -> str:
    return re.search(r"/account/[^/]+/[^/]+/", page)[0]


def choose(link: str, password: str) -> int:
    """Follow a link as its owner's browser does; the status of the answer to the new password."""
    browser = Client()
    page = browser.get(link, follow=True)
    if not page.redirect_chain:
        return page.status_code
    return browser.post(page.redirect_chain[-1][0], {"new_password1": password, "new_password2": password}).status_code


@pytest.fixture
def two(city):
    """The city, on a site whose rules need two people."""
    city.site.rules_need_second_person = True
    city.site.save(update_fields=["rules_need_second_person"])
    return city


def test_a_new_account_has_no_password_until_its_owner_chooses_one_by_a_link_that_works_once(city):
    page = city.client("administrator").post(PEOPLE, {"username": "nouvelle", "full_name": "", "role": "operator"})
    assert not User.objects.get(username="nouvelle").has_usable_password()
    link = link_on(page.content.decode())
    assert choose(link, "court") == 200  # refused, and the link is not used up
    assert choose(link, GOOD) == 302
    assert Client().login(username="nouvelle", password=GOOD)
    assert choose(link, "un tout autre mot de passe") == 200
    assert not Client().login(username="nouvelle", password="un tout autre mot de passe")
    kinds = JournalEntry.objects.filter(kind__startswith="account.").order_by("seq").values_list("kind", "actor")
    assert list(kinds) == [("account.link_made", "administrator"), ("account.password_chosen", "nouvelle")]


def test_a_link_changed_in_one_letter_opens_nothing(city):
    page = city.client("administrator").post(PEOPLE, {"username": "nouvelle", "full_name": "", "role": "operator"})
    link = link_on(page.content.decode())
    assert choose(link[:-2] + ("a" if link[-2] != "a" else "b") + "/", GOOD) == 200
    assert "plus valable" in Client().get("/account/AAAA/x-y/").content.decode()


def test_a_changed_password_keeps_this_session_and_ends_the_others(city):
    user = make_user("camille", city.site, "operator", password=GOOD)
    here, elsewhere = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"), Client()
    for browser in (here, elsewhere):
        assert browser.post("/login/", {"username": "camille", "password": GOOD}).status_code == 302
    assert "Firefox · Windows" in here.get("/sites/quai/account").content.decode()
    wrong = {"old_password": "non", "new_password1": f"{GOOD}!", "new_password2": f"{GOOD}!"}
    assert here.post("/sites/quai/account", wrong).status_code == 422
    assert here.post("/sites/quai/account", wrong | {"old_password": GOOD}).status_code == 302
    assert here.get("/api/v1/me").status_code == 200
    assert elsewhere.get("/api/v1/me").status_code == 401
    assert Session.objects.filter(user=user).count() == 1


def test_a_person_ends_their_other_sessions_and_nobody_elses(city):
    here, elsewhere, other = city.client("operator"), city.client("operator"), city.client("auditor")
    assert here.post("/sites/quai/account/sessions").status_code == 302
    assert [each.get("/api/v1/me").status_code for each in (here, elsewhere, other)] == [200, 401, 200]


def test_the_first_person_cannot_invent_the_second(two):
    client = two.client("administrator")
    page = client.post(PEOPLE, SECOND)
    invented = User.objects.get(username="second.person")
    assert not Grant.objects.filter(user=invented).exists()
    assert choose(link_on(page.content.decode()), GOOD) == 302
    asked = GrantRequest.objects.get()
    by_invented = Client()
    assert by_invented.login(username="second.person", password=GOOD)
    for each in (client, by_invented):
        each.post(f"{PEOPLE}/requests/{asked.pk}/confirmation")
        assert not Grant.objects.filter(user=invented).exists()
    third = make_user("troisieme", two.site, "administrator")
    by_third = Client()
    by_third.force_login(third)
    assert by_third.post(f"{PEOPLE}/requests/{asked.pk}/confirmation").status_code == 302
    assert Grant.objects.get(user=invented).role == "administrator"
    lines = JournalEntry.objects.filter(kind__startswith="grant.").order_by("seq").values_list("kind", "actor")
    assert list(lines) == [("grant.asked", "administrator"), ("grant.given", "troisieme")]


def test_a_smaller_role_does_not_grow_into_an_approvers_without_a_second_person(two):
    client, operator = two.client("administrator"), Grant.objects.get(user=two.users["operator"])
    client.post(f"{PEOPLE}/{operator.pk}", {"role": "administrator"})
    operator.refresh_from_db()
    assert operator.role == "operator"
    confined = Grant.objects.get(user=two.users["nord_admin"])
    client.post(f"{PEOPLE}/{confined.pk}", {"role": "administrator"})
    confined.refresh_from_db()
    assert confined.confined
    assert GrantRequest.objects.count() == 2
    client.post(f"{PEOPLE}/requests/{GrantRequest.objects.first().pk}/refusal")
    assert GrantRequest.objects.count() == 1


def test_a_link_to_an_approvers_account_suspends_what_it_may_approve(two):
    second = make_user("deuxieme", two.site, "administrator", password=GOOD)
    grant = Grant.objects.get(user=second)
    page = two.client("administrator").post(f"{PEOPLE}/{grant.pk}/link")
    assert choose(link_on(page.content.decode()), f"{GOOD}!") == 302
    assert not Grant.objects.filter(user=second).exists()
    assert GrantRequest.objects.get().asked_by == two.users["administrator"]


def test_nobody_makes_a_link_to_an_account_that_is_also_of_another_site(city):
    person = make_user("partagee", city.site, "operator", password=GOOD)
    grant = person.grants.get()
    make_user("x", city.other, "operator")
    Grant.objects.create(user=person, site=city.other, role="operator")
    city.client("administrator").post(f"{PEOPLE}/{grant.pk}/link")
    assert not JournalEntry.objects.filter(kind="account.link_made").exists()


def test_to_retire_a_rule_takes_two_people_as_to_activate_one(two):
    first, second = two.users["administrator"], make_user("deuxieme", two.site, "administrator")
    for _ in range(2):
        assert retire(two.rule, by=Actor.of(first), now=NOON).state == "active"
    assert JournalEntry.objects.filter(kind="rule.retirement_asked").count() == 1
    late = NOON + RETIREMENT_LAPSES
    assert retire(two.rule, by=Actor.of(second), now=late).state == "active"  # nobody remembers: it is asked for anew
    assert retire(two.rule, by=Actor.of(first), now=late).state == "retired"


def test_a_draft_that_nobody_hears_is_retired_by_one(two):
    rule = write_rule(two.site, "brouillon", "Brouillon", "Draft", THRESHOLD, now=NOON).rule
    assert retire(rule, by=Actor.of(two.users["administrator"]), now=NOON).state == "retired"


def test_the_interface_says_who_asked_to_retire(two):
    client = two.client("administrator")
    answer = client.delete(f"/api/v1/rules/{two.rule.pk}/activation").json()
    assert (answer["state"], answer["retirement_asked_by"]) == ("active", "administrator")
    assert "a demandé le retrait" in client.get(f"/sites/quai/rules/{two.rule.pk}").content.decode()
    assert Rule.objects.get(pk=two.rule.pk).state == "active"


def test_a_site_asks_for_two_people_only_when_it_has_them(city):
    assert approvals.approvers(city.site) == 1
    root = User.objects.create_superuser("racine", password=GOOD)
    client = Client()
    client.force_login(root)
    path = f"/admin/assets/site/{city.site.pk}/change/"
    fields = {"slug": "quai", "name": "Quai", "timezone": "Europe/Paris", "longitude": "2.24", "latitude": "48.89", "zoom": "14",
              "demo": "", "rules_need_second_person": "on"}  # fmt: skip
    assert client.post(path, fields).status_code == 200
    make_user("deuxieme", city.site, "administrator")
    assert client.post(path, fields).status_code == 302
    line = JournalEntry.objects.get(kind="site.changed")
    assert (line.actor, '"rules_need_second_person"' in line.details) == ("racine", True)


def test_the_administration_sets_nobodys_password_and_names_no_approver_alone(two):
    root = User.objects.create_superuser("racine", password=GOOD)
    client, target = Client(), two.users["operator"]
    client.force_login(root)
    assert client.get(f"/admin/hypervisor/user/{target.pk}/password/").status_code == 302
    grant = target.grants.get()
    fields = {"username": "operator", "is_active": "on", "language": "fr", "theme": "dark", "grants-TOTAL_FORMS": "1",
              "grants-INITIAL_FORMS": "1", "grants-0-id": grant.pk, "grants-0-user": target.pk, "grants-0-site": two.site.pk,
              "grants-0-role": "administrator"}  # fmt: skip
    assert client.post(f"/admin/hypervisor/user/{target.pk}/change/", fields).status_code == 200
    grant.refresh_from_db()
    assert grant.role == "operator"


@pytest.mark.parametrize("name", ["аdmin", "opérateur", "a b"])
def test_a_new_name_has_letters_that_look_like_nothing_else(city, name):
    assert city.client("administrator").post(PEOPLE, {**SECOND, "username": name}).status_code == 422
