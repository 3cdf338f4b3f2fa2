"""The administration, for the rare: what is changed there is followed like what is imported."""

import pytest
from django.test import Client

from alarms.models import JournalEntry
from assets.models import Feed, Point, Sector, Site
from hypervisor.models import Grant, User
from tests.factories import make_user


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
    assert (line.actor, line.text_fr.startswith("Flux modifié : Jauges (address")) == ("root", True)
    assert "secret" not in f"{line.text_fr} {line.text_en} {line.details}"


def test_a_second_person_for_rules_is_asked_for_there(city, root):
    make_user("deuxieme", city.site, "administrator")
    path = f"/admin/assets/site/{city.site.pk}/change/"
    answer = root.post(path, posted(root, path) | {"rules_need_second_person": "on"})
    assert answer.status_code == 302, answer.context["errors"]
    assert Site.objects.get(pk=city.site.pk).rules_need_second_person
