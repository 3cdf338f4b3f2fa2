"""The rules of the demo site that see more than one value: slopes, trends, habits, crowds, silences, what did not follow."""

from demo.inventory.wording import Rule, written

RIVER = {"kinds": ["flood_gauge"], "quantity": "water_level"}
STAIRS = {"kinds": ["escalator", "moving_walkway"]}
LAMPS = {"kinds": ["lamp"], "quantity": "lamp_state"}


def rules() -> list[Rule]:
    return [*_silences(), *_river(), *_machines(), *_access()]


def _silences() -> list[Rule]:
    return [
        written(
            "feed-silent", "Superviseur muet", "Silent supervisor",
            {"kind": "silence", "scope": {}, "of": "feed", "severity": "high", "factor": 3, "minimum": 90},
            ("Plus aucune donnée du flux {feed} depuis {duration}", "No data from feed {feed} for {duration}"),
            ("Joindre l'exploitant du superviseur.", "Call whoever runs the supervisor."),
        ),
        written(
            "gauge-silent", "Équipement muet", "Silent asset",
            {
                "kind": "silence", "of": "asset", "severity": "low", "factor": 5, "minimum": 300,
                "scope": {"kinds": ["flood_gauge", "substation", "fire_panel", "tunnel_air_monitor"]},
            },
            ("{asset} ne répond plus depuis {duration}", "{asset} has not answered for {duration}"),
            ("Prévenir l'astreinte technique.", "Call the technician on duty."),
        ),
    ]  # fmt: skip


def _river() -> list[Rule]:
    return [
        written(
            "river-rising", "Montée rapide", "Fast rise",
            {
                "kind": "rate", "scope": RIVER, "window": 600, "direction": "above", "deadband": 0.5, "off_delay": 300,
                "limits": [{"severity": "medium", "limit": 1.5}, {"severity": "high", "limit": 6.0}], "cause": False,
            },
            None,
            ("Prévenir les équipes des berges.", "Warn the crews on the quays."),
        ),
        written(
            "river-forecast", "Niveau d'alarme attendu", "Alarm level expected",
            {
                "kind": "forecast", "scope": RIVER, "window": 300, "within": 600, "direction": "above", "deadband": 0.1,
                "off_delay": 600, "limits": [{"severity": "high", "limit": {"point": "alarm"}}], "cause": False,
            },
            None,
            ("Préparer la fermeture des parkings bas.", "Prepare to close the low car parks."),
        ),
    ]  # fmt: skip


def _machines() -> list[Rule]:
    return [
        written(
            "escalator-slipping", "Marches immobiles", "Steps that do not move",
            {
                "kind": "condition", "scope": STAIRS, "severity": "high", "on_delay": 60, "off_delay": 30,
                "when": {"all": [
                    {"quantity": "run_state", "in": [1], "label": {"fr": "annoncé en service", "en": "said to run"}},
                    {"quantity": "speed", "below": 0.1},
                ]},
            },
            None,
            ("Arrêter l'appareil, appeler l'ascensoriste.", "Stop it, call the contractor."),
        ),
        written(
            "lamps-dark", "Rue dans le noir", "Dark street",
            {
                "kind": "count", "scope": LAMPS, "of": {"quantity": "lamp_state", "in": [2, 3]}, "by": "parent", "within": 600,
                "limits": [{"severity": "medium", "at_least": 4}], "cause": False,
            },
            None,
            ("Vérifier le départ de l'armoire.", "Check the cabinet's outgoing line."),
        ),
        written(
            "energy-unusual", "Consommation inhabituelle", "Unusual consumption",
            {
                "kind": "anomaly", "scope": {"kinds": ["energy_meter"], "quantity": "power"}, "direction": "above", "floor": 2.0,
                "minimum_history": 3, "deadband": 1.0, "on_delay": 60, "off_delay": 600,
                # A calm week stays below 8; a building that draws all it may is beyond 23 at any hour.
                "limits": [{"severity": "low", "limit": 12}, {"severity": "medium", "limit": 20}],
            },
            None,
            ("Demander à l'exploitant du bâtiment.", "Ask the building's operator."),
        ),
    ]  # fmt: skip


def _access() -> list[Rule]:
    refused = {"fr": "badge refusé", "en": "badge refused"}
    return [
        written(
            "door-after-refusal", "Porte forcée après un refus", "Door forced after a refusal",
            {
                "kind": "sequence", "scope": {"kinds": ["door"]}, "by": "asset", "within": 120, "hold": 900,
                "severity": "critical", "first": {"event": "badge_read", "attributes": {"granted": False}, "label": refused},
                "then": {"quantity": "door_state", "in": [2], "label": {"fr": "porte forcée", "en": "door forced"}},
            },
            None,
            ("Envoyer un agent, garder l'enregistrement.", "Send a guard, keep the recording."),
        ),
        written(
            "call-unanswered", "Appel sans réponse", "Unanswered call",
            {
                "kind": "missing", "scope": {"kinds": ["intercom"]}, "by": "asset", "within": 120, "hold": 1800,
                "severity": "medium",
                "first": {"event": "call_button", "label": {"fr": "bouton d'appel", "en": "call button"}},
                "then": {"event": "call_answered", "label": {"fr": "réponse", "en": "answer"}},
            },
            None,
            ("Rappeler la borne, regarder sa caméra.", "Call back, look at its camera."),
        ),
    ]  # fmt: skip
