"""Webhooks tell what they are asked for, signed, in order, at least once; and end with a word when nothing arrives for a day."""

import base64
import datetime as dt
import hashlib
import hmac

import pytest
from django.db import transaction

from alarms.models import Incident
from journal import followers
from journal.actors import Actor
from journal.models import Bookmark, Webhook
from journal.page import Line, open_page
from journal.webhooks import moves, signature
from journal.webhooks.delivery import GIVEN_UP_AFTER, MOST_LINES, of_site
from tests.factories import NOON, make_alarm, make_asset, make_rule, make_site
from tests.journal.receiver import receiving

pytestmark = pytest.mark.django_db
ADMIN = Actor("person", "admin", "", 1)


@pytest.fixture
def site(settings):
    settings.ALLOW_PRIVATE_PULL = True
    return make_site()


@pytest.fixture
def receiver():
    with receiving() as made:
        yield made


def write(site, count: int, kind: str = "feed.changed", noun: str = "feed", ids: list[int] | None = None) -> int:
    with transaction.atomic():
        page = open_page(site.pk)
        for number in range(count):
            page.write(Line(kind, NOON, f"ligne {number}", f"line {number}", [(noun, (ids or [1])[number % len(ids or [1])])]))
        page.close()
    return page.seq


def follow(site, now=NOON) -> None:
    """Let every webhook of the site go on as far as it can, as the process that follows does."""
    last = site.journal.order_by("-seq").values_list("seq", flat=True).first()
    for follower in of_site(site.pk):
        reached = followers.bookmark(follower, now)
        while reached < last:
            before, reached = reached, follower.deal(reached, last, now)
            if before == reached:
                break


def hook(site, receiver, **choices) -> Webhook:
    return moves.create(site.pk, "Hôtel de ville", receiver.url, by=ADMIN, now=NOON, **choices)


def test_a_signature_is_the_one_of_the_specification():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = signature.headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_lines_come_in_order_in_messages_that_are_signed(site, receiver):
    made = hook(site, receiver)
    first = write(site, 1)
    last = write(site, 2 * MOST_LINES)
    follow(site)
    assert receiver.numbers() == list(range(first - 1, last + 1)), "its own creation is the first line it hears of"
    headers, body = receiver.messages[0]
    key = base64.b64decode(made.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert len({headers["webhook-id"] for headers, _ in receiver.messages}) == len(receiver.messages) == 3
    line = receiver.bodies()[0]["lines"][1]
    assert (line["id"], line["about"], line["text"]) == (f"quai-{first}", {"feed": [1]}, {"fr": "ligne 0", "en": "line 0"})


def test_only_what_is_wanted_is_told_and_the_rest_is_passed(site, receiver):
    rule, asset = make_rule(site), make_asset(site)
    severe, mild = make_alarm(rule, asset, severity=1), make_alarm(rule, asset, severity=4, subject="other")
    hook(site, receiver, nouns=["alarm"], severities=["critical", "high"])
    write(site, 3)
    wanted = write(site, 1, "alarm.raised", "alarm", [severe.pk])
    write(site, 1, "alarm.raised", "alarm", [mild.pk])
    last = write(site, 2)
    follow(site)
    assert receiver.numbers() == [wanted]
    (row,) = receiver.bodies()[0]["rows"]["alarm"]
    assert (row["id"], row["severity"]) == (severe.pk, "critical")
    assert Bookmark.objects.get(site=site).seq == last


def test_lines_about_an_incident_bring_its_row(site, receiver):
    rule, asset = make_rule(site), make_asset(site)
    incident = Incident.objects.create(site=site, number=7, key="cause:1", rule=rule, opened_at=NOON, joined_at=NOON, seq=0)
    alarm = make_alarm(rule, asset, incident=incident)
    Incident.objects.update(cause=alarm)
    hook(site, receiver, nouns=["incident"])
    write(site, 1, "incident.opened", "incident", [incident.pk])
    follow(site)
    (row,) = receiver.bodies()[0]["rows"]["incident"]
    assert (row["id"], row["number"], row["counts"]["open"]) == (incident.pk, 7, 1)


def test_what_did_not_arrive_is_sent_again_later_and_later_with_the_same_bytes(site, receiver):
    made = hook(site, receiver)
    receiver.answers = [500, 503]
    write(site, 3)
    follow(site)
    follow(site)
    assert len(receiver.messages) == 1, "it waits a second before it tries again"
    made.refresh_from_db()
    assert (made.failures, made.last_error, made.next_try_at) == (1, "answered 500", NOON + dt.timedelta(seconds=1))
    write(site, 5)
    follow(site, NOON + dt.timedelta(seconds=1))
    made.refresh_from_db()
    assert made.next_try_at == NOON + dt.timedelta(seconds=3)
    follow(site, NOON + dt.timedelta(seconds=3))
    bodies = [body for _, body in receiver.messages]
    assert bodies[0] == bodies[1] == bodies[2] != bodies[3]
    assert len({headers["webhook-id"] for headers, _ in receiver.messages[:3]}) == 1, "by which a double is known"
    assert sorted(set(receiver.numbers())) == list(range(1, 10))
    made.refresh_from_db()
    assert (made.failures, made.failing_since, made.message, made.last_error) == (0, None, "", "")


def test_after_a_day_in_vain_it_is_given_up_and_the_journal_says_so(site, receiver):
    made = hook(site, receiver)
    receiver.answers = [500, 500]
    write(site, 1)
    follow(site)
    follow(site, NOON + GIVEN_UP_AFTER)
    made.refresh_from_db()
    assert (made.enabled, made.died_at) == (False, NOON + GIVEN_UP_AFTER)
    line = site.journal.get(kind="webhook.given_up")
    assert (line.text_fr, line.ids("webhook")) == ("Webhook « Hôtel de ville » abandonné (réponse 500)", [made.pk])
    assert line.text_en == "Webhook “Hôtel de ville” given up (answered 500)"
    moves.switch(made, True, by=ADMIN, now=NOON)
    follow(site)
    assert sorted(set(receiver.numbers())) == [1, 2, 3, 4], "switched on again, it goes on where it stopped"


def test_who_answers_gone_is_told_no_more(site, receiver):
    made = hook(site, receiver)
    receiver.answers = [410]
    write(site, 1)
    follow(site)
    made.refresh_from_db()
    assert not made.enabled


def test_a_private_address_is_refused_unless_the_settings_allow_it(site, receiver, settings):
    settings.ALLOW_PRIVATE_PULL = False
    made = hook(site, receiver)
    write(site, 1)
    follow(site)
    made.refresh_from_db()
    assert receiver.messages == []
    assert made.last_error == "it is a private, local or reserved address, which webhooks may not reach"


@pytest.mark.parametrize(
    "url", ["http://", "ftp://example.org/x", "http://exa mple.org", "http://[::1", "http://example.invalid/x"]
)
def test_an_address_that_cannot_be_used_is_named_and_loses_nothing(site, receiver, url):
    made = hook(site, receiver)
    Webhook.objects.filter(pk=made.pk).update(url=url)
    write(site, 1)
    follow(site)
    made.refresh_from_db()
    assert made.last_error
    assert made.failures == 1
    moves.change(made, url=receiver.url, by=ADMIN, now=NOON)
    follow(site, NOON + dt.timedelta(minutes=1))
    assert sorted(set(receiver.numbers())) == [1, 2, 3]


def test_a_new_webhook_hears_of_what_comes_from_then_on(site, receiver):
    write(site, 4)
    hook(site, receiver)
    follow(site)
    assert receiver.numbers() == [5]
