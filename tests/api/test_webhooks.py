"""Webhooks by the interface and the page: for administrators of the whole site, with a secret that is shown once."""

import pytest

from journal.models import Bookmark, Webhook

pytestmark = pytest.mark.django_db
AT = "/api/v1/sites/quai/webhooks"
BODY = {"name": "Mairie", "url": "https://mairie.example/vigie", "nouns": ["alarm"], "severities": ["critical"]}


def create(client, **changes):
    return client.post(AT, {**BODY, **changes}, content_type="application/json")


def test_an_administrator_adds_changes_and_deletes_one(city):
    client = city.client("administrator")
    made = create(client)
    assert made.status_code == 201
    row = made.json()
    assert row["secret"].startswith("whsec_")
    assert (row["nouns"], row["severities"], row["enabled"], row["lag"]) == (["alarm"], ["critical"], True, 1)
    at = f"/api/v1/webhooks/{row['id']}"
    assert "secret" not in client.get(at).json()
    changed = client.patch(at, {"name": "Ville", "enabled": False}, content_type="application/json").json()
    assert (changed["name"], changed["enabled"], changed["url"]) == ("Ville", False, BODY["url"])
    renewed = client.post(f"{at}/secret").json()["secret"]
    assert renewed == Webhook.objects.get().secret != row["secret"]
    assert [each["name"] for each in client.get(AT).json()] == ["Ville"]
    assert client.delete(at).status_code == 204
    assert (Webhook.objects.count(), Bookmark.objects.count()) == (0, 0)
    lines = city.site.journal.filter(kind__startswith="webhook.").order_by("seq")
    assert [line.kind.partition(".")[2] for line in lines] == ["created", "changed", "switched_off", "secret_renewed", "deleted"]
    assert {(line.actor_kind, line.actor) for line in lines} == {("person", "administrator")}
    assert not any("mairie.example" in line.text_en + line.details for line in lines), "an address may carry a secret"


@pytest.mark.parametrize(
    "change",
    [{"url": "ftp://x.example"}, {"url": "javascript:alert(1)"}, {"url": ""}, {"nouns": ["rumour"]}, {"severities": ["red"]},
     {"name": "x" * 81}, {"name": ""}, {"name": "a\0b"}, {"url": "https://x.example/" + "y" * 500}],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_name(city, change):
    refused = create(city.client("administrator"), **change)
    assert refused.status_code == 422
    assert next(iter(change)) in str(refused.json()["errors"])
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("who", ["operator", "auditor", "nord"])
def test_nobody_else_sees_or_touches_them(city, who):
    made = create(city.client("administrator")).json()
    client, at = city.client(who), f"/api/v1/webhooks/{made['id']}"
    assert create(client).status_code == 403
    assert {client.get(AT).status_code, client.get(at).status_code, client.delete(at).status_code} <= {403, 404}
    assert client.post(f"{at}/secret").status_code in (403, 404)
    assert client.get("/sites/quai/settings/webhooks").status_code == 403


def test_the_page_adds_shows_the_secret_once_and_acts(city):
    client, at = city.client("administrator"), "/sites/quai/settings/webhooks"
    made = client.post(at, {"act": "add", **BODY})
    hook = Webhook.objects.get()
    assert hook.secret in made.content.decode()
    assert hook.secret not in client.get(at).content.decode()
    for act, holds in [("off", False), ("on", True)]:
        client.post(at, {"act": act, "webhook": hook.pk})
        assert Webhook.objects.get().enabled is holds
    shown = client.post(at, {"act": "secret", "webhook": hook.pk}).content.decode()
    assert Webhook.objects.get().secret in shown
    assert client.post(at, {"act": "delete", "webhook": "²"}).status_code == 404
    client.post(at, {"act": "delete", "webhook": hook.pk})
    assert not Webhook.objects.exists()


def test_lines_that_wait_while_nobody_follows_are_told_in_health_and_metrics(city, client, settings):
    create(city.client("administrator"))
    ready = client.get("/health/ready").json()
    assert "followers" in ready["degraded"]
    assert ready["followers_waiting"] == 1
    text = client.get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    assert f'vigie_follower_lag_lines{{follower="webhook.{Webhook.objects.get().pk}",site="quai"}} 1.0' in text
