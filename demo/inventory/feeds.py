"""The supervisors of the pretend city and how each reaches the control room."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

SUPERVISORS = {
    "power": "Supervision électrique",
    "network": "Exploitation réseau",
    "lighting": "Télégestion éclairage",
    "tunnel": "GTC tunnels",
    "building": "GTB bâtiments",
    "transport": "Ascenseurs et escaliers mécaniques",
    "video": "Vidéoprotection",
    "access": "Contrôle d'accès",
    "safety": "Sécurité incendie",
    "hydrology": "Surveillance des crues",
    "environment": "Météo et qualité de l'air",
    "energy": "Télérelève des compteurs",
    "charging": "Supervision IRVE",
    "mobility": "Régulation du trafic et stationnement",
    "services": "Propreté et espaces verts",
}

NGSI_TYPES = {
    "weather_station": "WeatherObserved",
    "rain_gauge": "RainObserved",
    "air_quality_station": "AirQualityObserved",
    "noise_monitor": "NoiseLevelObserved",
}
NGSI_ATTRIBUTES = {
    "temperature": "temperature",
    "humidity": "humidity",
    "wind_speed": "windSpeed",
    "wind_gust": "gustSpeed",
    "pressure": "atmosphericPressure",
    "rain_rate": "precipitation",
    "pm10": "pm10",
    "pm2_5": "pm25",
    "no2": "no2",
    "o3": "o3",
    "laeq": "LAeq",
}


@dataclass(frozen=True)
class Feed:
    """One feed of feeds.json. `address` may hold {city}, the base URL of the pretend supervisors."""

    slug: str
    name: str
    supervisor: str
    protocol: Literal["push", "pull", "mqtt", "ngsi-ld"]
    address: str = ""
    mapping: dict[str, object] = field(default_factory=dict)
    expected_interval: int = 60


FEEDS = (
    Feed(
        "lighting",
        "Éclairage public (MQTT)",
        "lighting",
        "mqtt",
        "lighting/+/readings",
        {"items": "", "address": "{address}", "value": "value", "at": "at"},
    ),
    Feed("power", "Postes et armoires électriques", "power", "push", expected_interval=30),
    Feed("network", "Commutateurs", "network", "push"),
    Feed("tunnel", "Équipements des tunnels", "tunnel", "push", expected_interval=30),
    Feed(
        "building",
        "Traitement d'air",
        "building",
        "pull",
        "{city}/building/units?size=100",
        {
            "items": "data",
            "address": "{id}/{quantity}",
            "values": {"fan_state": "status", "temperature": "supply_temp"},
            "at": "updated_at",
            "quality": {"field": "data", "map": {"fresh": "good", "old": "uncertain"}},
            "next": "links.next",
        },
        120,
    ),
    Feed(
        "transport",
        "Ascenseurs, escaliers mécaniques, trottoirs",
        "transport",
        "pull",
        "{city}/transport/equipment?size=250",
        {
            "items": "result.rows",
            "address": "{id}/{quantity}",
            "values": {"run_state": "status", "speed": "speed", "temperature": "machine_temp"},
            "at": "timestamp",
            "next": "result.next",
        },
        30,
    ),
    Feed(
        "hydrology",
        "Hauteurs d'eau (Hub'Eau)",
        "hydrology",
        "pull",
        "{city}/api/v2/hydrometrie/observations_tr?grandeur_hydro=H&size=40",
        {
            "items": "data",
            "address": "{code_station}:{grandeur_hydro}",
            "value": "resultat_obs",
            "at": "date_obs",
            "scale": 0.001,
            "quality": {"field": "code_qualification_obs", "map": {"20": "good", "16": "good", "12": "uncertain", "8": "bad"}},
            "next": "next",
        },
    ),
    Feed(
        "energy",
        "Compteurs électricité, eau, chaleur",
        "energy",
        "pull",
        "{city}/energy/values?size=1000",
        {"items": "values", "address": "{meter}/{quantity}", "value": "value", "at": "at", "next": "next"},
        60,
    ),
    Feed("access", "Barrières, bornes, portes, intrusion", "access", "push"),
    Feed("video", "Caméras et lecture de plaques", "video", "push"),
    Feed("safety", "Centrales incendie, défibrillateurs, poteaux", "safety", "push", expected_interval=30),
    Feed("environment", "Météo, air, bruit (NGSI-LD)", "environment", "ngsi-ld"),
    Feed("charging", "Bornes de recharge", "charging", "push", expected_interval=120),
    Feed("mobility", "Feux, panneaux, parcs, vélos", "mobility", "push"),
    Feed("services", "Conteneurs, fontaines, arrosage", "services", "push", expected_interval=120),
)


def token(slug: str) -> str:
    """The feed's demo token: fixed, so that the city and the product agree without talking."""
    return "demo-" + hashlib.sha256(f"vigie demo {slug}".encode()).hexdigest()[:32]


def address(feed: str, kind: str, code: str, station: str, quantity: str) -> str:
    """How the supervisor names a point."""
    if feed == "hydrology":
        return f"{station}:H"
    if feed == "environment":
        return f"urn:ngsi-ld:{NGSI_TYPES[kind]}:{code}/{NGSI_ATTRIBUTES[quantity]}"
    return f"{code}/{quantity}"


def document() -> list[dict[str, object]]:
    """The content of feeds.json."""
    return [
        {
            "slug": feed.slug,
            "name": feed.name,
            "supervisor": feed.supervisor,
            "protocol": feed.protocol,
            "address": feed.address,
            "mapping": feed.mapping,
            "expected_interval": feed.expected_interval,
            "token": token(feed.slug),
        }
        for feed in FEEDS
    ]
