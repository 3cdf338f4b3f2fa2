"""The administration speaks the reader's language: what it says alike in both is a name or a code, none of its own words."""

import html
import re
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Field
from django.urls import reverse
from django.utils import translation

from assets.models import ImportRun
from hypervisor.admin_words import ROOMS
from hypervisor.models import User
from passages.models import Gate
from tests.factories import NOON, make_asset

SAME = {
    "Action", "Actions", "Active", "Administration", "Cause", "Code", "Date", "Details", "English", "False", "Français",
    "Incident", "Latitude", "Longitude", "MQTT", "Maintenance", "Mapping", "Message", "NGSI-LD", "Points", "Position", "Raises",
    "Site", "Sites", "Slug", "True", "Type", "Version", "Zoom", "active", "esc", "normal", "null", "site",
}  # fmt: skip
"""Words that are the same in French and English, and what is said in code."""

OF_THE_CITY = {
    "Ailleurs", "Crue", "Eau", "Flood", "Flood-gauge", "Gare", "Gauges.csv", "Jauges", "Nord", "Quai", "Sud", "ailleurs",
    "administrator", "auditor", "crue", "eau", "jauges", "flood-gauge", "gauges.csv", "nord", "nord/gare", "nord_admin",
    "operator", "quai", "racine", "root", "rule.activated", "shift_supervisor", "stranger", "sud", "water", "x.csv",
    '{"rule":"crue"}', "Europe/Paris", "assets", "system",
}  # fmt: skip
"""Names and codes of the tests' city and of its people."""

OF_THE_JOURNAL = re.compile(r".*\d.*|[a-z_]+\.[a-z_]+|Fiche « .* »,? .*")
"""Numbers, kinds of lines, and what the lines say, which the administration shows as it was written."""

ROLES = {"administrateur", "auditeur", "chef de quart", "opérateur", "Operator"}
"""Roles are French in their table; their pages have both languages."""


class Texts(HTMLParser):
    """What a page shows: its texts, and the attributes that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._hidden = 0
        self._icon = False  # its letters are the name of a picture

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        icon = "material-symbols-outlined" in (dict(attributes).get("class") or "")
        self._icon = icon and tag == "span"
        self._hidden += tag in ("script", "style", "template")
        if not self._hidden:
            self.found |= {value for name, value in attributes if name in ("title", "placeholder", "aria-label", "alt") and value}

    def handle_endtag(self, tag: str) -> None:
        self._icon = False
        self._hidden -= tag in ("script", "style", "template")

    def handle_data(self, data: str) -> None:
        if not self._hidden and not self._icon:
            self.found.add(" ".join(html.unescape(data).split()))


def texts(client, path: str, language: str) -> set[str]:
    client.cookies["language"] = language
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    parser = Texts()
    parser.feed(answer.content.decode())
    return {text for text in parser.found if re.search(r"[A-Za-zÀ-ÿ]{3}", text)}


@pytest.fixture
def pages(city) -> list[str]:
    """The index, and of each model the list, one row and its history, the form of another, the question before deletion."""
    ImportRun.objects.create(site=city.site, file_name="x.csv", started_at=NOON)
    found = [reverse("admin:index"), reverse("admin:app_list", args=["assets"])]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        row = model.objects.order_by("pk").first()
        if row is None:
            continue
        found += [reverse(f"{name}_change", args=[row.pk]), reverse(f"{name}_history", args=[row.pk])]
        found += [reverse(f"{name}_add"), reverse(f"{name}_delete", args=[row.pk])]
    return found


def test_the_administration_is_french_on_a_french_site(city, pages):
    user = User.objects.create_superuser("racine", password="x" * 20)
    client = city.client("administrator")
    client.force_login(user)
    alike: dict[str, str] = {}
    for path in pages:
        if client.get(path).status_code in (403, 404):
            continue
        for text in texts(client, path, "fr") & texts(client, path, "en"):
            alike.setdefault(text, path)
    names = SAME | OF_THE_CITY | ROLES
    wrong = {text: path for text, path in alike.items() if text not in names and not OF_THE_JOURNAL.fullmatch(text)}
    assert not wrong, wrong


ALIKE = {
    "Apprise", "SMS", "active", "cause", "code", "contact", "contacts", "document",
    "ID", "importance", "incident", "incidents", "intervention", "Journal", "maintenance",
    "mentions", "message", "messages",
    "minutes", "Minutes.", "notable", "note", "notes", "passage", "passages", "phase", "position",
    "positions", "secret", "session", "sessions", "sha256", "site", "sites", "slug", "source", "type", "version", "webhook",
    "webhooks",
}  # fmt: skip
"""Words that are the same in both languages."""
FRENCH_IN_THE_TABLE = {"livraisons et chantiers", "parc de stationnement"}
CODES = {"axis", "frigate", "hikvision", "onvif", "openalpr", "plain", "plate-recognizer", "verkada"}


def words_of(model, whole: bool) -> list[object]:
    """The name of a model; `whole`: those of its fields, and their help and choices too, but for names of makers."""
    told = [model._meta.verbose_name, model._meta.verbose_name_plural]
    fields = [each for each in model._meta.get_fields() if isinstance(each, Field) and each.model is model] if whole else []
    for field in fields:
        told += [field.verbose_name, *filter(None, [field.help_text]), *(label for _, label in field.choices or ())]
    return [each for each in told if str(each) not in CODES]


@pytest.mark.parametrize("room", ROOMS)
def test_every_model_has_a_french_name_and_the_gates_procedures_and_commands_all_their_words(room):
    config = apps.get_app_config(room)
    whole = room in ("passages", "response", "commands")
    told = [config.verbose_name, *(word for model in config.get_models() for word in words_of(model, whole))]
    with translation.override("en"):
        english = [str(word) for word in told]
    with translation.override("fr"):
        french = [str(word) for word in told]
    same = {one for one, other in zip(english, french, strict=True) if one == other} - ALIKE - FRENCH_IN_THE_TABLE
    assert not {one for one in same if not re.search("[éèê’]", one)}, same


def test_what_forbids_the_deletion_of_an_asset_is_told_in_french(city):
    barrier = make_asset(city.site, "BAR-1")
    Gate.objects.create(site=city.site, slug="nord", name="Nord", asset=barrier)
    client = city.client("administrator")
    client.force_login(User.objects.create_superuser("racine", password="x" * 20))
    client.cookies["language"] = "fr"
    page = html.unescape(client.get(reverse("admin:assets_asset_delete", args=[barrier.pk])).content.decode())
    assert "Accès : Nord" in " ".join(re.sub("<[^>]+>", "", page).split()).replace("Accès: ", "Accès : ")
