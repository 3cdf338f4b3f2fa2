"""What a scenario would do now: which assets each step reaches, what each would get, and what forbids it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from assets.models import Asset
from assets.refusal import Meaning, Refused
from commands import offers
from commands.offers import Outlook
from commands.scenarios.steps import MOST_ORDERS, BadScenario, Order, Step, Target, decode
from commands.wording import Words


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One order: the asset, and what it would meet, or why there is no such command."""

    order: Order
    asset: Asset
    outlook: Outlook | None
    said: Words | None


def read(raw: object) -> list[Step]:
    """Steps as somebody wrote them. Raises Refused."""
    try:
        return decode(raw)
    except BadScenario as error:
        raise Refused("bad_steps", error.said.fr, error.said.en, meaning=Meaning.INVALID, field="steps") from error


def orders(site: int, steps: Sequence[Step]) -> list[Order]:
    """What each asset gets, in order. Raises Refused for an asset that is not there, and for more than a run may have."""
    found: list[Order] = []
    for number, step in enumerate(steps):
        for asset in _reached(site, number, step.target):
            found.append(Order(number, asset, step.type, dict(step.parameters), step.wait, step.stop, step.within))
        if len(found) > MOST_ORDERS:
            raise _wrong(number, f"plus de {MOST_ORDERS} commandes", f"more than {MOST_ORDERS} commands")
    return found


def foresee(wanted: Sequence[Order], now: dt.datetime) -> list[Foreseen]:
    """Each order as it would go now, in a few queries however many there are."""
    rows = Asset.objects.filter(pk__in={order.asset for order in wanted}).select_related("site", "sector", "kind")
    assets = {asset.pk: asset for asset in rows}
    present = [order for order in wanted if order.asset in assets]
    offered = offers.of_many([(assets[order.asset], order.type) for order in present])
    seen: list[tuple[Order, offers.Offer, dict[str, float | str]]] = []
    said: dict[int, Words] = {}
    for place, (order, offer) in enumerate(zip(present, offered, strict=True)):
        if offer is None:
            said[place] = Words("Cet équipement n’a pas cette commande.", "This asset has no such command.")
            continue
        try:
            seen.append((order, offer, offer.type.filled(order.parameters)))
        except Refused as refusal:
            said[place] = Words(refusal.fr, refusal.en)
    looks = iter(offers.outlooks([offer for _, offer, _ in seen], [values for _, _, values in seen], now))
    return [
        Foreseen(order, assets[order.asset], None if place in said else next(looks), said.get(place))
        for place, order in enumerate(present)
    ]


def _reached(site: int, number: int, target: Target) -> list[int]:
    """The assets of a target, in the order they are named, or of their codes."""
    rows = Asset.objects.filter(site_id=site, retired_at=None)
    if target.assets:
        ids = dict(rows.filter(code__in=target.assets).values_list("code", "pk"))
        if missing := [code for code in target.assets if code not in ids]:
            raise _wrong(number, f"il n’y a pas d’équipement {missing[0]}", f"there is no asset {missing[0]}")
        return [ids[code] for code in dict.fromkeys(target.assets)]
    rows = rows.filter(kind__slug=target.kind)
    if target.sector is not None:
        nested = rows.filter(sector__path__startswith=f"{target.sector}/")
        rows = rows.filter(sector__path=target.sector) | nested
    return list(rows.order_by("code").values_list("pk", flat=True)[: MOST_ORDERS + 1])


def _wrong(number: int, fr: str, en: str) -> Refused:
    return Refused(
        "bad_steps", f"Étape {number + 1} : {fr}.", f"Step {number + 1}: {en}.", meaning=Meaning.INVALID, field=f"steps.{number}"
    )
