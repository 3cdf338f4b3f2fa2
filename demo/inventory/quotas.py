"""How many of each kind a city of a given size has, and how many of them measure something."""

from collections.abc import Iterator
from dataclasses import dataclass

FULL = 75_000
FULL_POINTS = 14_000
FILLER = "fire_detector"
"""The kind whose number makes the total exact."""


@dataclass(frozen=True)
class Quota:
    """At full size: assets of the kind, those of them that are measured, prefix of their codes, who speaks for them."""

    assets: int
    measured: int
    prefix: str
    supervisor: str


QUOTAS = {
    "substation": Quota(64, 64, "POSTE", "power"),
    "electrical_cabinet": Quota(640, 640, "AE", "power"),
    "ups": Quota(130, 130, "OND", "power"),
    "network_switch": Quota(520, 400, "SW", "network"),
    "lighting_cabinet": Quota(280, 280, "ARM", "lighting"),
    "lamp": Quota(8600, 0, "LMP", "lighting"),
    "emergency_light": Quota(9500, 0, "BAES", "lighting"),
    "jet_fan": Quota(120, 120, "ACC", "tunnel"),
    "tunnel_air_monitor": Quota(36, 36, "OPA", "tunnel"),
    "pump": Quota(96, 96, "PMP", "tunnel"),
    "ventilation_unit": Quota(620, 400, "CTA", "building"),
    "escalator": Quota(430, 430, "ESC", "transport"),
    "lift": Quota(640, 460, "ASC", "transport"),
    "moving_walkway": Quota(36, 36, "TRO", "transport"),
    "camera": Quota(320, 320, "CAM", "video"),
    "parking": Quota(84, 84, "PK", "mobility"),
    "barrier": Quota(190, 190, "BAR", "access"),
    "anpr_camera": Quota(72, 72, "LAPI", "video"),
    "bollard": Quota(260, 260, "BRN", "access"),
    "door": Quota(7800, 500, "PRT", "access"),
    "intercom": Quota(640, 0, "INT", "access"),
    "intrusion_zone": Quota(520, 400, "ZI", "access"),
    "fire_panel": Quota(190, 190, "SSI", "safety"),
    "fire_hydrant": Quota(420, 120, "PI", "safety"),
    "defibrillator": Quota(170, 170, "DAE", "safety"),
    "loudspeaker": Quota(1900, 0, "HP", "safety"),
    "flood_gauge": Quota(48, 48, "LIM", "hydrology"),
    "rain_gauge": Quota(14, 14, "PLU", "environment"),
    "weather_station": Quota(8, 8, "MET", "environment"),
    "air_quality_station": Quota(32, 32, "AIR", "environment"),
    "noise_monitor": Quota(30, 30, "SON", "environment"),
    "energy_meter": Quota(900, 500, "CPE", "energy"),
    "water_meter": Quota(620, 400, "CPO", "energy"),
    "heat_meter": Quota(260, 180, "CPC", "energy"),
    "ev_charger": Quota(460, 240, "IRVE", "charging"),
    "parking_bay": Quota(7200, 0, "PLC", "mobility"),
    "variable_message_sign": Quota(64, 64, "PMV", "mobility"),
    "traffic_light": Quota(150, 150, "FEU", "mobility"),
    "bike_counter": Quota(18, 18, "VELO", "mobility"),
    "waste_container": Quota(900, 500, "BAC", "services"),
    "fountain": Quota(14, 14, "FON", "services"),
    "irrigation_valve": Quota(240, 240, "VAN", "services"),
    "wifi_access_point": Quota(1100, 0, "WIFI", "network"),
    "fire_detector": Quota(0, 0, "DI", "safety"),
}

UNMEASURED = {("lamp", "power"), ("electrical_cabinet", "temperature")}
"""Points that the catalogue allows and this city does not have."""
DIMMED = 4
"""One lamp in so many can be dimmed, and says its level."""


class TooSmall(ValueError):
    """The size asked for cannot hold one asset of every kind."""

    def __init__(self, assets: int) -> None:
        super().__init__(f"a city of {assets} assets is too small: it takes 500 for one of every kind")


def counts(assets: int) -> dict[str, int]:
    """Kind → number of assets; they add up to `assets` exactly. Raises TooSmall below 500."""
    if assets < 500:
        raise TooSmall(assets)
    scaled = {kind: max(1, quota.assets * assets // FULL) for kind, quota in QUOTAS.items() if kind != FILLER}
    scaled[FILLER] = assets - sum(scaled.values())
    return scaled


def measured(assets: int) -> Iterator[tuple[str, int]]:
    """Kind and how many of its assets are measured, the lamps (one point each, whatever is missing) left out."""
    for kind, quota in QUOTAS.items():
        if quota.measured:
            yield kind, max(1, quota.measured * assets // FULL)
