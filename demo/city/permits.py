"""The pretend access-management system: who may come in, with which plates, at which gates and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from demo.chance import stream

LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
COMPANIES = (
    ("Dupont TP", "Chantier de la dalle"), ("Bouvier Levage", "Grue de la tour Est"), ("Transports Lemaire", "Livraisons"),
    ("Ascenseurs Rivoli", "Maintenance des ascenseurs"), ("Propreté Seine", "Collecte des déchets"),
    ("Frais & Cie", "Livraison des restaurants"), ("Élec Services", "Postes électriques"), ("Verdier Paysage", "Espaces verts"),
    ("Signal Route", "Panneaux et feux"), ("Climat Ouest", "Traitement d'air"), ("Incendie Conseil", "Centrales incendie"),
    ("Peintures Morin", "Ravalement"), ("Vitrerie Haute", "Nettoyage de façades"), ("Messagerie Rapide", "Colis"),
)  # fmt: skip
WEEKDAYS = [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "05:00", "to": "21:00"}]


@dataclass(frozen=True)
class Pass:
    """One authorisation. `months`: how many months after this one it ends; −1: it has ended."""

    reference: str
    company: str
    purpose: str
    plates: tuple[str, ...]
    gate: int | None
    months: int
    weekdays: bool
    escort: bool
    stay: int | None

    def holds(self) -> bool:
        return self.months >= 0


def passes(seed: int, gates: int) -> list[Pass]:
    """Always the same for a seed: most hold, some have ended, two companies have plates that differ by one confusion."""
    chance = stream(seed, "permits")
    found: list[Pass] = []
    for number in range(42):
        company, purpose = COMPANIES[number % len(COMPANIES)]
        first = plate(chance)
        plates = [first, *(_next(first, step) for step in range(1, int(chance.integers(1, 4))))]
        gate = int(chance.integers(gates)) if gates and chance.random() < 0.3 else None
        found.append(
            Pass(
                f"AUT-{number + 1:04d}", company, purpose, tuple(plates), gate,
                -1 if number % 8 == 7 else int(chance.integers(1, 4)), bool(chance.random() < 0.2), number % 13 == 12,
                int(chance.integers(2, 9)) * 60 if chance.random() < 0.5 else None,
            )
        )  # fmt: skip
    return found


def plate(chance: np.random.Generator) -> str:
    letters = "".join(LETTERS[int(index)] for index in chance.integers(len(LETTERS), size=4))
    return f"{letters[:2]}-{int(chance.integers(1, 990)):03d}-{letters[2:]}"


def _next(first: str, step: int) -> str:
    """The lorries of a company were registered one after the other."""
    before, number, after = first.split("-")
    return f"{before}-{int(number) + step:03d}-{after}"


def document(listed: Sequence[Pass], gates: Sequence[str], at: float) -> dict[str, Any]:
    """What GET /access/permits answers, whole: times run from the beginning of a month to the end of one."""
    month = datetime.fromtimestamp(at, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return {"permits": [_permit(each, gates, month) for each in listed], "whole": True}


def _permit(each: Pass, gates: Sequence[str], month: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {
        "reference": each.reference, "company": each.company, "purpose": each.purpose,
        "plates": [{"plate": plate, "country": "FR"} for plate in each.plates],
        "valid_from": _later(month, -3).isoformat(), "valid_until": _later(month, each.months + 1).isoformat(),
        "gates": None if each.gate is None else [gates[each.gate]], "escort": each.escort,
        "weekly": WEEKDAYS if each.weekdays else [],
    }  # fmt: skip
    return told | ({"longest_stay": each.stay} if each.stay else {})


def _later(month: datetime, months: int) -> datetime:
    """The beginning of the month so many later."""
    whole = month.year * 12 + month.month - 1 + months
    return month.replace(year=whole // 12, month=whole % 12 + 1) - timedelta(minutes=1) * (months > 0)
