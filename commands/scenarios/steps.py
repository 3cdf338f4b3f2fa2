"""What a scenario says, step by step, and what each asset gets of it. Pure."""

from typing import Annotated

import msgspec
from msgspec import Meta

from commands.faults import Contrary, Unusable
from commands.wording import Part, Seconds, Slug

MOST_ORDERS = 500
"""Commands of one run."""


class Target(Part, frozen=True, kw_only=True):
    """Which assets: by their codes, or all of a kind, in a sector and what is nested in it where one is named."""

    assets: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=80)], ...], Meta(max_length=MOST_ORDERS)] = ()
    kind: Slug | None = None
    sector: Annotated[str, Meta(max_length=400)] | None = None

    def __post_init__(self) -> None:
        if bool(self.assets) == (self.kind is not None):
            raise Contrary("soit des équipements, soit un type d’équipement", "either assets or a kind")
        if self.sector is not None and self.kind is None:
            raise Contrary("un secteur demande un type d’équipement", "a sector needs a kind")


class Step(Part, frozen=True, kw_only=True):
    """One type of command for some assets.

    wait     the next step begins once these have ended, instead of at once
    stop     one that does not succeed ends the run
    within   seconds after which the next step begins all the same; 0: as long as its commands take
    """

    target: Target
    type: Slug
    parameters: dict[Slug, float | str] = {}
    wait: bool = True
    stop: bool = False
    within: Seconds = 0.0


class Order(msgspec.Struct, frozen=True):
    """What one asset gets in one step, and what of the step concerns how the run goes on."""

    step: int
    asset: int
    type: str
    parameters: dict[str, float | str]
    wait: bool = True
    stop: bool = False
    within: float = 0.0


class BadScenario(Unusable):
    """Steps that cannot be used as written."""


def decode(raw: object) -> list[Step]:
    """Steps from plain lists and dictionaries. Raises BadScenario."""
    try:
        steps: list[Step] = msgspec.convert(raw, Annotated[list[Step], Meta(min_length=1, max_length=100)])
    except msgspec.ValidationError as error:
        raise BadScenario.of_decoder(error) from error
    return steps
