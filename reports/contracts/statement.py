"""A month of a contract as a document: what was promised, what was counted, what proves it; and how two of them differ."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from assets.instants import instant
from assets.models import Asset
from journal.models import Ledger
from journal.rows import time_text
from reports import defining, report
from reports.contracts import reading
from reports.contracts.commitments import Commitments
from reports.contracts.reckoning import Item, Reckoned, Result, reckon
from reports.models import Exclusion
from reports.periods import Period
from response.models import Contract

MICRO = 1_000_000


class Thing(msgspec.Struct, frozen=True):
    """An order or an asset that the month speaks of. `lines`: numbers in the journal; `alarms`: ids of those that tell of it."""

    noun: str
    id: int
    name: str
    more: str
    lines: list[int]
    alarms: list[int]


class LeftOut(msgspec.Struct, frozen=True):
    id: int
    kind: str
    why: str
    begins_at: str
    ends_at: str
    asset: str | None
    order: int | None
    by: str
    at: str
    line: int


class Month(msgspec.Struct, frozen=True):
    """All that a statement says. Times in seconds, instants of items in seconds since the epoch, amounts in cents."""

    site: str
    zone: str
    contract: str
    contractor: str
    first: str
    last: str
    made_at: str
    over: bool
    """Whether the month is over, and every order of it."""
    reached: int
    terms: dict[str, Any]
    hours: dict[str, Any]
    holidays: str
    kinds: list[str]
    sectors: list[str]
    down_rules: list[str]
    commitments: Commitments
    assets: int
    results: list[Result]
    items: list[Item]
    things: list[Thing]
    exclusions: list[LeftOut]
    cents: int
    uncapped: int


def make(contract: Contract, month: Period, told: Commitments, now: dt.datetime) -> Month:
    """The month as of now. `contract` with its contractor and site."""
    gathered = reading.gather(contract, month, now)
    site = contract.contractor.site
    found = reckon(told, gathered.facts)
    definitions = defining.of_site(site.pk)
    still = any(item.outcome == "waiting" for item in found.items)
    return Month(
        site=site.slug, zone=month.zone, contract=contract.reference, contractor=contract.contractor.name,
        first=month.first.isoformat(), last=month.last.isoformat(), made_at=time_text(now) or "",
        over=now >= month.end and not still,
        reached=Ledger.objects.filter(site=site).values_list("seq", flat=True).first() or 0,
        terms=contract.terms, hours=contract.hours, holidays=contract.holidays,
        kinds=sorted(kind.slug for kind in contract.kinds.all()),
        sectors=sorted(sector.slug for sector in contract.sectors.all()),
        down_rules=sorted(report.down_slugs(site.pk, definitions)), commitments=told, assets=len(gathered.facts.assets),
        results=found.results, items=found.items, things=_things(site.pk, month, gathered, found),
        exclusions=[_left_out(each) for each in gathered.exclusions], cents=found.cents, uncapped=found.uncapped,
    )  # fmt: skip


def _things(site: int, month: Period, gathered: reading.Gathered, found: Reckoned) -> list[Thing]:
    orders = {item.id for item in found.items if item.noun == "work_order"}
    assets = {item.id for item in found.items if item.noun == "asset"}
    lines = reading.lines_about(site, "work_order", orders)
    things = [
        Thing("work_order", row.pk, str(row.number), row.fault, lines.get(row.pk, []), [row.alarm_id] if row.alarm_id else [])
        for row in gathered.orders
        if row.pk in orders
    ]
    told: dict[int, tuple[list[int], list[int]]] = {asset: ([], []) for asset in assets}
    for spoken, row in reading.telling(site, month, gathered.facts.assets) if assets else ():
        for asset in spoken:
            if asset in told:
                told[asset][0].append(row.seq)
                told[asset][1].append(row.alarm_id)
    names = Asset.objects.filter(pk__in=assets).order_by("code").values_list("pk", "code", "name")
    things += [Thing("asset", id_, code, name, told[id_][0], sorted(set(told[id_][1]))) for id_, code, name in names]
    return things


def _left_out(row: Exclusion) -> LeftOut:
    return LeftOut(
        row.pk, row.kind, row.why, time_text(row.begins_at) or "", time_text(row.ends_at) or "",
        row.asset.code if row.asset else None, row.order.number if row.order else None, row.added_by,
        time_text(row.added_at) or "", row.seq,
    )  # fmt: skip


def written(month: Month) -> str:
    """The document as it is hashed: members in a fixed order."""
    return msgspec.json.encode(month, order="sorted").decode()


def read(document: str) -> Month:
    return msgspec.json.decode(document, type=Month)


def digest(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()


class Difference(msgspec.Struct, frozen=True):
    """One thing that a statement says otherwise than the month as it is counted now; None: it is not there."""

    commitment: int
    noun: str
    name: str
    before: str | None
    after: str | None
    cents_before: int | None = None
    cents_after: int | None = None


def differences(frozen: Month, now: Month) -> list[Difference]:
    """What differs in the figures and in what each is made of; when it was made does not count."""
    found = []
    for place in range(max(len(frozen.results), len(now.results))):
        before, after = _at(frozen.results, place), _at(now.results, place)
        if _figure(before) != _figure(after):
            costs = (before.cents if before else None, after.cents if after else None)
            found.append(Difference(place, "result", "", _figure(before), _figure(after), *costs))
    names = {(each.noun, each.id): each.name for each in (*frozen.things, *now.things)}
    first, second = _by_key(frozen.items), _by_key(now.items)
    for key in sorted(first.keys() | second.keys()):
        was, is_ = first.get(key), second.get(key)
        if _said(was) != _said(is_):
            found.append(Difference(key[0], key[1], names.get(key[1:], str(key[2])), _said(was), _said(is_)))
    return found


def _at(results: Sequence[Result], place: int) -> Result | None:
    return results[place] if place < len(results) else None


def _figure(told: Result | None) -> str | None:
    if told is None:
        return None
    share = "—" if told.share is None else f"{100 * told.share[0] / told.share[1]:.3f} %"
    return f"{share} · {told.missed}/{told.of} · {told.units}"


def _by_key(items: Iterable[Item]) -> dict[tuple[int, str, int], Item]:
    return {(item.commitment, item.noun, item.id): item for item in items}


def _said(item: Item | None) -> str | None:
    """What of an item may differ: its outcome and its times."""
    return None if item is None else f"{item.outcome} {item.counted} {item.late} {item.excluded}"


def at_text(seconds: int) -> str:
    return time_text(instant(seconds * MICRO)) or ""
