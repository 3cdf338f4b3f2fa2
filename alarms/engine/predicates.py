"""What event-like rules are made of: predicates over readings, events and alarms, and how facts are brought together."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from alarms.engine.faults import Fault, Faulty
from alarms.engine.figures import plain
from alarms.engine.wording import Bilingual, Part, Slug, finite

MOST_TERMS, DEEPEST = 16, 5
Code = Annotated[tuple[float, ...], Meta(min_length=1, max_length=64)]


class _Compared(Part, frozen=True, kw_only=True):
    """A comparison of one quantity; as in a threshold it begins beyond the limit and ends `deadband` back from it."""

    quantity: Slug | None = None
    above: float | None = None
    below: float | None = None
    codes: Code | None = field(name="in", default=None)
    deadband: Annotated[float, Meta(ge=0)] = 0.0

    def _check_comparison(self) -> None:
        given = [name for name, value in (("above", self.above), ("below", self.below), ("in", self.codes)) if value is not None]
        if self.quantity is None:
            if given or self.deadband:
                raise Faulty(Fault.COMPARES_NOTHING, what=(given or ["deadband"])[0])
            return
        if len(given) != 1:
            raise Faulty(Fault.ONE_COMPARISON, quantity=self.quantity)
        for name, value in (("above", self.above), ("below", self.below), ("deadband", self.deadband)):
            finite(name, value)
        for code in self.codes or ():
            finite("in", code)
        if self.codes and self.deadband:
            raise Faulty(Fault.NO_DEADBAND)

    def compared(self, language: str) -> str:
        """The comparison in words: "water level > 2.5"; in French with a decimal comma."""
        name = (self.quantity or "").replace("_", " ")
        if self.codes is not None:
            return f"{name} = {' / '.join(plain(code, language) for code in self.codes)}"
        sign, limit = (">", self.above) if self.above is not None else ("<", self.below)
        return f"{name} {sign} {plain(limit or 0.0, language)}"


class Predicate(_Compared, frozen=True, kw_only=True):
    """One thing that can happen: a comparison that begins to hold, an event, or the raise of another rule's alarm.

    quantity + above | below | in   a point of the rule's scope begins to satisfy it
    event (+ attributes)            an event of this kind whose attributes are all equal
    rule                            an alarm of the rule with this slug is raised
    kinds                           only of assets of these kinds (besides the rule's own scope)
    """

    event: Slug | None = None
    attributes: Annotated[dict[str, str | int | float | bool], Meta(max_length=50)] = field(default_factory=dict)
    rule: Slug | None = None
    kinds: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    label: Bilingual | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.quantity, self.event, self.rule)) != 1:
            raise Faulty(Fault.ONE_SOURCE)
        if self.attributes and self.event is None:
            raise Faulty(Fault.NO_EVENT)
        self._check_comparison()

    def named(self) -> Bilingual:
        """What the sentence calls it."""
        if self.label is not None:
            return self.label
        if self.event is not None:
            text = self.event.replace("_", " ")
            return Bilingual(fr=text, en=text)
        if self.rule is not None:
            return Bilingual(fr=f"règle {self.rule}", en=f"rule {self.rule}")
        return Bilingual(fr=self.compared("fr"), en=self.compared("en"))


class Clause(_Compared, frozen=True, kw_only=True):
    """A formula over points: a comparison (of the asset, or of the one it depends on), or all / any / not of others."""

    of: Literal["asset", "parent"] = "asset"
    label: Bilingual | None = None
    all: Annotated[tuple[Clause, ...], Meta(min_length=1, max_length=MOST_TERMS)] | None = None
    any: Annotated[tuple[Clause, ...], Meta(min_length=1, max_length=MOST_TERMS)] | None = None
    negated: Clause | None = field(name="not", default=None)

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.quantity, self.all, self.any, self.negated)) != 1:
            raise Faulty(Fault.ONE_CLAUSE)
        self._check_comparison()
        if self.quantity is None and self.of != "asset":
            raise Faulty(Fault.WHOSE_QUANTITY)
        if len(self.terms()) > MOST_TERMS:
            raise Faulty(Fault.TOO_MANY_TERMS, most=MOST_TERMS)
        if self.depth() > DEEPEST:
            raise Faulty(Fault.TOO_MANY_LEVELS, most=DEEPEST)

    def named(self) -> Bilingual:
        """What the sentence calls a comparison."""
        return self.label or Bilingual(fr=self.compared("fr"), en=self.compared("en"))

    def parts(self) -> tuple[Clause, ...]:
        return self.all or self.any or ((self.negated,) if self.negated is not None else ())

    def terms(self) -> tuple[Clause, ...]:
        """The comparisons, in the order they are written."""
        return (self,) if self.quantity is not None else tuple(term for part in self.parts() for term in part.terms())

    def depth(self) -> int:
        return 1 + max((part.depth() for part in self.parts()), default=0)


class By(Part, frozen=True, kw_only=True):
    """Facts are brought together within `metres` of one another, or when they carry the same value of an attribute."""

    metres: Annotated[float, Meta(gt=0, le=20_000)] | None = None
    attribute: Slug | None = None

    def __post_init__(self) -> None:
        if (self.metres is None) == (self.attribute is None):
            raise Faulty(Fault.ONE_WAY)


class Carried(Part, frozen=True, kw_only=True):
    """Distinct values of an attribute that events carry."""

    attribute: Slug
