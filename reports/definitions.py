"""What the figures count by: what a flood is, when an alarm chatters, how long is stale. Pure; every report prints them.

Sources: ANSI/ISA-18.2 §16 and EEMUA 191 (targets); their texts and their users differ on chattering and fleeting, so both are
settings. Times in seconds.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=1, le=1000)]
Seconds = Annotated[int, Meta(ge=1, le=7 * 86_400)]


class Definitions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Defaults are those of ISA-18.2, but for chattering: city points report once a minute, so ours looks further.

    flood_above, flood_below  a flood begins when more than so many are annunciated within ten minutes, and ends below the other
    busy_hour                 an hour with more than so many is one too many
    chattering_times, chattering_within   the same alarm was raised so often within so long
    fleeting_below, fleeting_apart        it lasted less than the first, and did not come again within the second
    stale_after               the condition has held for longer
    together_within, together_share       two alarms go together when this share of the one comes within so long after the other
    down_rules                slugs of the rules whose alarms say that an asset is down, beside those that say it is silent
    """

    flood_above: Count = 10
    flood_below: Count = 5
    busy_hour: Count = 30
    chattering_times: Annotated[int, Meta(ge=2, le=100)] = 3
    chattering_within: Seconds = 600
    fleeting_below: Seconds = 10
    fleeting_apart: Seconds = 60
    stale_after: Seconds = 86_400
    together_within: Seconds = 60
    together_share: Annotated[int, Meta(ge=50, le=100)] = 80
    down_rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.flood_below > self.flood_above + 1:
            raise ValueError("A flood cannot end above where it begins.")


class Target(msgspec.Struct, frozen=True):
    """Up to `good` is as it should be, up to `most` is bearable; beyond that somebody must act."""

    good: float
    most: float

    def verdict(self, value: float | None) -> str:
        """good, bearable, bad; "" where there is nothing to judge."""
        if value is None:
            return ""
        return "good" if value <= self.good else "bearable" if value <= self.most else "bad"


TARGETS = {
    "per_day": Target(150, 300),
    "per_hour": Target(6, 12),
    "per_ten_minutes": Target(1, 2),
    "busy_hours": Target(0.01, 0.01),
    "busy_periods": Target(0.01, 0.01),
    "most_in_ten_minutes": Target(10, 10),
    "in_flood": Target(0.01, 0.01),
    "top_ten": Target(0.01, 0.05),
    "chattering": Target(0, 0),
    "fleeting": Target(0, 0),
    "stale": Target(4, 4),
}
"""ISA-18.2 table 7 for one operating position and thirty days or more."""

PRIORITIES = {"critical": 0.01, "high": 0.05, "medium": 0.15, "low": 0.80}
"""How alarms should be spread over four severities."""
LOADS = ((1, "acceptable"), (2, "manageable"), (10, "demanding"))
"""Annunciations in ten minutes up to which an operator's load is called so (EEMUA 191); more is `excessive`."""


def load_level(count: int) -> str:
    return next((level for most, level in LOADS if count <= most), "excessive")
