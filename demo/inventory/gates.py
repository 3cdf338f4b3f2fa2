"""The gates of the pretend city: at which barriers plates are read, and what the demo stand sets up for them."""

import hashlib
from typing import Any

from demo.inventory import duty, notification, procedures, works
from demo.inventory.feeds import token
from demo.inventory.sheet import Row, Sheet

ENTRIES = 3
"""Of them the last one is automatic; there is one way out, automatic too."""
STATEMENT = (
    "Vérifier que les véhicules de chantier, de livraison et de maintenance sont autorisés à entrer sur la dalle, et leur ouvrir "
    "la barrière. Aucune autre utilisation."
)
ANSWER = {
    "statuses": [202], "field": "state", "accepted": ["queued", "done"], "refused": ["denied"], "id": "id", "message": "why",
}  # fmt: skip
BODY = {"asset": "{asset}", "do": "{type}", "key": "{key}"}
ENDING = {"until": "{until}"}
STANDING: dict[str, dict[str, Any]] = {
    "switch-on": {"body": BODY | ENDING}, "switch-off": {"body": BODY | ENDING},
    "set-level": {"body": BODY | ENDING | {"with": {"level": "{parameter.level}"}}},
}  # fmt: skip
COMMANDED = ("access", "transport", "tunnel", "building")
"""Supervisors that take orders over HTTP; the lighting takes them over MQTT."""
RULES: list[dict[str, Any]] = [
    {"slug": "barrier-forced", "scope": {"attributes": {"commanded": "vigie"}}},
    {"slug": "barrier-left-open", "scope": {"attributes": {"commanded": "vigie"}}},
    *({"slug": slug} for slug in (
        "gate-tailgating", "gate-wrong-way", "gate-refused-again", "gate-overstayed", "gate-not-obeyed", "command-failed",
        "command-refused", "override-overdue", "handover-not-accepted",
        "work-order-late", "work-order-refused", "position-vacant", "critical-unattended",
        "canary-late", "escalation-unanswered", "nobody-on-call", "nobody-reachable", "message-failed",
        "question-unanswered", "siren-unreachable",
    )),
    {"slug": "gate-reader-blind", "scope": {"attributes": {"commanded": "vigie"}}},
    {"slug": "command-not-confirmed", "scope": {"kinds": [
        "bollard", "door", "escalator", "jet_fan", "lamp", "lighting_cabinet", "moving_walkway", "pump", "ventilation_unit",
    ]}},
]  # fmt: skip
"""Rules of the pack that the stand runs, each where this city means it."""


def choose(sheet: Sheet) -> list[Row]:
    """The barriers that are gates, entries first; marked as commanded by Vigie alone."""
    barriers = sheet.of["barrier"]
    read = {reader.attributes.get("barrier") for reader in sheet.of["anpr_camera"]}
    entries = [row for row in barriers if row.attributes["direction"] == "entrée" and row.code in read][:ENTRIES]
    chosen = (entries or barriers[:1]) + [row for row in barriers if row.attributes["direction"] == "sortie"][:1]
    for row in chosen:
        row.attributes["commanded"] = "vigie"
    return chosen


def document(sheet: Sheet, chosen: list[Row]) -> dict[str, Any]:
    """The content of stand.json."""
    cameras = {reader.attributes.get("barrier"): reader.code for reader in sheet.of["anpr_camera"]}
    return {
        "connectors": [*(_over_http(slug) for slug in COMMANDED), _over_http("lighting") | {"over_mqtt": _over_mqtt()}],
        "purpose": {
            "use": "deliveries", "basis": "public_task", "statement": STATEMENT, "assessment": "AIPD 2026-04 (démonstration)",
            "contact": "dpo@ville.example", "clear_hours": 24, "history_days": 30,
        },
        "gates": [_gate(number, row, cameras.get(row.code, ""), len(chosen)) for number, row in enumerate(chosen, 1)],
        "permit_source": {
            "slug": "acces-demo", "name": "Gestion des accès", "address": "{city}/access/permits", "interval": 300,
        },
        "rules": RULES,
        "scenarios": _scenarios(sheet, chosen),
        "duty": duty.document(),
        "notification": notification.document(),
        "works": works.document(sheet), "commitments": works.commitments(),
        "procedures": procedures.document(),
    }  # fmt: skip


def reader_token(slug: str) -> str:
    """The reader's demo token: fixed, as those of feeds are."""
    return "demo-" + hashlib.sha256(f"vigie demo reader {slug}".encode()).hexdigest()[:32]


def _gate(number: int, row: Row, camera: str, of: int) -> dict[str, Any]:
    out = row.attributes["direction"] == "sortie"
    automatic = out or (number == ENTRIES and of >= ENTRIES)
    slug = "sortie" if out else f"entree-{number}"
    return {
        "slug": slug, "name": row.name.replace("Barrière", "Accès"), "asset": row.code, "area": "dalle",
        "direction": "out" if out else "in", "policy": "automatic" if automatic else "assisted", "threshold": 0.9,
        "reader": {"slug": f"lapi-{slug}", "name": f"LAPI {slug}", "camera": camera, "token": reader_token(slug)},
    }  # fmt: skip


def _over_http(supervisor: str) -> dict[str, Any]:
    mapping: dict[str, Any] = {"protocol": "http", "path": "/orders", "body": BODY, "answer": ANSWER, "timeout": 5.0,
                               "headers": {"authorization": f"Token {token(supervisor)}"}}  # fmt: skip
    types = {"types": STANDING} if supervisor == "lighting" else {}
    return {"supervisor": supervisor, "address": f"{{city}}/{supervisor}", "mapping": mapping | types}


def _over_mqtt() -> dict[str, Any]:
    return {
        "protocol": "mqtt", "topic": "lighting/{asset}/orders", "answer_topic": "lighting/{asset}/answers", "correlation": "key",
        "body": BODY, "answer": {name: value for name, value in ANSWER.items() if name != "statuses"}, "timeout": 5.0,
        "types": STANDING,
    }  # fmt: skip


def _scenarios(sheet: Sheet, chosen: list[Row]) -> list[dict[str, Any]]:
    """Ordered commands to try: all gates closed, and some lamps at full light."""
    entries = [row.code for row in chosen]
    escalators = [row.code for row in sheet.of["escalator"][:3]]
    return [
        {"slug": "fermer-les-acces", "name": {"fr": "Fermer les accès", "en": "Close the gates"},
         "steps": [{"target": {"assets": entries}, "type": "close"}]},
        {"slug": "arreter-les-escaliers", "name": {"fr": "Arrêter les escaliers", "en": "Stop the escalators"},
         "steps": [{"target": {"assets": escalators}, "type": "stop"}]},
    ]  # fmt: skip
