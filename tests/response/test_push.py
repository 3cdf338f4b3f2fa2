"""Web push to a service that decrypts with a library of its own: what arrives, with whose signature, and what is gone."""

import json
import subprocess
from pathlib import Path

import pytest

from journal.actors import Actor
from journal.models import JournalEntry
from response.models import Contact, Gateway
from response.notification import contacts, delivery, gateways
from response.notification.letters import Letter
from response.notification.sealed import fingerprint, opened, seal
from response.notification.transports import push
from response.notification.transports.outcome import NotSent
from response.notification.transports.push import Vapid
from tests.factories import NOON
from tests.response.test_notification import Town

BY = Actor("person", "admin")
LETTER = Letter(
    "0c1d", "Quai", "Quai : CRITIQUE Niveau haut", "CRITIQUE — Niveau haut\n\nAcquitter : x", "", "https://v/a/x", True
)
KEY = push.new_key()


@pytest.fixture
def peer():
    """(subscription(path), got()): what a browser gave, and what the next message was."""
    command = ["node", str(Path(__file__).with_name("push_peer.mjs"))]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    begun = json.loads(server.stdout.readline())

    def subscription(path: str = "/s/1") -> str:
        return json.dumps({"endpoint": f"http://127.0.0.1:{begun['port']}{path}", "keys": begun["keys"]})

    yield subscription, lambda: json.loads(server.stdout.readline())
    server.terminate()
    server.wait(10)
    server.stdout.close()


def test_a_browser_reads_what_was_pushed_and_knows_the_key_that_signed_it(peer):
    subscription, got = peer
    vapid = Vapid("mailto:vigie@ville.fr", KEY)
    assert push.send(LETTER, subscription(), vapid, allow_private=True) == "4711"
    arrived = got()
    told = {"id": "0c1d", "title": "Quai", "body": "CRITIQUE — Niveau haut", "link": "https://v/a/x", "urgent": True}
    assert (arrived["told"], arrived["urgency"]) == (told, "high")
    signed = arrived["signed"]
    assert (signed["good"], signed["key"].rstrip("="), signed["claims"]["sub"]) == (
        True,
        push.public_key(vapid),
        "mailto:vigie@ville.fr",
    )
    assert subscription().startswith(f'{{"endpoint": "{signed["claims"]["aud"]}/')


@pytest.mark.parametrize(
    ("status", "for_good", "gone"), [(404, True, True), (410, True, True), (403, True, False), (429, False, False)]
)
def test_what_a_push_service_answers_decides_what_becomes_of_the_browser(peer, status, for_good, gone):
    with pytest.raises(NotSent, match=str(status)) as failure:
        push.send(LETTER, peer[0](f"/s/{status}"), Vapid("mailto:vigie@ville.fr", KEY), allow_private=True)
    assert (failure.value.for_good, failure.value.gone) == (for_good, gone)


def test_a_push_service_in_our_own_network_is_not_reached(peer):
    with pytest.raises(NotSent, match="private"):
        push.send(LETTER, peer[0](), Vapid("mailto:vigie@ville.fr", KEY), allow_private=False)


@pytest.fixture
def town(transactional_db, settings, peer):
    settings.ALLOW_PRIVATE_PULL = True
    town = Town()
    gateways.write(town.site.pk, "push", {"protocol": "vapid", "subject": "mailto:vigie@ville.fr"}, by=BY, now=NOON)
    return town


def browser(town: Town, address: str) -> Contact:
    return Contact.objects.create(
        site=town.site, person=town.users["ana"], means="push", address=seal(address), hint="127.0.0.1",
        fingerprint=fingerprint(address), created_at=NOON, verified_at=NOON,
    )  # fmt: skip


def test_a_browser_that_is_gone_is_retired_and_the_journal_says_so_while_others_are_told(town, peer):
    gone, there = browser(town, peer[0]("/s/410")), browser(town, peer[0]())
    town.policy({"targets": [{"person": "ana"}], "kinds": ["push"]})
    town.begin(town.alarm())
    for letter in town.sweep(NOON):
        delivery.deliver(letter, lambda: NOON)
    assert peer[1]()["told"]["body"].startswith("CRITIQUE — Niveau haut 1")
    line = JournalEntry.objects.get(kind="contact.gone")
    assert line.ids("contact") == [gone.pk]
    assert (Contact.objects.get(pk=gone.pk).gone_at, Contact.objects.get(pk=there.pk).gone_at) == (NOON, None)
    town.begin(town.alarm(2))
    letters = town.sweep(NOON + contacts.SENT_EVERY)
    assert len(letters) == 1  # only to whoever is there


def test_the_key_of_a_site_stays_is_encrypted_and_is_never_told(town):
    first = gateways.push_key(town.site.pk)
    gateways.write(
        town.site.pk, "push", {"protocol": "vapid", "subject": "mailto:b@ville.fr", "private_key": KEY}, by=BY, now=NOON
    )
    row = Gateway.objects.get(means="push")
    assert gateways.push_key(town.site.pk) == first
    assert "PRIVATE KEY" in opened(row.settings)
    assert "PRIVATE" not in row.settings + str(gateways.shown(row))
    assert gateways.shown(row) == {"protocol": "vapid", "subject": "mailto:b@ville.fr", "private_key": gateways.KEPT}
