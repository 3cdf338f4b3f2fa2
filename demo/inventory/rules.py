"""The rules the demo site starts with, of one point each; messages in French first."""

from typing import Any

from demo.inventory import patterns
from demo.inventory.wording import Rule, at_stake, written

_rule = written


def _threshold(
    kinds: list[str],
    quantity: str,
    limits: list[tuple[str, float | str]],
    deadband: float,
    on: int,
    off: int,
    below: bool = False,
) -> dict[str, Any]:
    return {
        "kind": "threshold",
        "scope": {"kinds": kinds, "quantity": quantity},
        "direction": "below" if below else "above",
        "limits": [{"severity": rank, "limit": {"point": limit} if isinstance(limit, str) else limit} for rank, limit in limits],
        "deadband": deadband,
        "on_delay": on,
        "off_delay": off,
    }


def _state(kinds: list[str], quantity: str, values: dict[str, list[int]], on: int = 0, off: int = 0) -> dict[str, Any]:
    return {
        "kind": "state",
        "scope": {"kinds": kinds, "quantity": quantity},
        "values": [{"severity": severity, "in": codes} for severity, codes in values.items()],
        "on_delay": on,
        "off_delay": off,
    }


ABOVE = ("{quantity} {value} > {limit} depuis {duration} — {asset}", "{quantity} {value} > {limit} for {duration} — {asset}")
BELOW = ("{quantity} {value} < {limit} depuis {duration} — {asset}", "{quantity} {value} < {limit} for {duration} — {asset}")
STATE = ("{asset} : {state}", "{asset}: {state}")
CAMERAS = ("Regarder les caméras voisines, prévenir le PC sécurité.", "Look at the nearby cameras, tell security.")
TEAM = ("Prévenir l'astreinte technique.", "Call the technician on duty.")


def document() -> list[Rule]:
    """The content of rules.json."""
    groups = (
        _water_and_weather, _ventilation, _substations, _cabinets, _lines, _transport, _intrusions, _gates, _streets,
    )  # fmt: skip
    return [at_stake(rule) for rule in (*(rule for group in groups for rule in group()), *patterns.rules())]


def _water_and_weather() -> list[Rule]:
    return [
        _rule(
            "flood-level",
            "Crue",
            "Flood",
            _threshold(
                ["flood_gauge"], "water_level", [("medium", "watch"), ("high", "alarm"), ("critical", "critical")], 0.05, 120, 300
            ),
            ABOVE,
            ("Ouvrir la fiche réflexe « Crue » ; fermer les parkings bas.", "Open the flood procedure; close the low car parks."),
        ),
        _rule(
            "pump-fault",
            "Pompe en défaut",
            "Pump fault",
            _state(["pump"], "pump_state", {"high": [2, 3]}, 60, 60),
            STATE,
            ("Vérifier le niveau du bassin, envoyer l'astreinte.", "Check the sump level, send the technician."),
        ),
        _rule(
            "fountain-fault",
            "Fontaine en défaut",
            "Fountain fault",
            _state(["fountain"], "pump_state", {"low": [2]}, 300, 60),
            STATE,
        ),
        _rule(
            "valve-leak",
            "Fuite d'arrosage",
            "Irrigation leak",
            _state(["irrigation_valve"], "valve_state", {"low": [2]}, 300, 60),
            STATE,
        ),
        _rule(
            "strong-wind",
            "Vent fort",
            "Strong wind",
            _threshold(["weather_station"], "wind_gust", [("medium", 17.0), ("high", 22.0)], 1.5, 60, 600, False),
            ABOVE,
            ("Replier les terrasses, fermer le belvédère.", "Fold the terraces, close the lookout."),
        ),
        _rule(
            "heavy-rain",
            "Pluie intense",
            "Heavy rain",
            _threshold(["rain_gauge"], "rain_rate", [("medium", 15.0), ("high", 30.0)], 3.0, 60, 600),
            ABOVE,
        ),
        _rule(
            "air-no2",
            "Dioxyde d'azote élevé",
            "High nitrogen dioxide",
            _threshold(["air_quality_station"], "no2", [("low", 120.0), ("medium", 200.0)], 10.0, 600, 900),
            ABOVE,
        ),
    ]


def _ventilation() -> list[Rule]:
    return [
        _rule(
            "tunnel-co",
            "CO en tunnel",
            "Tunnel carbon monoxide",
            _threshold(["tunnel_air_monitor"], "co", [("high", 60.0), ("critical", 110.0)], 5.0, 30, 120),
            ABOVE,
            ("Lancer la ventilation, regarder les caméras du tunnel.", "Start the fans, look at the tunnel cameras."),
        ),
        _rule(
            "fan-vibration",
            "Vibration d'accélérateur",
            "Jet fan vibration",
            _threshold(["jet_fan"], "vibration", [("medium", 7.1), ("high", 11.0)], 0.5, 120, 120),
            ABOVE,
            TEAM,
        ),
        _rule(
            "fan-fault",
            "Accélérateur en défaut",
            "Jet fan fault",
            _state(["jet_fan"], "fan_state", {"high": [2]}, 30, 60),
            STATE,
            TEAM,
        ),
        _rule(
            "ventilation-fault",
            "Traitement d'air en défaut",
            "Ventilation fault",
            _state(["ventilation_unit"], "fan_state", {"medium": [2], "low": [3]}, 120, 120),
            STATE,
        ),
    ]


def _substations() -> list[Rule]:
    return [
        _rule(
            "substation-trip",
            "Poste déclenché",
            "Substation tripped",
            _state(["substation"], "breaker_state", {"critical": [2], "medium": [0]}),
            STATE,
            ("Appeler le gestionnaire de réseau ; vérifier les onduleurs.", "Call the grid operator; check the UPS."),
        ),
        _rule(
            "substation-hot",
            "Transformateur chaud",
            "Hot transformer",
            {**_threshold(["substation"], "temperature", [("medium", 85.0), ("high", 100.0)], 3.0, 300, 300), "cause": False},
            ABOVE,
            TEAM,
        ),
    ]


def _cabinets() -> list[Rule]:
    return [
        _rule(
            "cabinet-dead",
            "Armoire électrique hors tension",
            "Cabinet dead",
            {**_state(["lighting_cabinet", "electrical_cabinet"], "supply_state", {"high": [0, 2]}, 60, 60), "cause": True},
            STATE,
            ("Réarmer à distance une fois, puis envoyer une équipe.", "Reset once remotely, then send a crew."),
        ),
        _rule(
            "cabinet-door",
            "Porte d'armoire ouverte",
            "Cabinet door open",
            _state(["lighting_cabinet"], "door_state", {"medium": [1]}, 300, 30),
            STATE,
            (
                "Chercher un bon de travail ; sinon regarder la caméra la plus proche.",
                "Look for a work order; else the nearest camera.",
            ),
        ),
        _rule(
            "cabinet-voltage",
            "Tension basse",
            "Low voltage",
            _threshold(["lighting_cabinet"], "voltage", [("medium", 207.0), ("high", 195.0)], 3.0, 120, 120, below=True),
            BELOW,
            TEAM,
        ),
        _rule(
            "ups-battery",
            "Onduleur sur batterie",
            "UPS on battery",
            _state(["ups"], "ups_state", {"high": [1], "critical": [2, 3]}, 30, 60),
            STATE,
            TEAM,
        ),
    ]


def _lines() -> list[Rule]:
    return [
        _rule(
            "lamp-failure",
            "Candélabre en défaut",
            "Street lamp failure",
            _state(["lamp"], "lamp_state", {"low": [2, 3]}, 300, 30),
            STATE,
        ),
        _rule(
            "power-subscribed",
            "Puissance souscrite dépassée",
            "Subscribed power exceeded",
            _threshold(["energy_meter"], "power", [("low", "subscribed")], 2.0, 600, 600),
            ABOVE,
        ),
        _rule(
            "switch-down",
            "Commutateur injoignable",
            "Switch down",
            _state(["network_switch"], "link_state", {"high": [0], "low": [2]}, 60, 60),
            STATE,
            TEAM,
        ),
    ]


def _transport() -> list[Rule]:
    return [
        _rule(
            "escalator-stopped",
            "Escalier mécanique à l'arrêt",
            "Escalator stopped",
            _state(["escalator", "moving_walkway"], "run_state", {"high": [2], "medium": [3]}, 30, 30),
            STATE,
            (
                "Lever le doute à la caméra, puis réarmer ou envoyer l'ascensoriste.",
                "Check by camera, then reset or send the contractor.",
            ),
        ),
        _rule(
            "lift-fault",
            "Ascenseur en défaut",
            "Lift fault",
            _state(["lift"], "run_state", {"critical": [2], "medium": [3]}, 30, 30),
            STATE,
            ("Personne bloquée : appeler la cabine, puis l'ascensoriste.", "Person trapped: call the car, then the contractor."),
        ),
        _rule(
            "lift-hot",
            "Machinerie d'ascenseur chaude",
            "Hot lift machine room",
            _threshold(["lift"], "temperature", [("medium", 42.0), ("high", 50.0)], 2.0, 300, 300),
            ABOVE,
            TEAM,
        ),
    ]


def _intrusions() -> list[Rule]:
    return [
        _rule(
            "door-forced",
            "Porte forcée",
            "Door forced",
            _state(["door"], "door_state", {"high": [2], "low": [3]}, 0, 10),
            STATE,
            CAMERAS,
        ),
        _rule(
            "intrusion",
            "Intrusion",
            "Intrusion",
            _state(["intrusion_zone"], "zone_state", {"critical": [2], "high": [3]}),
            STATE,
            CAMERAS,
        ),
        _rule(
            "fire",
            "Alarme feu",
            "Fire",
            _state(["fire_panel"], "panel_state", {"critical": [2, 3], "low": [1]}, 0, 30),
            STATE,
            (
                "Lever le doute, appeler le 18, ouvrir la fiche réflexe « Feu ».",
                "Verify, call the fire brigade, open the fire procedure.",
            ),
        ),
    ]


def _gates() -> list[Rule]:
    return [
        _rule(
            "camera-lost",
            "Caméra perdue",
            "Camera lost",
            _state(["camera", "anpr_camera"], "camera_state", {"medium": [0, 2], "high": [3]}, 60, 60),
            STATE,
            TEAM,
        ),
        _rule(
            "barrier-fault",
            "Barrière en défaut",
            "Barrier fault",
            _state(["barrier"], "barrier_state", {"medium": [2], "high": [3]}, 30, 30),
            STATE,
            CAMERAS,
        ),
        _rule(
            "bollard-fault",
            "Borne bloquée",
            "Bollard blocked",
            _state(["bollard"], "bollard_state", {"medium": [2]}, 60, 30),
            STATE,
        ),
        _rule(
            "defibrillator",
            "Défibrillateur",
            "Defibrillator",
            _state(["defibrillator"], "unit_state", {"high": [1], "low": [2, 3]}, 0, 30),
            STATE,
            (
                "Boîtier ouvert : appeler le 15, envoyer un agent. Pile ou contrôle : prévenir la maintenance.",
                "Case open: call an ambulance, send a guard. Battery or check: tell maintenance.",
            ),
        ),
    ]


def _streets() -> list[Rule]:
    return [
        _rule(
            "traffic-light",
            "Feux en défaut",
            "Traffic lights at fault",
            _state(["traffic_light"], "light_state", {"high": [3, 0], "medium": [2]}, 60, 60),
            STATE,
            TEAM,
        ),
        _rule(
            "sign-fault",
            "Panneau en défaut",
            "Sign fault",
            _state(["variable_message_sign"], "sign_state", {"low": [2, 3]}, 120, 60),
            STATE,
        ),
        _rule(
            "charger-fault",
            "Borne de recharge en défaut",
            "Charger fault",
            _state(["ev_charger"], "charger_state", {"low": [2]}, 120, 60),
            STATE,
        ),
        _rule(
            "bin-full",
            "Conteneur plein",
            "Container full",
            _threshold(["waste_container"], "fill_level", [("low", 92.0)], 8.0, 0, 0),
            ABOVE,
            ("Ajouter à la tournée du matin.", "Add to the morning round."),
        ),
        _rule(
            "car-park-full",
            "Parc complet",
            "Car park full",
            _threshold(["parking"], "free_spaces", [("low", "full")], 4.0, 300, 300, below=True),
            BELOW,
        ),
    ]
