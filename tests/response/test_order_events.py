"""Late orders reach the log as events, once, whatever is killed in between; the rules of the pack raise alarms and end them."""

import datetime as dt

import pytest
from django.utils import timezone

from alarms.models import Alarm
from alarms.rules import activate, write_rule
from alarms.rules.rulebook import pack
from assets.log import Log
from journal import followers, live
from response.orders import moves
from response.orders.events import NAME, OrderEvents
from response.orders.states import Move
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_point, make_sector, make_site
from tests.response.ordering import BY, make_contract, make_contractor, make_order

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {entry.slug: entry.spec for entry in pack("city") if entry.slug.startswith("work-order-")}


@pytest.fixture
def site(valkey):
    site = make_site()
    followers.move(site.pk, NAME, live.state(site.pk), timezone.now())
    return site


@pytest.fixture
def follower(site):
    return OrderEvents(site.pk, NAME)


def deal(follower: OrderEvents, after: int) -> int:
    return follower.deal(after, live.state(follower.site), timezone.now())


def logged(site: int) -> list[tuple[str, int | None, dict]]:
    entries = [packed.opened() for packed in Log().read(site, "0-0", 1000, 0)]
    return [(event.kind, event.asset, event.attributes) for entry in entries for event in entry.events]


def test_each_step_is_an_event_once_though_it_is_killed_before_its_bookmark_is_saved(site, follower):
    start, asset = live.state(site.pk), make_asset(site)
    order = make_order(asset, make_contract(make_contractor(site)))
    moves.sweep(site.pk, order.due_at)
    moves.move(order.pk, Move.ARRIVE, text="le gardien ouvre", by=BY, now=order.due_at + dt.timedelta(minutes=1))
    deal(follower, start)
    deal(follower, start)
    told = logged(site.pk)
    names = ["work_order_ordered", "work_order_late", "work_order_arrived", "work_order_caught_up"]
    assert [kind for kind, _, _ in told] == names
    assert {id_ for _, id_, _ in told} == {asset.pk}
    assert told[1][2] == {
        "number": 1, "priority": "urgent", "contractor": "citelux", "step": "accept", "work_order": order.pk, "of": "asset",
    }  # fmt: skip


def open_alarms(slug: str) -> list[tuple[int | None, str]]:
    return list(Alarm.objects.filter(is_open=True, returned_at=None, rule__slug=slug).values_list("asset", "sentence_fr"))


def test_an_order_late_by_its_contract_is_an_alarm_of_its_asset_until_it_catches_up(site, follower, wait_until):
    for slug, spec in RULES.items():
        activate(write_rule(site, slug, slug, slug, spec, now=timezone.now()), now=timezone.now())
    asset = make_asset(site, sector=make_sector(site))
    make_point(asset, make_feed(site))
    contract = make_contract(make_contractor(site))
    now, start = timezone.now(), live.state(site.pk)
    order = make_order(asset, contract, now - dt.timedelta(minutes=15))
    round_ = make_order(None, contract, now - dt.timedelta(minutes=15), fault="Tournée")
    with correlating(site):
        assert moves.sweep(site.pk, now) == 2
        deal(follower, start)
        wait_until(lambda: open_alarms("work-order-late"))
        assert open_alarms("work-order-late") == [(asset.pk, "Jauge J-1 : intervention en retard sur le contrat")]
        wait_until(lambda: open_alarms("work-order-late-elsewhere"))
        for each in (order, round_):
            moves.move(each.pk, Move.ACCEPT, by=BY, now=timezone.now())
        deal(follower, start)
        wait_until(lambda: not open_alarms("work-order-late") and not open_alarms("work-order-late-elsewhere"))
        refused = make_order(asset, contract, timezone.now(), fault="Porte ouverte")
        moves.move(refused.pk, Move.REFUSE, text="hors marché", by=BY, now=timezone.now())
        deal(follower, start)
        wait_until(lambda: open_alarms("work-order-refused"))
        make_order(asset, contract, timezone.now(), fault="Porte ouverte, deuxième demande")
        deal(follower, start)
        wait_until(lambda: not open_alarms("work-order-refused"))
