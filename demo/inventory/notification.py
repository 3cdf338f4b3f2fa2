"""Who is told of the pretend city's alarms: a rota, a policy of two steps, and phones that are none (numbers for fiction)."""

from typing import Any


def document() -> dict[str, Any]:
    """The member `notification` of stand.json. What leaves goes to the city's own pretend SMS provider."""
    return {
        "sms": {
            "protocol": "http", "url": "{city}/sms", "body": {"to": "{to}", "text": "{text}"}, "id": "id",
            "allow_private_address": True,
        },
        "phones": {"operateur": "+33639980101", "chef": "+33639980102"},
        "rota": {
            "name": "Astreinte technique",
            "layers": [{"people": ["operateur", "chef"], "starts": "2026-01-05T08:00:00"}],
        },
        "policy": {
            "name": "Alarmes critiques", "repeat": 1,
            "steps": [
                {"targets": [{"rota": "astreinte-technique"}], "delay_minutes": 2},
                {"targets": [{"person": "operateur"}, {"person": "chef"}], "delay_minutes": 5},
            ],
        },
        "rule": {"name": "Alarmes critiques", "severities": ["critical"]},
    }  # fmt: skip
