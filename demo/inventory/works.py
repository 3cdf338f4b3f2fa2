"""Who is sent in the pretend city: two contractors with a contract each, work orders of today and of weeks ago, commitments."""

from typing import Any

from demo.inventory.sheet import Sheet

_OFFICE = {"weekly": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "08:00", "to": "18:00"}]}


_DAY = 24 * 60
_LIFTS = ((12, 45, 300), (20, 75, 620), (27, 30, 200), (34, 55, 900), (41, 90, 410))
_LAMPS = ((13, 90, 500), (21, 200, 1400), (29, 60, 300), (36, 110, 580))
"""Days ago, minutes to the arrival, minutes to the restoration."""


def _past(lift: str, lamp: str) -> list[dict[str, Any]]:
    """Orders that are over, some of them late: whatever day it is, some lie in the month before."""
    found = []
    for reference, asset, fault, times in (
        ("ASC-2026", lift, "Ascenseur arrêté, portes fermées", _LIFTS), ("ECL-2026", lamp, "Luminaire éteint", _LAMPS),
    ):  # fmt: skip
        for days, arrive, restore in times:
            moves = {"accept": 10, "arrive": arrive, "restore": restore, "close": restore + 60}
            told = {"reference": reference, "asset": asset, "priority": "urgent", "fault": fault}
            found.append({**told, "ago": days * _DAY, "moves": moves})
    return sorted(found, key=lambda order: -order["ago"])


def commitments() -> list[dict[str, Any]]:
    """The member `commitments` of stand.json: what is measured of each contract, in cents, and a time that is excluded."""
    per_hour = {"measure": "restore", "priority": "urgent", "cents": 15_000, "per": "hour", "most": 200_000}
    return [
        {
            "reference": "ASC-2026", "ago": 34 * _DAY, "minutes": 240, "kind": "access",
            "why": "Station fermée par la police, accès impossible de nuit",
            "values": {"each": [{"measure": "arrive", "target": 90, "cents": 20_000, "per": "miss"}, per_hour,
                                {"measure": "availability", "target": 99, "cents": 50_000, "per": "point"}], "most": 500_000},
        },
        {
            "reference": "ECL-2026", "ago": 21 * _DAY, "minutes": 600, "kind": "works",
            "why": "Câble arraché par un chantier de tiers",
            "values": {"each": [{"measure": "restore", "target": 95, "cents": 8_000, "per": "day"},
                                {"measure": "failures", "target": 1, "cents": 30_000, "per": "point", "at_all_hours": True}]},
        },
    ]  # fmt: skip


def document(sheet: Sheet) -> dict[str, Any]:
    """The member `works` of stand.json. An order is `ago` minutes old; its moves are so many minutes after it."""
    lift, lamp = sheet.of["lift"][0].code, sheet.of["lamp"][0].code
    return {
        "contractors": [
            {
                "slug": "ascenseurs-ouest", "name": "Ascenseurs de l’Ouest", "email": "astreinte@ascenseurs.example",
                "phone": "01 23 45 67 89", "contact": "Astreinte jour et nuit", "reference": "ASC-2026",
                "kinds": ["lift", "escalator", "moving_walkway"], "hours": {},
                "terms": {"urgent": {"accept": 15, "arrive": 60, "restore": 480}, "normal": {"accept": 120, "arrive": 480}},
            },
            {
                "slug": "citelux", "name": "Citélux", "email": "exploitation@citelux.example", "phone": "01 98 76 54 32",
                "contact": "Exploitation, de 8 h à 18 h", "reference": "ECL-2026", "kinds": ["lamp", "lighting_cabinet"],
                "hours": _OFFICE,
                "terms": {
                    "urgent": {"accept": 30, "arrive": 120, "restore": 600, "at_all_hours": True},
                    "normal": {"accept": 240, "arrive": 1200, "restore": 3000},
                },
            },
        ],
        "orders": [
            *_past(lift, lamp),
            {"reference": "ASC-2026", "asset": lift, "priority": "urgent", "fault": "Cabine arrêtée entre deux niveaux, vide",
             "ago": 90, "moves": {"accept": 10}},
            {"reference": "ECL-2026", "asset": lamp, "priority": "urgent", "fault": "Trappe de visite ouverte au pied du mât",
             "ago": 20, "moves": {"accept": 5}},
        ],
    }  # fmt: skip
