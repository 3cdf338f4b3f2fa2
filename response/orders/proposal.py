"""Whom to order from, by which contract and how urgently, and why: what the contracts of a site say about an asset."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q

from alarms.engine.wording import Bilingual
from alarms.models import Severity
from assets.models import Asset, AssetKind, Sector
from assets.sector_paths import lies_in
from response.models import Contract
from response.orders import terms
from response.orders.terms import PRIORITY_WORDS, Priority

PRIORITIES = {
    Severity.CRITICAL: Priority.URGENT,
    Severity.HIGH: Priority.HIGH,
    Severity.MEDIUM: Priority.NORMAL,
    Severity.LOW: Priority.LOW,
}
SEVERITY_WORDS = {
    Severity.CRITICAL: Bilingual("critique", "critical"),
    Severity.HIGH: Bilingual("haute", "high"),
    Severity.MEDIUM: Bilingual("moyenne", "medium"),
    Severity.LOW: Bilingual("basse", "low"),
}
_ORDER = list(Priority)


@dataclass(frozen=True)
class Proposal:
    """One contract that serves an asset; `reason` says why it, and why so urgent. `due` as of now, by priority."""

    contract: Contract
    priority: Priority
    reason: Bilingual
    due: dict[Priority, terms.Due]


def in_force(site: int, day: dt.date) -> Q:
    alive = Q(starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))
    return alive & Q(contractor__site_id=site, contractor__retired_at=None)


def proposals(asset: Asset, severity: int | None, now: dt.datetime) -> list[Proposal]:
    """Contracts in force that serve an asset, the most particular first; three queries. `asset` with its site, kind, sector."""
    day = now.astimezone(ZoneInfo(asset.site.timezone)).date()
    found = Contract.objects.filter(in_force(asset.site_id, day)).select_related("contractor")
    kinds = Prefetch("kinds", AssetKind.objects.only("id", "name_fr", "name_en"))
    found = found.prefetch_related(kinds, Prefetch("sectors", Sector.objects.defer("polygon")))
    fitting = [each for contract in found if (each := _fit(contract, asset)) is not None]
    fitting.sort(key=lambda each: (-each[0], each[1].pk))
    return [_proposal(contract, because, asset, severity, now) for _, contract, because in fitting]


def _fit(contract: Contract, asset: Asset) -> tuple[int, Contract, Bilingual] | None:
    """How particular a contract is to an asset, and in which words; None when it does not serve it."""
    kinds, sectors = list(contract.kinds.all()), list(contract.sectors.all())
    if kinds and asset.kind not in kinds:
        return None
    path = asset.sector.path if asset.sector is not None else None
    holding = [each for each in sectors if lies_in(path, (each.path,))]
    if sectors and not holding:
        return None
    narrowest = max(holding, key=lambda each: len(each.path), default=None)
    kind_fr, kind_en = (asset.kind.name_fr, asset.kind.name_en) if kinds else ("tout équipement", "any asset")
    place_fr, place_en = (narrowest.name, narrowest.name) if narrowest is not None else ("tout le site", "the whole site")
    weight = 2 * bool(kinds) + (1 + narrowest.path.count("/") / 100 if narrowest is not None else 0)
    return int(weight * 100), contract, Bilingual(f"{kind_fr}, {place_fr}", f"{kind_en}, {place_en}")


def _proposal(contract: Contract, because: Bilingual, asset: Asset, severity: int | None, now: dt.datetime) -> Proposal:
    promised = terms.read_terms(contract.terms)
    wanted = PRIORITIES[Severity(severity)] if severity is not None else Priority.NORMAL
    priority = nearest(wanted, promised)
    fr, en = f"contrat {contract.reference} : {because.fr}", f"contract {contract.reference}: {because.en}"
    if severity is not None:
        words = SEVERITY_WORDS[Severity(severity)]
        fr, en = f"{fr} ; alarme {words.fr}", f"{en}; {words.en} alarm"
    chosen = PRIORITY_WORDS[priority]
    fr, en = f"{fr}, priorité {chosen.fr}", f"{en}, {chosen.en} priority"
    due = {each: terms.due(told, contract.hours, asset.site.timezone, now, contract.holidays) for each, told in promised.items()}
    return Proposal(contract, priority, Bilingual(fr, en), due)


def nearest(wanted: Priority, promised: dict[Priority, terms.Terms]) -> Priority:
    """The priority a contract knows that is as urgent as wanted, or the next more urgent one, or the most urgent it has."""
    place = _ORDER.index(wanted)
    for each in (*reversed(_ORDER[: place + 1]), *_ORDER[place + 1 :]):
        if each in promised:
            return each
    return wanted
