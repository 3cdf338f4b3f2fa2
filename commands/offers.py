"""Which commands an asset can be given, by whom, and what each of them would meet now."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

import msgspec
from django.db.models import Q

from assets.models import Asset, Point
from assets.refusal import Meaning, Refused
from commands import facts, interlocks, spec
from commands.interlocks import Block, Facts
from commands.models import Command, CommandType, Connector, Override, SiteChoice
from commands.states import OPEN, REASONS, Reason
from commands.wording import Words
from journal.actors import Actor


@dataclass(frozen=True, slots=True)
class Offer:
    """One type for one asset. `row` is the type's own; `point` the one that proves it, None when nothing can."""

    row: CommandType
    type: spec.Type
    asset: Asset
    point: Point | None
    automatic: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an offer would meet now."""

    offer: Offer
    blocks: tuple[Block, ...]
    reached: bool
    """The field is already as asked."""
    age: float | None
    """Seconds since the newest reading of what proves it."""
    under_way: int | None
    """The same command, which is open."""
    carried: bool
    """A supervisor takes it."""

    @property
    def free(self) -> bool:
        """Whether it would leave."""
        return not self.blocks and self.under_way is None and self.carried


@lru_cache(512)
def _type(written: bytes) -> spec.Type:
    return msgspec.json.decode(written, type=spec.Type)


def type_of(row: CommandType) -> spec.Type:
    """What a row says, read once."""
    return _type(msgspec.json.encode(row.spec))


def of_asset(asset: Asset) -> list[Offer]:
    """Every command of an asset that its site allows."""
    return _offers([asset], CommandType.objects.filter(kind_id=asset.kind_id))


def find(asset: Asset, slug: str) -> Offer:
    """Raises Refused when the asset cannot be given such a command."""
    found = _offers([asset], CommandType.objects.filter(kind_id=asset.kind_id, slug=slug))
    if not found:
        raise Refused(
            "not_offered", "Cet équipement n’a pas cette commande.", "This asset has no such command.",
            meaning=Meaning.NOT_FOUND, field="type",
        )  # fmt: skip
    return found[0]


def of_many(wanted: Iterable[tuple[Asset, str]]) -> list[Offer | None]:
    """As `find` for many, in their order; None where there is no such command."""
    asked = list(wanted)
    kinds, slugs = {asset.kind_id for asset, _ in asked}, {slug for _, slug in asked}
    rows = CommandType.objects.filter(kind_id__in=kinds, slug__in=slugs)
    found = {(offer.asset.pk, offer.row.slug): offer for offer in _offers([asset for asset, _ in asked], rows)}
    return [found.get((asset.pk, slug)) for asset, slug in asked]


def _offers(assets: Collection[Asset], rows: Iterable[CommandType]) -> list[Offer]:
    present = [asset for asset in assets if asset.retired_at is None]
    rows = [row for row in rows if row.enabled]
    of_site = {asset.site_id for asset in present}
    choices = {(each.site_id, each.type_id): each for each in SiteChoice.objects.filter(site_id__in=of_site, type__in=rows)}
    proving = {type_.proof.quantity for row in rows if (type_ := type_of(row)).proof is not None}
    points = Point.objects.filter(asset__in=present, quantity__in=proving) if proving else Point.objects.none()
    by_quantity = {(point.asset_id, point.quantity): point for point in points}
    offers = []
    for asset in {each.pk: each for each in present}.values():
        for row in rows:
            choice = choices.get((asset.site_id, row.pk))
            if row.kind_id != asset.kind_id or (choice is not None and not choice.enabled):
                continue
            type_ = type_of(row)
            point = by_quantity.get((asset.pk, type_.proof.quantity)) if type_.proof else None
            if type_.proof is not None and point is None:
                continue  # nothing could ever say that it obeyed
            offers.append(Offer(row, type_, asset, point, choice is not None and choice.automatic))
    return offers


def outlooks(offers: Collection[Offer], parameters: Iterable[spec.Values], now: dt.datetime) -> list[Outlook]:
    """What each of these offers would meet now with these parameters, in their order."""
    known = facts.of_assets([(offer.asset, offer.type) for offer in offers], now)
    assets = {offer.asset.pk for offer in offers}
    open_ones = Command.objects.filter(asset__in=assets, state__in=sorted(OPEN))
    under_way = {(asset, type_): pk for asset, type_, pk in open_ones.values_list("asset_id", "type_id", "pk")}
    supervisors = {offer.asset.supervisor_id for offer in offers} - {None}
    carried = set(Connector.objects.filter(supervisor__in=supervisors, enabled=True).values_list("supervisor_id", flat=True))
    return [
        Outlook(
            offer, tuple(interlocks.blocks(offer.type, known[offer.asset.pk])), *_reached(offer, values, known[offer.asset.pk]),
            under_way.get((offer.asset.pk, offer.row.pk)), offer.asset.supervisor_id in carried,
        )
        for offer, values in zip(offers, parameters, strict=True)
    ]  # fmt: skip


def _reached(offer: Offer, values: spec.Values, known: Facts) -> tuple[bool, float | None]:
    """(whether the field is as asked, seconds since it was read)."""
    proof = offer.type.proof
    read = known.readings.get(("asset", proof.quantity), ()) if proof else ()
    if proof is None or not read or read[0].age is None:
        return False, None
    if not proof.names() <= set(values):
        return False, read[0].age
    return not read[0].stale() and proof.expectation(values).met(read[0].value), read[0].age


WITH_ROLE = frozenset({"person", "token"})
"""Who acts in a role: what is not for it, they may not."""


def permitted(offer: Offer, by: Actor, role: str | None) -> None:
    """Raises Refused unless whoever acts may give this command; `role`: of a person or a token, where the asset stands."""
    if by.kind in WITH_ROLE:
        if role not in offer.type.roles:
            raise refused(Reason.NO_ACCESS_AUTHORITY, Meaning.NOT_ALLOWED)
    elif by.kind in ("rule", "procedure") and not offer.automatic:
        raise refused(Reason.NOT_AUTOMATIC, Meaning.NOT_ALLOWED)


def refused(reason: Reason, meaning: Meaning = Meaning.CONFLICT, said: Words | None = None) -> Refused:
    """A reason of the closed list as a refusal."""
    words = REASONS[reason]
    fr, en = (f"{words.fr[0].upper()}{words.fr[1:]}", f"{words.en[0].upper()}{words.en[1:]}")
    tail = (f" : {said.fr}", f": {said.en}") if said else (".", ".")
    return Refused(reason.value, fr + tail[0], en + tail[1], meaning=meaning)


def standing_of_people(asset: int, now: dt.datetime) -> Override | None:
    """What a person made stand on an asset: nothing that goes by itself may undo it."""
    return Override.objects.filter(Q(asset_id=asset, actor_kind="person", ended_at=None, until__gt=now)).first()
