"""Preventive plans: due days as people count them, ordered once each however often they are swept, with windows."""

import datetime as dt
import itertools

import pytest

from alarms.models import MaintenanceWindow
from assets.refusal import Refused
from journal.models import JournalEntry
from response.models import WorkOrder
from response.orders import ical, plans
from response.orders.recurrence import days
from tests.factories import make_asset, make_sector, make_site
from tests.response.ordering import BY, make_contract, make_contractor, make_plan
from tests.response.test_orders import together

DAY = dt.date


@pytest.fixture
def contract(db):
    return make_contract(make_contractor(make_site()))


def at(day: str, clock: str = "08:00") -> dt.datetime:
    from zoneinfo import ZoneInfo

    return dt.datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("first", "every", "unit", "season", "since", "expected"),
    [
        ("2026-01-31", 1, "months", [], "2026-02-01", ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2024-02-29", 12, "months", [], "2026-01-01", ["2026-02-28", "2027-02-28", "2028-02-29"]),
        ("2026-03-20", 10, "days", [], "2026-03-29", ["2026-03-30", "2026-04-09", "2026-04-19"]),
        ("2026-01-15", 1, "months", [4, 10], "2026-05-01", ["2026-10-15", "2027-04-15", "2027-10-15"]),
        ("2026-06-01", 7, "days", [], "2026-01-01", ["2026-06-01", "2026-06-08", "2026-06-15"]),
        ("2026-01-15", 2, "months", [2], "2026-01-01", []),
    ],
)  # fmt: skip
def test_due_days_are_counted_from_the_first_in_their_season(first, every, unit, season, since, expected):
    found = days(DAY.fromisoformat(first), every, unit, season, DAY.fromisoformat(since))
    assert [day.isoformat() for day in itertools.islice(found, 3)] == expected


def test_a_due_day_is_reminded_of_ordered_once_and_due_by_its_end(contract):
    site = contract.contractor.site
    plan = make_plan(contract, assets=[make_asset(site, sector=make_sector(site))], remind_days=14)
    assert [plans.sweep(site.pk, at("2026-03-16")), JournalEntry.objects.filter(kind="order_plan.reminded").count()] == [0, 0]
    for _ in range(2):
        assert plans.sweep(site.pk, at("2026-03-17")) == 0
    assert JournalEntry.objects.get(kind="order_plan.reminded").text_fr == "Plan « Curage » échéance le 31/03/2026"
    assert [plans.sweep(site.pk, at("2026-03-31", "00:00")) for _ in range(2)] == [1, 0]
    order = WorkOrder.objects.get()
    assert (order.fault, order.asset.code, order.priority, order.due_on) == ("Curer l’avaloir", "J-1", "normal", DAY(2026, 3, 31))
    assert order.due_at == at("2026-04-01", "00:00")
    plan.refresh_from_db()
    assert plan.next_on == DAY(2026, 6, 30)


def test_what_was_due_while_nothing_ran_is_ordered_and_a_changed_plan_orders_no_day_twice(contract):
    site = contract.contractor.site
    plan = make_plan(contract, assets=[make_asset(site)], every=1, unit="days", starts_on=DAY(2026, 3, 1))
    assert [plans.sweep(site.pk, at("2026-03-03")) for _ in range(4)] == [1, 1, 1, 0]
    told = {"assets": [make_asset(site, "J-2")], "every": 1, "unit": "days", "starts_on": DAY(2026, 3, 1), "work": "Graisser"}
    wanted = plans.Wanted(name="Curage", contract=contract, **told)
    changed = plans.keep(site, wanted, by=BY, now=at("2026-03-03"), known=plan)
    assert changed.next_on == DAY(2026, 3, 4)
    plans.end(plan.pk, by=BY, now=at("2026-03-03"))
    assert plans.sweep(site.pk, at("2026-03-09")) == 0


def test_the_plan_brings_its_maintenance_window_on_the_clocks_of_the_site(contract):
    site = contract.contractor.site
    told = {"window_start": dt.time(9), "window_minutes": 90, "starts_on": DAY(2026, 3, 29), "every": 1, "unit": "months"}
    make_plan(contract, assets=[make_asset(site), make_asset(site, "J-2")], **told)
    make_plan(contract, name="Tournée", kind=make_asset(site, "L-1", "lamp").kind, sector=make_sector(site), **told)
    for _ in range(2):
        plans.sweep(site.pk, at("2026-03-29", "00:01"))
    windows = MaintenanceWindow.objects.order_by("pk")
    assert [(each.starts_at, each.ends_at) for each in windows] == [(at("2026-03-29", "09:00"), at("2026-03-29", "10:30"))] * 3
    assert [each.asset and each.asset.code for each in windows] == ["J-1", "J-2", None]
    assert windows[2].kind.slug == "lamp"
    assert WorkOrder.objects.get(number=1).fault == "Curer l’avaloir — J-1, J-2"


def test_a_window_that_can_no_longer_be_is_said_on_the_order_which_stands(contract):
    site = contract.contractor.site
    make_plan(contract, assets=[make_asset(site)], window_start=dt.time(9), window_minutes=30)
    plans.sweep(site.pk, at("2026-04-02"))
    assert not MaintenanceWindow.objects.exists()
    assert "Pas de maintenance prévue" in WorkOrder.objects.get().entries.get(move="note").text


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "assets"), ({"every": 0}, "every"), ({"unit": "weeks"}, "every"), ({"season": [13]}, "season"),
        ({"window_start": dt.time(9)}, "window_minutes"), ({"starts_on": DAY(1, 1, 1)}, "starts_on"), ({"name": " "}, "name"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_by_its_field(contract, told, field):
    about = {"assets": [make_asset(contract.contractor.site)]} if told else {}
    with pytest.raises(Refused) as refused:
        make_plan(contract, **about, **told)
    assert refused.value.field == field


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_order_a_day_once(transactional_db, valkey):
    site = make_site()
    make_plan(make_contract(make_contractor(site)), assets=[make_asset(site)])
    assert together(*[lambda: plans.sweep(site.pk, at("2026-03-31"))] * 3) == []
    assert WorkOrder.objects.count() == 1


def test_a_calendar_folds_its_lines_between_characters_and_escapes_what_it_must():
    text = ical.written([ical.Entry("a@b", DAY(2026, 12, 31), "Curage, sud; " + "é" * 60, "a\nb")], "Quai", at("2026-03-01"))
    lines = text.split("\r\n")
    assert max(len(line.encode()) for line in lines) <= 75
    assert "SUMMARY:Curage\\, sud\\; " + "é" * 60 in text.replace("\r\n ", "")
    assert "DESCRIPTION:a\\nb" in lines
    assert "DTEND;VALUE=DATE:20270101" in lines
