"""Gates and readers are set on pages as they are through the interface: same writer, same refusals, secrets shown once."""

import pytest

from hypervisor.pages.gate_forms import SOURCES
from journal.models import JournalEntry
from passages.models import Gate, Reader
from passages.sources import DECODERS
from tests.factories import make_asset
from tests.pages.counted import queries_of
from tests.passages.settled import settle_gate

GATE = {
    "name": "Accès nord", "slug": "nord", "asset": "B-2", "direction": "in", "area": "dalle",
    "intercom": "sip:nord@ville.example", "purpose": "", "policy": "assisted", "threshold": "0.95",
    "zones": "voie 1, voie 2", "quiet_after": "30", "waits": "300",
    "enabled": "on",
}  # fmt: skip
READER = {
    "name": "LAPI nord", "slug": "lapi-nord", "source": "plain", "direction": "unknown", "asset": "", "address": "", "camera": "",
    "enabled": "on",
}  # fmt: skip
GATES = "/sites/quai/settings/gates"


@pytest.fixture
def gate(city) -> Gate:
    gate, _reader, _purpose = settle_gate(city)
    make_asset(city.site, "B-2", "barrier", sector=city.sectors["nord"])
    return gate


def test_a_gate_is_made_with_its_reader_and_the_reader_sends_with_the_token_it_was_shown(city, gate, valkey):
    admin = city.client("administrator")
    page = admin.post(GATES, GATE, follow=True)
    made = Gate.objects.get(slug="nord")
    assert page.redirect_chain[-1][0] == f"{GATES}/{made.pk}"
    assert (made.asset.code, made.zones, made.intercom) == ("B-2", ["voie 1", "voie 2"], "sip:nord@ville.example")
    page = admin.post(f"{GATES}/{made.pk}/readers", READER, follow=True)
    reader = Reader.objects.get(slug="lapi-nord")
    here = f"{GATES}/{made.pk}/readers/{reader.slug}"
    assert f"http://testserver/api/v1/readers/{reader.slug}/reads" in page.text
    shown = admin.post(f"{here}/token")
    token = shown.context["token"]
    assert token in shown.text
    assert "no-store" in shown.headers["Cache-Control"]
    assert token not in admin.get(here).text, "it is shown once"
    sent = {"data": {"plate": "AB-123-CD"}, "content_type": "application/json"}
    sent["headers"] = {"Authorization": f"Token {token}"}
    assert admin.post(f"/api/v1/readers/{reader.slug}/reads", **sent).status_code == 202
    renewed = admin.post(f"{here}/token").context["token"]
    reader.refresh_from_db()
    assert renewed != token
    assert reader.token_hint == renewed[-4:]
    told = JournalEntry.objects.filter(kind__startswith="gate.").order_by("seq").values_list("kind", "actor")
    assert list(told)[-4:] == [
        ("gate.created", "administrator"), ("gate.reader_set", "administrator"), ("gate.token", "administrator"),
        ("gate.token", "administrator"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"slug": "sud"}, "slug"), ({"asset": "B-1"}, "asset"), ({"asset": "J-1"}, "asset"), ({"asset": "inconnue"}, "asset"),
        ({"intercom": "javascript:alert(1)"}, "intercom"), ({"intercom": "http://[", "slug": "n2"}, "intercom"),
        ({"threshold": "0.2"}, "threshold"), ({"quiet_after": "1"}, "quiet_after"), ({"zones": ",".join("abc" * 40)}, "zones"),
    ],
)  # fmt: skip
def test_what_the_room_refuses_is_said_at_its_field_and_nothing_is_written(city, gate, wrong, where):
    answer = city.client("administrator").post(GATES, GATE | wrong)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [where]
    assert Gate.objects.count() == 1


def test_a_gate_keeps_what_its_form_showed(city, gate):
    admin, here = city.client("administrator"), f"{GATES}/{gate.pk}"
    before = {name: getattr(gate, name) for name in ("slug", "area", "direction", "policy", "threshold", "purpose_id", "waits")}
    form = admin.get(here).context["form"]
    sent = {name: form[name].value() for name in form.fields} | {"purpose": gate.purpose_id, "waits": 120}
    assert admin.post(here, sent | {"enabled": "on"}).status_code == 302
    gate.refresh_from_db()
    assert {name: getattr(gate, name) for name in before} == before | {"waits": 120}


def test_the_password_of_a_broker_is_kept_and_not_shown(city, gate):
    admin, reader = city.client("administrator"), gate.readers.get()
    here = f"{GATES}/{gate.pk}/readers/{reader.slug}"
    wanted = READER | {"slug": reader.slug, "source": "frigate", "address": "mqtt://vigie:s3cret@broker:1883/frigate"}
    assert admin.post(here, wanted).status_code == 302
    page = admin.get(here)
    assert "s3cret" not in page.text
    shown = page.context["form"]["address"].value()
    assert shown == "mqtt://broker:1883/frigate"
    assert admin.post(here, wanted | {"address": shown, "camera": "nord"}).status_code == 302
    reader.refresh_from_db()
    assert (reader.address, reader.camera) == ("mqtt://vigie:s3cret@broker:1883/frigate", "nord")
    for bad in ("http://broker/x", "mqtt://broker:1883", "mqtt://[", "mqtt://b:99999999/x"):
        answer = admin.post(here, wanted | {"address": bad})
        assert list(answer.context["form"].errors) == ["address"], bad


def test_a_reader_is_removed_and_another_sites_is_not_found(city, gate):
    admin, reader = city.client("administrator"), gate.readers.get()
    assert admin.post(f"/sites/ailleurs/settings/gates/{gate.pk}/readers/{reader.slug}/removal").status_code == 404
    assert admin.post(f"{GATES}/{gate.pk + 1}/readers/{reader.slug}/token").status_code == 404
    assert admin.post(f"{GATES}/{gate.pk}/readers/{reader.slug}/removal").status_code == 302
    assert not gate.readers.exists()


@pytest.mark.parametrize("who", ["operator", "shift_supervisor", "auditor", "nord_admin"])
def test_gates_are_for_administrators_of_the_whole_site(city, gate, who):
    client, reader = city.client(who), gate.readers.get()
    for path in ("", f"/{gate.pk}", f"/{gate.pk}/readers", f"/{gate.pk}/readers/{reader.slug}"):
        assert client.get(f"{GATES}{path}").status_code == 403
    for path in ("token", "removal"):
        assert client.post(f"{GATES}/{gate.pk}/readers/{reader.slug}/{path}").status_code == 403


def test_the_pages_ask_as_much_for_many_gates_as_for_one(city, gate):
    client = city.client("administrator")
    few = {path: queries_of(client, path) for path in (GATES, f"{GATES}/{gate.pk}")}
    for number in range(12):
        barrier = make_asset(city.site, f"B-9{number}", "barrier", sector=city.sectors["sud"])
        more = Gate.objects.create(site=city.site, slug=f"g{number}", name=f"G {number}", asset=barrier, purpose=gate.purpose)
        Reader.objects.create(gate=more, slug=f"r{number}", name=f"R {number}", source="axis")
        Reader.objects.create(gate=gate, slug=f"s{number}", name=f"S {number}", source="axis")
    assert {path: queries_of(client, path) for path in few} == few
    assert max(few.values()) <= 14


def test_every_shape_of_reads_can_be_chosen():
    assert SOURCES.keys() == DECODERS.keys()
