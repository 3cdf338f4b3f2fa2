"""What a contract commits its contractor to, and what a miss costs. Pure.

The times themselves (GTI, GTR, by priority) are the contract's terms in `response`; here is the share of them that must be
kept, how available the assets must be, how many may fail, and the formula of each penalty. Amounts are in cents.
"""

from fractions import Fraction
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from reports.tables import Words
from response.orders.terms import Priority

Measure = Literal["arrive", "restore", "availability", "failures"]
Per = Literal["miss", "hour", "day", "point"]
Cents = Annotated[int, Meta(ge=0, le=100_000_000)]
OF_ORDERS: tuple[Measure, ...] = ("arrive", "restore")
MOST = 20
"""Commitments of one contract."""

MEASURE_WORDS: dict[str, Words] = {
    "arrive": Words("GTI : intervention dans le délai", "GTI: on site in time"),
    "restore": Words("GTR : rétablissement dans le délai", "GTR: restored in time"),
    "availability": Words("Disponibilité", "Availability"),
    "failures": Words("Taux de panne", "Failure rate"),
}
PER_WORDS: dict[str, Words] = {
    "miss": Words("par manquement", "for each miss"),
    "hour": Words("par heure de retard entamée", "for each hour of delay begun"),
    "day": Words("par tranche de 24 h de retard entamée", "for each 24 h of delay begun"),
    "point": Words("par point de pourcentage entamé", "for each percentage point begun"),
}


class Commitment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`target`, per cent: the least share in time, or up; of `failures` the largest share of assets that failed.

    Nothing is owed while the target is met. Else `cents` for each unit of what was missed, `most` in a month (None: no limit).
    `priority`: of orders, None all of them; `at_all_hours`: of availability and failures, not only in the contract's hours.
    """

    measure: Measure
    target: Annotated[float, Meta(ge=0, le=100)] = 100
    priority: Priority | None = None
    cents: Cents = 0
    per: Per = "miss"
    most: Cents | None = None
    at_all_hours: bool = False

    def __post_init__(self) -> None:
        if self.measure in OF_ORDERS:
            if self.at_all_hours:
                raise ValueError("Whether all hours count of an order is said by the terms of its priority.")
        elif self.priority is not None or self.per in ("hour", "day"):
            raise ValueError("Of assets a penalty is for each miss or percentage point, and of no priority.")

    @property
    def limit(self) -> Fraction:
        """The target as a share, exactly as it is written."""
        return Fraction(str(self.target)) / 100

    def met(self, share: Fraction) -> bool:
        return share <= self.limit if self.measure == "failures" else share >= self.limit

    def points(self, share: Fraction) -> int:
        """Percentage points by which the target is missed, the last one begun."""
        beyond = share - self.limit if self.measure == "failures" else self.limit - share
        return max(0, -((-beyond * 100) // 1))


class Commitments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`failed_after`: after so many minutes down that count an asset has failed; `most`: of all penalties of a month."""

    each: Annotated[tuple[Commitment, ...], Meta(max_length=MOST)] = ()
    failed_after: Annotated[int, Meta(ge=1, le=44_640)] = 60
    most: Cents | None = None


def money(cents: int) -> Words:
    """An amount as people write it."""
    whole, rest = divmod(cents, 100)
    french = f"{whole:,}".replace(",", "\u202f")
    return Words(f"{french},{rest:02d} €", f"€{whole:,}.{rest:02d}")


def formula(told: Commitment) -> Words:
    """The penalty of a commitment in one phrase; what it comes to is in the month."""
    if not told.cents:
        return Words("sans pénalité", "no penalty")
    amount, per = money(told.cents), PER_WORDS[told.per]
    if told.most is None:
        return Words(f"{amount.fr} {per.fr}", f"{amount.en} {per.en}")
    most = money(told.most)
    return Words(f"{amount.fr} {per.fr}, au plus {most.fr} par mois", f"{amount.en} {per.en}, {most.en} a month at most")
