"""The administration, for the rare: what is changed there is followed like what is imported."""

import json

import pytest
from django.test import Client

from assets.models import AssetKind, Feed, Latest, Point, Sector, Site
from hypervisor.models import Grant, User
from journal.models import JournalEntry
from tests.factories import NOON, make_user


@pytest.fixture
def root(city) -> Client:
    return city.client("root")


def version() -> int:
    return Site.objects.get(slug="quai").inventory_version


def posted(root: Client, path: str) -> dict[str, object]:
    """The fields of a form of the administration, as it was shown."""
    context = root.get(path).context
    forms = [context["adminform"].form, *(form for inline in context["inline_admin_formsets"] for form in inline.formset)]
    forms += [inline.formset.management_form for inline in context["inline_admin_formsets"]]
    fields = {bound.html_name: bound.value() for form in forms for bound in form}
    return {name: value for name, value in fields.items() if value is not None and value is not False}


def saved(root: Client, person: User, **fields: object) -> None:
    """The form of a person, with some fields changed; None takes one away."""
    path, moment = f"/admin/hypervisor/user/{person.pk}/change/", person.date_joined
    form = posted(root, path) | fields
    form |= {"last_login_0": "", "last_login_1": "", "date_joined_0": moment.date(), "date_joined_1": moment.time()}
    answer = root.post(path, {name: value for name, value in form.items() if value is not None})
    assert answer.status_code == 302, answer.context["errors"]


def test_a_point_given_an_address_there_is_known_to_feeds_and_engine(city, root):
    before, asset = version(), city.assets["sud"]
    path = f"/admin/assets/asset/{asset.pk}/change/"
    form = posted(root, path) | {"points-0-address": "GAUGE-9", "attributes": "{}"}
    answer = root.post(path, form)
    assert answer.status_code == 302, answer.context["errors"]
    assert Point.objects.get(asset=asset).address == "GAUGE-9"
    assert version() == before + 1


def test_another_unit_of_a_point_there_is_asked_about_and_written_once_it_is_confirmed(city, root):
    point = city.assets["sud"].points.get()
    Point.objects.filter(pk=point.pk).update(unit="m")
    path = f"/admin/assets/asset/{point.asset_id}/change/"
    form = posted(root, path) | {"points-0-unit": "cm", "attributes": "{}"}
    answer = root.post(path, form)
    assert answer.status_code == 200
    assert f"{point.asset.code} {point.quantity}: m → cm" in answer.content.decode()
    assert Point.objects.get(pk=point.pk).unit == "m"
    answer = root.post(path, form | {"points-0-accept_meaning": "on"})
    assert answer.status_code == 302, answer.context["errors"]
    assert Point.objects.get(pk=point.pk).unit == "cm"


def test_another_quantity_of_a_point_there_is_asked_about_and_a_first_unit_only_where_there_are_readings(city, root):
    point = city.assets["sud"].points.get()
    Point.objects.filter(pk=point.pk).update(unit="")
    path = f"/admin/assets/asset/{point.asset_id}/change/"
    assert root.post(path, posted(root, path) | {"points-0-quantity": "speed", "attributes": "{}"}).status_code == 200
    assert root.post(path, posted(root, path) | {"points-0-unit": "m", "attributes": "{}"}).status_code == 302
    Point.objects.filter(pk=point.pk).update(unit="")
    Latest.objects.create(point=point, at=NOON, received_at=NOON, value=1.0)
    assert root.post(path, posted(root, path) | {"points-0-unit": "m", "attributes": "{}"}).status_code == 200
    found = Point.objects.get(pk=point.pk)
    assert (found.quantity, found.unit) == (point.quantity, "")


def test_a_code_that_comes_to_name_another_state_is_asked_about_where_the_kind_says_the_codes(city, root):
    kind, point = city.assets["sud"].kind, city.assets["sud"].points.get()
    AssetKind.objects.filter(pk=kind.pk).update(points=[{"quantity": point.quantity, "codes": {"0": "sec", "1": "crue"}}])
    path = f"/admin/assets/assetkind/{kind.pk}/change/"
    wanted = json.dumps([{"quantity": point.quantity, "codes": {"0": "crue", "1": "crue", "2": "boue"}}])
    form = posted(root, path) | {"points": wanted}
    answer = root.post(path, form)
    assert answer.status_code == 200
    assert f"{point.quantity}: 0 = sec → crue" in answer.content.decode()
    Point.objects.filter(quantity=point.quantity).update(codes={"0": "sec"})
    assert root.post(path, form).status_code == 302, "no point is read with these codes"


def test_a_feed_changed_there_is_followed(city, root):
    before, path = version(), f"/admin/assets/feed/{city.feed.pk}/change/"
    answer = root.post(path, posted(root, path) | {"expected_interval": 120, "mapping": "{}"})
    assert answer.status_code == 302, answer.context["errors"]
    assert Feed.objects.get(pk=city.feed.pk).expected_interval == 120
    assert version() == before + 1


def test_what_is_deleted_there_is_followed(city, root):
    before, path = version(), f"/admin/assets/sector/{city.sectors['sud'].pk}/delete/"
    assert root.post(path, {"post": "yes"}).status_code == 302
    assert not Sector.objects.filter(pk=city.sectors["sud"].pk).exists()
    assert version() == before + 1


def test_a_role_given_changed_and_taken_away_there_is_told_in_the_journal(city, root):
    person, grant = city.users["nord"], Grant.objects.get(user=city.users["nord"])
    saved(root, person, **{"grants-0-role": "shift_supervisor"})
    saved(root, person, **{"grants-0-DELETE": "on"})
    kinds = JournalEntry.objects.filter(kind__startswith="grant.").order_by("seq")
    assert list(kinds.values_list("kind", "actor")) == [("grant.changed", "root"), ("grant.withdrawn", "root")]
    assert not Grant.objects.filter(pk=grant.pk).exists()
    root.post(f"/admin/hypervisor/user/{city.users['nord_admin'].pk}/delete/", {"post": "yes"})
    assert kinds.last().text_en == "Role taken from nord_admin: administrator"


def test_an_account_closed_and_opened_again_there_is_told_in_the_journal_of_its_sites(city, root):
    saved(root, city.users["nord"], is_active=None)
    saved(root, city.users["nord"], is_active="on", last_name="Nord")
    saved(root, city.users["nord"], last_name="Sud")
    lines = JournalEntry.objects.filter(kind__startswith="account.").order_by("seq")
    assert list(lines.values_list("site", "kind", "actor", "text_en")) == [
        (city.site.pk, "account.closed", "root", "Account closed: nord"),
        (city.site.pk, "account.opened", "root", "Account opened again: nord"),
    ]


def test_a_feed_changed_there_is_told_in_the_journal(city, root):
    path = f"/admin/assets/feed/{city.feed.pk}/change/"
    root.post(path, posted(root, path) | {"address": "https://user:secret@example.org", "mapping": "{}"})
    line = JournalEntry.objects.get(kind="feed.changed")
    assert (line.actor, line.text_fr.startswith("Flux modifié : Jauges (adresse")) == ("root", True)
    assert "secret" not in f"{line.text_fr} {line.text_en} {line.details}"


def test_a_second_person_for_rules_is_asked_for_there(city, root):
    make_user("deuxieme", city.site, "administrator")
    path = f"/admin/assets/site/{city.site.pk}/change/"
    answer = root.post(path, posted(root, path) | {"rules_need_second_person": "on"})
    assert answer.status_code == 302, answer.context["errors"]
    assert Site.objects.get(pk=city.site.pk).rules_need_second_person
