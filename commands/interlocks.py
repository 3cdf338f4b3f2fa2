"""Whether an asset may be commanded now: each interlock of a type against the facts, and a sentence when it forbids. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from commands.spec import Condition, Interlock, LocalMode, OutOfService, Stale, Type, Unknown, Works
from commands.states import Reason
from commands.wording import Words

SHORTEST = 90.0
"""Seconds: a reading younger than this is not stale, however short its point's interval."""


@dataclass(frozen=True, slots=True)
class InterlockReading:
    """The newest reading of a point: `age` in seconds as of now, None when it was never read; `silent`: so is its feed."""

    age: float | None
    value: float
    interval: float
    silent: bool = False
    asset: str = ""

    def stale(self, factor: float = 3.0) -> bool:
        return self.age is None or self.silent or self.age > max(SHORTEST, factor * self.interval)


@dataclass(frozen=True, slots=True)
class Lockout:
    """Why people keep an asset from being commanded."""

    kind: str
    """works or out_of_service."""
    reason: str
    until: Words
    """As the site's clock shows it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one asset; `readings` by (of, quantity) as in spec.Type.quantities: none where there is no such point."""

    lockouts: tuple[Lockout, ...] = ()
    readings: Mapping[tuple[str, str], tuple[InterlockReading, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """One interlock that forbids, and what a person is told."""

    reason: Reason
    words: Words


def blocks(type_: Type, facts: Facts) -> list[Block]:
    """What forbids this type now, in the order the type lists it; empty: it may be sent."""
    return [block for each in type_.interlocks for block in _judged(each, type_, facts)]


def _judged(interlock: Interlock, type_: Type, facts: Facts) -> Iterable[Block]:
    proof = facts.readings.get(("asset", type_.proof.quantity), ()) if type_.proof else ()
    match interlock:
        case Works():
            yield from (_locked(each) for each in facts.lockouts if each.kind == "works")
        case OutOfService():
            yield from (_locked(each) for each in facts.lockouts if each.kind == "out_of_service")
        case Unknown():
            if type_.proof is not None and not any(each.age is not None and not each.silent for each in proof):
                silent = any(each.silent for each in proof)
                why = Words("son flux est muet", "its feed is silent") if silent else Words("aucune mesure reçue", "never read")
                yield _unknown(why)
        case Stale():
            for each in proof:
                if each.age is not None and not each.silent and each.stale(interlock.factor):
                    yield _unknown(Words(f"dernière mesure il y a {_span(each.age)}", f"last read {_span(each.age)} ago"))
        case LocalMode():
            if any(each.age is not None and each.value in interlock.codes for each in _of("asset", interlock.quantity, facts)):
                words = Words("L’équipement est en mode local.", "The asset is in local mode.")
                yield Block(Reason.BLOCKED_BY_MODE, words)
        case Condition():
            yield from _conditioned(interlock, facts)


def _conditioned(interlock: Condition, facts: Facts) -> Iterable[Block]:
    for each in _of(interlock.of, interlock.quantity, facts):
        where = f" ({each.asset})" if each.asset and interlock.of != "asset" else ""
        if each.stale():
            if interlock.unknown == "forbid":
                quantity = interlock.quantity.replace("_", " ")
                yield Block(
                    Reason.STALE_STATE,
                    Words(f"« {quantity} » n’est pas connu{where}.", f"“{quantity}” is not known{where}."),
                )
        elif interlock.holds(each.value):
            words = Words(f"{interlock.because.fr}{where}.", f"{interlock.because.en}{where}.")
            yield Block(Reason.BLOCKED_BY_INTERLOCK, words)


def _of(of: str, quantity: str, facts: Facts) -> tuple[InterlockReading, ...]:
    return facts.readings.get((of, quantity), ())


def _locked(lockout: Lockout) -> Block:
    works = lockout.kind == "works"
    fr, en = ("Travaux en cours", "Works under way") if works else ("Hors service", "Out of service")
    reason = lockout.reason[:60]
    return Block(
        Reason.LOCK_OUT_TAG_OUT if works else Reason.OUT_OF_SERVICE,
        Words(f"{fr} jusqu’au {lockout.until.fr} ({reason}).", f"{en} until {lockout.until.en} ({reason})."),
    )


def _unknown(why: Words) -> Block:
    return Block(Reason.STALE_STATE, Words(f"État inconnu : {why.fr}.", f"State unknown: {why.en}."))


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
