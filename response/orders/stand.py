"""What a demo stand has of work orders: contractors with a contract each, and orders of which one is late."""

import datetime as dt
from typing import Any

import msgspec

from assets.models import Asset, AssetKind, Site
from journal.actors import Actor
from response.models import Contract
from response.orders import contracts, moves
from response.orders.states import Move


class _Contractor(msgspec.Struct):
    slug: str
    name: str
    email: str
    phone: str
    contact: str
    reference: str
    kinds: list[str]
    terms: dict[str, Any]
    hours: dict[str, Any] = {}
    holidays: str = ""


class _Order(msgspec.Struct):
    reference: str
    asset: str
    priority: str
    fault: str
    ago: int
    moves: dict[str, int] = {}


class Works(msgspec.Struct):
    contractors: list[_Contractor]
    orders: list[_Order]


def load(site: Site, told: Works, *, by: Actor, now: dt.datetime) -> None:
    """Raises Refused, Asset.DoesNotExist, KeyError."""
    known: dict[str, Contract] = {}
    for each in told.contractors:
        about = {"name": each.name, "email": each.email, "phone": each.phone, "contact": each.contact}
        contractor = contracts.keep_contractor(site.pk, each.slug, **about, retired=False, by=by, now=now)
        kinds = list(AssetKind.objects.filter(slug__in=each.kinds))
        starts = now.date().replace(month=1, day=1)
        wanted = contracts.Wanted(each.reference, each.terms, starts, hours=each.hours, holidays=each.holidays, kinds=kinds)
        known[each.reference] = contracts.keep_contract(contractor, wanted, by=by, now=now)
    for ordered in told.orders:
        contract, since = known[ordered.reference], now - dt.timedelta(minutes=ordered.ago)
        asset = Asset.objects.select_related("sector").get(site=site, code=ordered.asset)
        draft = moves.Draft(ordered.fault, contract.contractor, ordered.priority, contract, asset)
        row = moves.order(site.pk, draft, by=by, now=since)
        for name, minutes in ordered.moves.items():
            moves.move(row.pk, Move(name), by=Actor("token", contract.contractor.name), now=since + dt.timedelta(minutes=minutes))
    moves.sweep(site.pk, now)
