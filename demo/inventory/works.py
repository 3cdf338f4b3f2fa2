"""Who is sent in the pretend city: two contractors with a contract each, and two work orders, one of them late."""

from typing import Any

from demo.inventory.sheet import Sheet

_OFFICE = {"weekly": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "08:00", "to": "18:00"}]}


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
            {"reference": "ASC-2026", "asset": lift, "priority": "urgent", "fault": "Cabine arrêtée entre deux niveaux, vide",
             "ago": 90, "moves": {"accept": 10}},
            {"reference": "ECL-2026", "asset": lamp, "priority": "urgent", "fault": "Trappe de visite ouverte au pied du mât",
             "ago": 20, "moves": {"accept": 5}},
        ],
    }  # fmt: skip
