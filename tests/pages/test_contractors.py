"""Contractors, contracts and plans on their page: kept as the interface keeps them, refused at the field, for administrators."""

import pytest

from response.models import Contract, Contractor, OrderPlan
from tests.factories import make_kind
from tests.response.ordering import make_contract, make_contractor

PAGE = "/sites/quai/settings/contractors"
CONTRACT = {
    "act": "contract", "contractor": "citelux", "reference": "ECL-26", "starts_on": "2026-01-01", "ends_on": "",
    "days": ["monday", "friday"], "opens": "08:00", "closes": "18:00", "urgent_accept": "15", "urgent_restore": "240",
    "urgent_always": "on", "normal_restore": "960",
}  # fmt: skip
PLAN = {
    "act": "plan", "name": "Curage", "work": "Curer", "kind": "gauge", "sector": "", "assets": "", "every": "6",
    "unit": "months", "starts_on": "2030-04-01", "season": ["4", "10"], "remind_days": "14", "window_start": "",
    "window_minutes": "0",
}  # fmt: skip


@pytest.fixture
def admin(city):
    client = city.client("administrator")
    client.cookies["language"] = "fr"
    return client


def test_from_nothing_to_a_plan_by_forms_alone(city, admin):
    make_kind("gauge")
    told = {"act": "contractor", "name": "Citelux", "email": "a@citelux.example", "phone": "01", "contact": "", "language": "fr"}
    assert admin.post(PAGE, {**told, "mails": "on"}).status_code == 302
    assert admin.post(PAGE, CONTRACT).status_code == 302
    contract = Contract.objects.get()
    urgent = contract.terms["urgent"]
    assert (urgent["accept"], urgent["restore"], urgent["at_all_hours"]) == (15, 240, True)
    assert contract.hours == {"weekly": [{"days": ["monday", "friday"], "from": "08:00", "to": "18:00"}]}
    assert admin.post(PAGE, {**PLAN, "contract": contract.pk}).status_code == 302
    plan = OrderPlan.objects.get()
    assert (plan.every, plan.season, str(plan.next_on), Contractor.objects.get().mails) == (6, [4, 10], "2030-04-01", True)
    page = admin.get(PAGE).content.decode()
    assert "4 h" in page
    assert "tous les 6 mois" in page
    assert admin.post(PAGE, {"act": "end-plan", "id": plan.pk}).status_code == 302
    assert "tous les 6 mois" not in admin.get(PAGE).content.decode()


def test_a_contract_is_changed_as_it_stands_and_hours_the_form_cannot_say_are_kept(city, admin):
    morning, noon = {"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}
    more = {"weekly": [{"days": ["monday"], **morning}, {"days": ["friday"], **noon}]}
    contract = make_contract(make_contractor(city.site), hours=more)
    page = admin.get(f"{PAGE}?contract={contract.pk}").content.decode()
    assert 'value="ECL-26"' in page
    assert "restent comme elles sont" in page
    changed = {name: value for name, value in CONTRACT.items() if name not in ("days", "opens", "closes")}
    assert admin.post(f"{PAGE}?contract={contract.pk}", {**changed, "reference": "ECL-27"}).status_code == 302
    contract.refresh_from_db()
    assert (contract.reference, contract.hours) == ("ECL-27", more)


def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_kept(city, admin):
    make_contractor(city.site)
    answer = admin.post(PAGE, {**CONTRACT, "ends_on": "2025-01-01"})
    assert answer.status_code == 422
    assert "finit avant de commencer" in answer.content.decode()
    answer = admin.post(PAGE, {**CONTRACT, "days": []})
    assert answer.status_code == 422
    assert not Contract.objects.exists()


def test_the_page_is_for_administrators_of_the_site(city):
    for name in ("operator", "shift_supervisor", "auditor"):
        assert city.client(name).get(PAGE).status_code == 403, name
