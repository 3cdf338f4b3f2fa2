"""A contractor's link: no account, ends and can be revoked, GET changes nothing, two people at once, in the phone's language."""

import datetime as dt
import json
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone

from assets.refusal import Refused
from journal.models import JournalEntry
from response.models import OrderEntry, OrderLink, OrderPhoto, WorkOrder
from response.orders import links, moves
from response.orders.states import Move
from tests.response.ordering import BY, make_contract, make_contractor, make_order, png

DAY = dt.timedelta(days=1)


@pytest.fixture
def order(city, valkey):
    return make_order(city.assets["nord"], make_contract(make_contractor(city.site)), timezone.now())


def address(order, **told) -> str:
    return f"/work/{links.token(links.make(order.pk, by=BY, now=timezone.now(), **told))}"


def text(answer) -> str:
    return answer.content.decode()


def test_a_phone_walks_an_order_to_its_restoration_in_the_contractors_name(order):
    phone, path = Client(enforce_csrf_checks=True, headers={"accept-language": "fr"}), address(order)
    seen = phone.get(path)
    assert "J’accepte" in text(seen)
    assert "Éclairage éteint" in text(seen)
    assert "operateur" not in text(seen)
    assert (seen["Referrer-Policy"], seen["Cache-Control"]) == ("no-referrer", "no-store")
    assert not phone.cookies
    for act in ("accept", "arrive", "restore"):
        assert phone.post(path, {"act": act}).status_code == 302
    phone.post(path, {"act": "note", "text": "Ballast changé\0"})
    phone.post(path, {"act": "photo", "photo": SimpleUploadedFile("mat.png", png((b"eXIf", b"48.89N")), "image/png")})
    assert bytes(OrderPhoto.objects.get().content) == png()
    entries = OrderEntry.objects.filter(order=order).values_list("move", "by")
    assert list(entries)[1:] == [(move, "Citelux") for move in ("accept", "arrive", "restore", "note", "photo")]
    told = text(phone.get(path))
    assert "Ballast changé" in told
    assert "mat.png" in told
    assert "J’accepte" not in told


def test_looking_at_a_link_changes_nothing(order):
    path = address(order)
    before = list(JournalEntry.objects.values_list("seq", flat=True))
    for _ in range(3):
        assert (Client().get(path).status_code, Client().head(path).status_code) == (200, 200)
    assert Client().get(f"{path}?act=accept").status_code == 200
    assert Client().put(path).status_code == 405
    assert list(JournalEntry.objects.values_list("seq", flat=True)) == before
    order.refresh_from_db()
    assert order.state == "ordered"


def test_it_speaks_the_language_of_the_phone(order):
    path = address(order)
    assert "I accept" in text(Client(headers={"accept-language": "en-GB"}).get(path))
    assert "J’accepte" in text(Client(headers={"accept-language": "fr-FR"}).get(path))


def test_a_link_of_nobody_is_none_and_one_that_ended_or_was_revoked_says_so(order, city):
    path, other = address(order), address(order, lasts=DAY)
    for wrong in ("/work/1", "/work/1:abc", f"{path}x", path.replace("/work/", "/work/9"), "/work/%00"):
        assert Client().get(wrong).status_code == 404, wrong
    OrderLink.objects.filter(ends_at__lt=timezone.now() + 2 * DAY).update(ends_at=timezone.now())
    ended = Client(headers={"accept-language": "fr"}).post(other, {"act": "accept"})
    assert ended.status_code == 410
    assert "Ce lien ne vaut plus" in text(ended)
    client = city.client("operator")
    assert client.delete(f"/api/v1/work-orders/{order.pk}/links").status_code == 204
    revoked = Client(headers={"accept-language": "fr"}).post(path, {"act": "accept"})
    assert revoked.status_code == 410
    assert "révoqué" in text(revoked)
    order.refresh_from_db()
    assert order.state == "ordered"


def test_after_the_closing_a_link_says_that_it_is_over(order):
    path = address(order)
    for move in (Move.ARRIVE, Move.RESTORE, Move.CLOSE):
        moves.move(order.pk, move, by=BY, now=timezone.now())
    for answer in (Client().get(path), Client().post(path, {"act": "note", "text": "encore"})):
        assert answer.status_code == 410
    assert "Cette intervention est terminée" in text(Client(headers={"accept-language": "fr"}).get(path))
    assert not OrderEntry.objects.filter(move="note").exists()
    with pytest.raises(Refused, match="ended"):
        links.make(order.pk, by=BY, now=timezone.now())


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"act": "close"}, 302), ({"act": "cancel", "text": "x"}, 302), ({"act": "restore"}, 409), ({"act": "refuse"}, 422),
        ({"act": "note", "text": ""}, 422), ({"act": "note", "text": "é" * 2000}, 422), ({"act": "photo"}, 422),
        ({"act": "\0"}, 302), ({}, 302), ({"act": "photo", "photo": "pas un fichier"}, 422),
        ({"act": "refuse", "text": "é" * 501}, 422),
    ],
)  # fmt: skip
def test_what_a_contractor_may_not_or_sends_amiss_changes_nothing(order, sent, status):
    answer = Client().post(address(order), sent)
    assert answer.status_code == status
    order.refresh_from_db()
    assert (order.state, OrderEntry.objects.count()) == ("ordered", 1)


def test_a_link_is_made_and_revoked_by_who_orders_and_journaled_without_it(order, city):
    path = f"/api/v1/work-orders/{order.pk}/links"
    made = city.client("operator").post(path, {"days": 3}, content_type="application/json")
    assert made.status_code == 201, made.content
    assert Client().get(made.json()["url"].removeprefix("http://testserver")).status_code == 200
    assert city.client("auditor").post(path, {}, content_type="application/json").status_code == 403
    assert city.client("operator").post(path, {"days": 99}, content_type="application/json").status_code == 422
    line = JournalEntry.objects.get(kind="work_order.linked")
    assert made.json()["url"].rpartition("/")[2] not in json.dumps([line.text_fr, line.details])
    for _ in range(9):
        links.make(order.pk, by=BY, now=timezone.now())
    with pytest.raises(Refused, match="10 links"):
        links.make(order.pk, by=BY, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_link_do_it_once_and_the_second_of_two_acts_is_told(valkey, transactional_db):
    from tests.factories import make_asset, make_site

    site = make_site()
    order = make_order(make_asset(site), make_contract(make_contractor(site)), timezone.now())
    path, barrier, got = address(order), threading.Barrier(2), []

    def press(act: str) -> None:
        barrier.wait(10)
        got.append(Client().post(path, {"act": act, "text": "hors marché"}).status_code)
        connections.close_all()

    def both(*acts: str) -> list[int]:
        got.clear()
        threads = [threading.Thread(target=press, args=[act]) for act in acts]
        for each in threads:
            each.start()
        for each in threads:
            each.join(20)
        return sorted(got)

    assert both("accept", "accept") == [302, 302]
    assert OrderEntry.objects.filter(move="accept").count() == 1
    assert both("refuse", "arrive") == [302, 409]
    assert WorkOrder.objects.get().state == "on_site"
