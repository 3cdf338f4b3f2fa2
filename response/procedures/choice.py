"""Which procedure fits an alarm or an incident, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from response.procedures.spec import Attachment, at_least

Because = Literal["rule", "incident_type", "kind", "sector"]
WEIGHT: Mapping[Because, int] = {"rule": 8, "incident_type": 4, "kind": 2, "sector": 1}
"""A rule says more than what everything else says together: its author thought of this very alarm."""


class Subject(Struct, frozen=True):
    """What is to be answered: an alarm, or the alarms of an incident. `sectors`: theirs and those these lie in, the narrowest
    first."""

    severity: str
    rules: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    incident_type: str = ""
    sectors: tuple[str, ...] = ()


class Fit(Struct, frozen=True):
    """How well a procedure fits. `because`: what of its attachment holds, the weightiest first."""

    procedure: str
    because: tuple[tuple[Because, str], ...]
    near: int = 0
    """How near its sector is: the narrower, the higher."""

    @property
    def weight(self) -> int:
        return sum(WEIGHT[each] for each, _ in self.because)


def fits(attached: Mapping[str, Attachment], subject: Subject) -> list[Fit]:
    """Those of the procedures (slug → what it is for) that fit, the best first; equal ones by slug."""
    found = (_fit(procedure, each, subject) for procedure, each in attached.items())
    return sorted((each for each in found if each is not None), key=lambda fit: (-fit.weight, -fit.near, fit.procedure))


def _fit(procedure: str, attached: Attachment, subject: Subject) -> Fit | None:
    if not at_least(subject.severity, attached.severity):
        return None
    because: list[tuple[Because, str]] = []
    for name, wanted, given in (
        ("rule", attached.rules, subject.rules),
        ("incident_type", attached.incident_types, (subject.incident_type,)),
        ("kind", attached.kinds, subject.kinds),
        ("sector", attached.sectors, subject.sectors),
    ):
        if not wanted:
            continue
        if (held := _first(given, wanted)) is None:
            return None
        because.append((name, held))
    if not because:
        return None  # what is for nothing in particular is taken by hand
    near = next((len(subject.sectors) - subject.sectors.index(held) for name, held in because if name == "sector"), 0)
    return Fit(procedure, tuple(because), near)


def _first(given: Iterable[str], wanted: tuple[str, ...]) -> str | None:
    return next((each for each in given if each and each in wanted), None)
