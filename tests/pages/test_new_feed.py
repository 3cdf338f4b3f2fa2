"""A new feed from the settings: found in the list, made by a form, with its token and what is to be done next."""

import html
import re

import pytest

from assets import tokens
from assets.feeds.presets import presets
from assets.models import Feed, Supervisor
from connectors import settings as connector_settings
from hypervisor.offers import groups, offers
from journal.models import JournalEntry
from tests.api.city import City

pytestmark = pytest.mark.usefixtures("valkey")
PATH = "/sites/quai/settings/new-feed"
CONNECTORS = [offer for offer in offers().values() if offer.sample]


def test_every_ready_mapping_is_offered_and_every_offer_has_a_group() -> None:
    assert {preset.slug for preset in presets()} <= {*offers()}
    assert {offer.words.group for offer in offers().values()} == {*groups()}
    assert all(offer.name and offer.words.fr and offer.words.en for offer in offers().values())


def test_the_list_names_all_of_them_in_the_readers_language(city: City) -> None:
    page = city.client("administrator").get(PATH).content.decode()
    assert all(f"{PATH}/{slug}" in page for slug in offers())
    assert "Capteurs LoRaWAN du serveur ChirpStack" in page
    assert "capteurs lorawan" in page, "what is sought for has no accents and no capitals"


@pytest.mark.parametrize("offer", CONNECTORS, ids=lambda offer: offer.slug)
def test_a_connector_gets_a_file_with_which_it_runs(city: City, offer, tmp_path) -> None:
    client = city.client("administrator")
    said = {"name": "Chaufferie Nord", "supervisor": "", "supervisor_name": "GTB", "interval": "30"}
    page = client.post(f"{PATH}/{offer.slug}", said).content.decode()
    feed = Feed.objects.get(slug="chaufferie-nord")
    assert (feed.supervisor.slug, feed.protocol, feed.made_from, feed.expected_interval) == ("gtb", "push", offer.slug, 30)
    written = re.search(r'<pre tabindex="0" aria-label="[^"]*"><code>(.*?)</code>', page, re.DOTALL)[1]
    file = tmp_path / "chaufferie-nord.toml"
    file.write_text(html.unescape(written))
    settings = connector_settings.read(file)
    assert settings.vigie.feed == "chaufferie-nord"
    assert tokens.digest(settings.vigie.value()) == feed.token_hash
    later = client.get("/sites/quai/settings/feeds/chaufferie-nord").content.decode()
    assert "python -m connectors chaufferie-nord.toml" in later
    assert settings.vigie.value() not in later
    line = JournalEntry.objects.get(kind="feed.made")
    assert (line.text_fr, line.actor) == ("Flux Chaufferie Nord : ajouté", "administrator")


def test_a_ready_mapping_is_filled_in_and_a_supervisor_that_is_there_is_taken(city: City) -> None:
    there = Supervisor.objects.filter(site=city.site).first()
    said = {"name": "Jauges", "supervisor": there.slug, "supervisor_name": "", "interval": "600",
            "address": "v3/+/devices/+/#", "broker": "mqtts://u:p@ttn.example"}  # fmt: skip
    assert city.client("administrator").post(f"{PATH}/ttn", said).status_code == 200
    feed = Feed.objects.get(made_from="ttn")
    assert feed.slug == "jauges-2", "the name is taken by another feed, and its address is not"
    assert feed.supervisor == there
    assert feed.mapping == {**offers()["ttn"].mapping, "broker": "mqtts://u:p@ttn.example"}
    assert not feed.token_hash, "nobody sends to it"


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ("hubeau", {"address": "ftp://x/y"}),
        ("ttn", {"address": "a/#/b"}),
        ("ttn", {"broker": "ttn.example"}),
        ("modbus", {"name": ""}),
    ],
)
def test_what_cannot_be_used_is_said_at_the_form_and_makes_nothing(city: City, offer: str, said: dict[str, str]) -> None:
    form = {"name": "Flux", "supervisor": "", "interval": "60", "address": offers()[offer].address, **said}
    answer = city.client("administrator").post(f"{PATH}/{offer}", form)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not Feed.objects.exclude(made_from="").exists()
    assert not Supervisor.objects.filter(slug="flux").exists()


@pytest.mark.parametrize("who", ["operator", "shift_supervisor", "auditor"])
def test_only_who_may_change_feeds_makes_one(city: City, who: str) -> None:
    assert city.client(who).get(PATH).status_code == 403
    assert city.client(who).post(f"{PATH}/modbus", {"name": "X", "interval": "60"}).status_code == 403
