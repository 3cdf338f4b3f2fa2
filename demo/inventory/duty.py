"""Who works in the pretend control room and with it: positions, their rota, instructions, a hand-over, and other rooms."""

from typing import Any

_DAY = {"begins": "06:00:00", "ends": "18:00:00"}
_NIGHT = {"begins": "18:00:00", "ends": "06:00:00"}


def document() -> dict[str, Any]:
    """The member `duty` of stand.json. People are the demo's accounts; a turn is every day's."""
    return {
        "positions": [
            {
                "slug": "chef-de-quart", "name": {"fr": "Chef de quart", "en": "Shift supervisor"}, "holder": "chef",
                "turns": [_DAY | {"who": "chef"}, _NIGHT | {"who": "admin"}],
            },
            {
                "slug": "operateur-1", "name": {"fr": "Opérateur 1", "en": "Operator 1"}, "holder": "operateur",
                "turns": [_DAY | {"who": "operateur"}, _NIGHT | {"who": ""}],
            },
        ],
        "entities": [
            {"slug": "mairie", "name": {"fr": "Mairie", "en": "Town hall"}, "contact": "04 00 00 00 10", "members": ["auditeur"]},
            {"slug": "pc-securite", "name": {"fr": "PC sécurité", "en": "Security"}, "contact": "04 00 00 00 11", "members": []},
        ],
        "instructions": [
            {"text": "Marché sur la dalle : bornes nord abaissées de 5 h à 14 h, laisser passer.", "must_read": True},
            {"text": "Chantier rue Delarivière : les alarmes de vibration de ce secteur sont attendues.", "must_read": False},
        ],
        "handover": {
            "position": "chef-de-quart", "by": "admin", "accepted_by": "chef",
            "note": "Nuit calme. Escalator 3 remis en route à 4 h, à surveiller.",
        },
    }  # fmt: skip
