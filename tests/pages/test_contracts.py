"""The pages of contracts: what a month says and what proves it, for whoever sees the whole site; kept by administrators."""

import datetime as dt

import pytest

from reports.contracts import keeping
from reports.models import Exclusion, Statement
from response.orders import moves
from response.orders.states import Move
from tests.factories import NOON
from tests.reports.months import keep_month
from tests.response.ordering import BY, make_contract, make_contractor, make_order

BOARD = "/sites/quai/contracts"


@pytest.fixture
def contract(city):
    return make_contract(make_contractor(city.site))


def french(city, name):
    client = city.client(name)
    client.cookies["language"] = "fr"
    return client


def test_a_month_is_measured_argued_and_frozen_by_forms_alone(city, contract):
    admin, sheet = french(city, "administrator"), f"{BOARD}/{contract.pk}"
    month = f"{sheet}/2026-03"
    order = make_order(city.assets["nord"], contract)
    moves.move(order.pk, Move.ARRIVE, by=BY, now=NOON + dt.timedelta(minutes=50))
    moves.move(order.pk, Move.RESTORE, by=BY, now=NOON + dt.timedelta(minutes=400))
    told = {"act": "commitment", "measure": "restore", "priority": "urgent", "target": "100", "amount": "50", "per": "hour"}
    assert admin.post(sheet, told).status_code == 302
    assert admin.post(sheet, {"act": "limits", "failed_after": "90", "most": "1000"}).status_code == 302
    page = admin.get(month).content.decode()
    assert "Citelux a tenu 0 engagement sur 1 du contrat ECL-26 ; les pénalités s’élèvent à 150,00 €." in page
    assert "3 × 50,00 € = 150,00 €" in page
    assert f"/sites/quai/work-orders/{order.pk}" in page
    left_out = {
        "act": "exclusion", "kind": "access", "begins_at": "2026-03-01T14:00", "ends_at": "2026-03-01T15:00", "asset": "",
        "order": "1", "why": "Voie fermée par la police",
    }  # fmt: skip
    assert admin.post(month, left_out).status_code == 302
    row = Exclusion.objects.get()
    assert (row.begins_at, row.order) == (dt.datetime(2026, 3, 1, 13, tzinfo=dt.UTC), order)  # on the clocks of Paris
    page = admin.get(month).content.decode()
    assert "2 × 50,00 € = 100,00 €" in page
    assert "Voie fermée par la police" in page
    assert admin.post(month, {"act": "freeze", "reason": ""}).status_code == 302
    assert Statement.objects.get().cents == 10_000
    assert admin.post(sheet, {"act": "withdraw", "id": row.pk}).status_code == 302
    page = admin.get(month).content.decode()
    assert "150,00 €" in page
    assert "Rien : recompté" not in page
    frozen = admin.get(f"{month}?version=1").content.decode()
    assert Statement.objects.get().sha256 in frozen
    assert "100,00 €" in frozen
    assert admin.post(month, {"act": "freeze", "reason": ""}).status_code == 422
    assert admin.post(sheet, {"act": "remove", "id": "0"}).status_code == 302
    assert keeping.of_contract(contract.pk).each == ()


def test_what_does_not_fit_is_said_at_its_field(city, contract):
    admin, sheet = french(city, "administrator"), f"{BOARD}/{contract.pk}"
    wrong = {"act": "commitment", "measure": "availability", "priority": "urgent", "target": "99", "amount": "1", "per": "hour"}
    answer = admin.post(sheet, wrong)
    assert answer.status_code == 422
    assert "Les équipements n’ont pas de priorité." in answer.content.decode()
    left_out = {"act": "exclusion", "kind": "access", "begins_at": "2026-03-01T14:00", "ends_at": "2026-03-01T13:00", "why": "x"}
    assert "La fin doit suivre le début" in admin.post(sheet, left_out).content.decode()
    assert "Le site n’a pas cet équipement." in admin.post(sheet, {**left_out, "asset": "rien"}).content.decode()
    assert not Exclusion.objects.exists()


def test_contracts_are_of_the_whole_site_and_changed_by_administrators(city, contract):
    keep_month(contract, make_order(city.assets["nord"], contract), BY)
    pages = [BOARD, f"{BOARD}/{contract.pk}", f"{BOARD}/{contract.pk}/2026-03", f"{BOARD}/{contract.pk}/2026-03?version=1"]
    for path in pages:
        assert city.client("auditor").get(path).status_code == 200, path
        assert city.client("nord").get(path).status_code == 403, path
    assert city.client("operator").post(pages[2], {"act": "freeze"}).status_code == 403
    assert "/contracts" not in city.client("nord").get("/sites/quai/reports").content.decode()
    for absent in (f"{BOARD}/999999", f"{BOARD}/{contract.pk}/2026-13", f"{BOARD}/{contract.pk}/x", f"{pages[2]}?version=9"):
        assert city.client("auditor").get(absent).status_code == 404, absent
