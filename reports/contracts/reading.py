"""The facts of a month of a contract out of the database: orders with their steps, assets, when they were down, exclusions."""

import datetime as dt
from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Q

from alarms.engine.calendar import SECOND, Openings
from assets.instants import microseconds
from assets.models import Asset, Point
from assets.sector_filters import within
from journal.models import About
from reports import defining, report
from reports.contracts.clock import Span, length, open_spans
from reports.contracts.reckoning import Excluded, Facts, Order
from reports.models import Annunciation, Exclusion
from reports.periods import Period
from response.models import Contract, OrderEntry, WorkOrder
from response.orders.states import Move, State
from response.orders.terms import Priority, Terms, counting, read_terms

Proof = dict[int, list[int]]
"""Numbers of journal lines, by id of an order or an asset."""


def seconds(moment: dt.datetime) -> int:
    """Whole seconds since the epoch: what is beyond the second is cut off."""
    return microseconds(moment) // SECOND


def month_of(first: dt.date, zone: str) -> Period:
    following = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return Period(first.replace(day=1), following, zone)


class Gathered(msgspec.Struct, frozen=True):
    """The facts, and the rows they were made of."""

    facts: Facts
    orders: list[WorkOrder]
    exclusions: list[Exclusion]


def gather(contract: Contract, month: Period, now: dt.datetime) -> Gathered:
    """`contract` with its contractor and site."""
    begin, end = seconds(month.begin), seconds(month.end)
    hours = counting(contract.hours, contract.holidays, month.zone, month.first.year)
    rows = orders_of(contract, month)
    orders = _orders(contract, rows, hours)
    there = assets_of(contract, month)
    ends = [now if row.closed_at is None and row.restored_at is None else row.restored_at or row.closed_at for row in rows]
    left_out = exclusions(contract, month, max((at for at in ends if at is not None), default=month.end))
    facts = Facts(
        begin=begin, end=end, now=seconds(now), hours=hours, orders=orders, assets=there,
        down=_down(contract.contractor.site_id, there, month, now),
        excluded=[
            Excluded(each.pk, seconds(each.begins_at), seconds(each.ends_at), each.asset_id, each.order_id) for each in left_out
        ],
    )  # fmt: skip
    return Gathered(facts, rows, left_out)


def exclusions(contract: Contract, month: Period, until: dt.datetime) -> list[Exclusion]:
    """Those that may change what counts: of days of the month, or of an order made in it, the last of which ended at `until`."""
    of_time = Q(order=None, begins_at__lt=max(until, month.end), ends_at__gt=month.begin)
    of_one = Q(order__ordered_at__gte=month.begin, order__ordered_at__lt=month.end)
    found = contract.exclusions.filter(of_time | of_one, withdrawn_at=None)
    return list(found.select_related("asset", "order").order_by("begins_at", "pk"))


def assets_of(contract: Contract, month: Period) -> dict[int, Span]:
    """The assets it serves, and when of the month each was there."""
    begin, end = seconds(month.begin), seconds(month.end)
    rows = Asset.objects.filter(serves(contract), site=contract.contractor.site_id)
    rows = rows.exclude(retired_at__lte=month.begin).order_by("pk")
    return {
        id_: (begin, min(end, seconds(retired)) if retired else end) for id_, retired in rows.values_list("pk", "retired_at")
    }  # fmt: skip


def serves(contract: Contract) -> Q:
    kinds = [kind.pk for kind in contract.kinds.all()]
    paths = [sector.path for sector in contract.sectors.all()]
    return (Q(kind__in=kinds) if kinds else Q()) & within(paths or None)


def orders_of(contract: Contract, month: Period) -> list[WorkOrder]:
    """Made in the month by this contract; what a plan orders is not judged."""
    rows = contract.orders.filter(plan=None, ordered_at__gte=month.begin, ordered_at__lt=month.end)
    return list(rows.order_by("number"))


def _orders(contract: Contract, rows: Sequence[WorkOrder], hours: Openings | None) -> list[Order]:
    promised = read_terms(contract.terms)
    arrived: dict[int, dt.datetime] = {}
    steps = OrderEntry.objects.filter(order__in=rows, move__in=(Move.ARRIVE, Move.RESTORE)).order_by("at", "pk")
    for order, at in steps.values_list("order", "at"):
        arrived.setdefault(order, at)
    return [_order(row, promised.get(Priority(row.priority)), hours, arrived.get(row.pk)) for row in rows]


def _order(row: WorkOrder, promised: Terms | None, hours: Openings | None, arrived: dt.datetime | None) -> Order:
    """What was promised is what was due when it was ordered. Who restores without arriving was there when it was restored."""
    at_all_hours = promised is not None and promised.at_all_hours
    ordered, counted = seconds(row.ordered_at), None if at_all_hours else hours
    due = {"arrive": row.arrive_due, "restore": row.restore_due}
    done = {"arrive": arrived, "restore": row.restored_at}
    gone = row.state in (State.REFUSED, State.CANCELLED)
    return Order(
        id=row.pk, number=row.number, asset=row.asset_id, priority=row.priority, at_all_hours=at_all_hours, ordered=ordered,
        allowed={name: length(open_spans(counted, ordered, seconds(at))) for name, at in due.items() if at is not None},
        done={name: seconds(at) for name, at in done.items() if at is not None},
        over=seconds(row.closed_at) if gone and row.closed_at is not None else None, refused=row.state == State.REFUSED,
    )  # fmt: skip


def telling(site: int, month: Period, there: Collection[int]) -> list[tuple[Sequence[int], Annunciation]]:
    """Alarms that said that assets were down, with the assets of these that each speaks of; an alarm of a feed of many."""
    rules = report.down_rules(site, defining.of_site(site))
    rows = Annunciation.objects.filter(site_id=site, rule__in=rules, began_at__lt=month.end).exclude(returned_at__lte=month.begin)
    rows = rows.filter(at__lt=month.end).order_by("seq")
    found: list[tuple[Sequence[int], Annunciation]] = []
    spoken: dict[int, list[int]] = {}
    for row in rows.only("asset_id", "subject", "began_at", "returned_at", "alarm_id", "seq"):
        if row.subject.startswith("feed:"):
            feed = int(row.subject.removeprefix("feed:"))
            if feed not in spoken:
                ids = Point.objects.filter(feed=feed).values_list("asset_id", flat=True).distinct()
                spoken[feed] = [id_ for id_ in ids if id_ in there]
            found.append((spoken[feed], row))
        elif row.asset_id is not None and row.asset_id in there:
            found.append(([row.asset_id], row))
    return found


def _down(site: int, there: dict[int, Span], month: Period, now: dt.datetime) -> dict[int, list[Span]]:
    down: dict[int, list[Span]] = {}
    until = seconds(min(now, month.end))
    for assets, row in telling(site, month, there):
        span = (seconds(row.began_at), until if row.returned_at is None else seconds(row.returned_at))
        for asset in assets:
            down.setdefault(asset, []).append(span)
    return down


def lines_about(site: int, noun: str, ids: Collection[int]) -> Proof:
    """Numbers of the journal lines about these things."""
    found: Proof = {}
    for id_, seq in About.objects.filter(site_id=site, noun=noun, ref__in=ids).order_by("seq").values_list("ref", "seq"):
        found.setdefault(id_, []).append(seq)
    return found


def local_month(now: dt.datetime, zone: str) -> dt.date:
    """First day of the month that it is."""
    return now.astimezone(ZoneInfo(zone)).date().replace(day=1)
