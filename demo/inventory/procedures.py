"""Procedures of the pretend city: the ready-made ones of a district, and its own flood, which closes the gates by a scenario."""

from typing import Any


def _two(fr: str, en: str) -> dict[str, str]:
    return {"fr": fr, "en": en}


def document() -> dict[str, Any]:
    """What stand.json says of procedures."""
    return {"pack": "district", "own": [{"slug": "crue", "definition": FLOOD}]}


FLOOD: dict[str, Any] = {
    "kind": "flow",
    "name": _two("Crue", "Flood"),
    "purpose": _two(
        "Mettre à l’abri les personnes et les véhicules avant que l’eau n’arrive, et prévenir qui décide.",
        "Bring people and vehicles to safety before the water comes, and warn whoever decides.",
    ),
    "attached_to": {"rules": ["flood-level", "river-rising", "river-forecast"]},
    "source": "Vigicrues, niveaux de vigilance ; ville de démonstration",
    "steps": [
        {
            "id": "level", "type": "form", "next": "low", "timeout": 300,
            "title": _two("Relever la cote et la tendance", "Note level and trend"),
            "fields": [{"id": "level", "label": _two("Cote", "Level"), "kind": "number", "unit": "m"}],
        },
        {
            "id": "low", "type": "question", "timeout": 300,
            "title": _two("L’eau peut-elle atteindre la dalle ?", "Can the water reach the slab?"),
            "choices": [
                {"value": "yes", "label": _two("Oui", "Yes"), "next": "close"},
                {"value": "no", "label": _two("Non", "No"), "next": "warn"},
            ],
        },
        {
            "id": "close", "type": "scenario", "scenario": "fermer-les-acces", "timeout": 600,
            "next": "warn", "on_failure": "warn",
            "title": _two("Fermer les accès de la dalle", "Close the gates of the slab"),
        },
        {
            "id": "warn", "type": "call", "number": "04 00 00 00 01", "timeout": 600, "next": "shelter",
            "title": _two("Appeler l’astreinte", "Call the on-call staff"),
            "text": _two("Dire : cote, tendance, accès fermés.", "Say: level, trend, closed gates."),
        },
        {
            "id": "shelter", "type": "ask_entity", "entities": ["mairie"], "mandatory": False, "timeout": 600,
            "next": "chief", "on_failure": "chief", "on_timeout": "fail",
            "title": _two("Demander un lieu d’accueil à la mairie", "Ask the town hall for a shelter"),
            "question": _two(
                "Crue : ouvrez-vous le gymnase pour accueillir les habitants de la dalle ?",
                "Flood: do you open the sports hall for the residents of the slab?",
            ),
            "choices": [
                {"value": "open", "label": _two("Oui, le gymnase ouvre", "Yes, the sports hall opens")},
                {"value": "not-now", "label": _two("Pas pour le moment", "Not for now")},
            ],
        },
        {
            "id": "chief", "type": "notify", "to": "supervisor", "next": "watch",
            "title": _two("Prévenir le chef de quart", "Tell the shift supervisor"),
            "message": _two("crue en cours, accès et astreinte traités", "flood under way, gates and on-call staff dealt with"),
        },
        {
            "id": "watch", "type": "wait_state", "next": "reopen",
            "title": _two("Attendre la décrue", "Wait for the water to fall"),
        },
        {
            "id": "reopen", "type": "manual",
            "title": _two("Faire contrôler puis rouvrir", "Have the places checked and reopened"),
        },
    ],
}  # fmt: skip
