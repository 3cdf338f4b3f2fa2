"""What is inside the buildings of the high city and the offices: lifts, doors, detectors, meters, by storey."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from demo.chance import stream
from demo.inventory.sheet import Row, Sheet
from demo.inventory.ways import grid_inside, round_inside, share
from demo.plan.core import Building
from demo.plan.district import District

FLOOR_WEIGHT = {"tower": 1.0, "hall": 1.6, "station": 2.2, "office": 0.9, "housing": 0.35, "school": 0.5}


@dataclass(frozen=True)
class House:
    """A managed building: its floor area in m², places on a floor plate, places along the walls, its core."""

    building: Building
    area: float
    floor: NDArray[np.float64]
    walls: NDArray[np.float64]
    heart: NDArray[np.float64]


def managed(district: District) -> list[House]:
    """The buildings that the control room looks after: all of the high city, the offices, the schools, some flats."""
    houses = []
    for number, building in enumerate(district.buildings):
        if building.use == "housing" and building.footprint.distance(district.core.slab) > 1 and number % 9:
            continue
        floors = building.storeys + building.basements
        area = building.footprint.area * floors * FLOOR_WEIGHT[building.use]
        centre = building.footprint.representative_point()
        heart = np.array([(centre.x + 2.4 * i, centre.y + 2.4 * j) for j in (-1, 0, 1) for i in (-2, -1, 0, 1, 2)])
        heart = heart[shapely.contains_xy(building.footprint, heart[:, 0], heart[:, 1])]
        floor = grid_inside(building.footprint, 6.5)
        houses.append(House(building, area, floor, round_inside(building.footprint, 40, 1.2), heart if len(heart) else floor[:1]))
    return houses


def storey(level: int) -> str:
    """How a French lift names a level."""
    return f"R+{level}" if level > 0 else "RdC" if level == 0 else f"SS{-level}"


def install(sheet: Sheet, houses: Sequence[House], seed: int) -> None:
    chance = stream(seed, "indoors")
    cabinets = _spread(sheet, houses, "electrical_cabinet", "Armoire électrique", "basement", parent="substation")
    _spread(sheet, houses, "ups", "Onduleur", "basement", owners=cabinets, parent="electrical_cabinet")
    switches = _spread(sheet, houses, "network_switch", "Commutateur", "core", parent="ups")
    panels = _spread(sheet, houses, "fire_panel", "Centrale incendie", "ground", owners=cabinets, parent="electrical_cabinet")
    _escalators(sheet, houses, cabinets, chance)
    _lifts(sheet, houses, cabinets)
    _walkways(sheet, houses, cabinets)
    _spread(sheet, houses, "ventilation_unit", "CTA", "technical", owners=cabinets, parent="electrical_cabinet")
    _spread(sheet, houses, "emergency_light", "Bloc de secours", "floor", owners=cabinets, parent="electrical_cabinet")
    _spread(sheet, houses, "door", "Porte", "walls", owners=switches, parent="network_switch")
    _spread(sheet, houses, "intrusion_zone", "Zone d'intrusion", "ground", owners=switches, parent="network_switch")
    _spread(sheet, houses, "intercom", "Borne d'appel", "core", owners=switches, parent="network_switch")
    _spread(sheet, houses, "defibrillator", "Défibrillateur", "ground")
    _spread(
        sheet,
        houses,
        "loudspeaker",
        "Haut-parleur",
        "floor",
        owners=switches,
        parent="network_switch",
        most=sheet.counts["loudspeaker"] * 3 // 4,
    )
    _spread(
        sheet,
        houses,
        "wifi_access_point",
        "Borne Wi-Fi",
        "floor",
        owners=switches,
        parent="network_switch",
        most=sheet.counts["wifi_access_point"] * 4 // 5,
    )
    _spread(sheet, houses, "energy_meter", "Compteur électrique", "basement", owners=cabinets, parent="electrical_cabinet")
    _spread(sheet, houses, "water_meter", "Compteur d'eau", "basement")
    _spread(sheet, houses, "heat_meter", "Compteur de chaleur", "basement")
    _spread(sheet, houses, "fire_detector", "Détecteur incendie", "floor", owners=panels, parent="fire_panel")


Owners = dict[str, list[Row]]


def _spread(
    sheet: Sheet,
    houses: Sequence[House],
    kind: str,
    label: str,
    where: str,
    *,
    owners: Owners | None = None,
    parent: str = "",
    most: int | None = None,
) -> Owners:
    """Installs what is missing of a kind over the buildings by floor area; returns the rows by building.

    A row hangs below the parent in its own building, else below the nearest one.
    """
    installed: Owners = {}
    total = sheet.missing(kind) if most is None else most
    for house, number in zip(houses, share(total, [house.area for house in houses]), strict=True):
        building = house.building
        parents = (owners or {}).get(building.name, [])
        if not parents and parent and number:
            x, y = house.heart[0]
            parents = [sheet.nearest(parent, float(x), float(y))]
        for index in range(int(number)):
            level, (x, y) = _position(house, where, index, int(number))
            on = parents[index * len(parents) // int(number)].code if parents else ""
            name = f"{label} {building.name} {storey(level)}"
            row = sheet.add(kind, name, x, y, level=level, on=on, building=building.name)
            installed.setdefault(building.name, []).append(row)
    return installed


def _position(house: House, where: str, index: int, number: int) -> tuple[int, NDArray[np.float64]]:
    building = house.building
    if where == "basement":
        return -(index % building.basements) - 1 if building.basements else 0, house.heart[index % len(house.heart)]
    if where == "ground":
        return 0, house.walls[(index * 7 + 3) % len(house.walls)]
    if where == "technical":
        levels = (building.storeys, -building.basements, building.storeys // 2)
        return levels[index % 3], house.floor[(index * 5) % len(house.floor)]
    levels = building.storeys + building.basements
    level = index * levels // number - building.basements
    if where == "core":
        return level, house.heart[index % len(house.heart)]
    places = house.walls if where == "walls" else house.floor
    nudge = np.array([0.35 * (level % 3 - 1), 0.35 * (level // 3 % 3 - 1)])
    return level, places[(index * 11) % len(places)] + nudge


def _public(houses: Sequence[House]) -> list[House]:
    return [house for house in houses if house.building.use in ("hall", "station")] + [
        house for house in houses if house.building.use == "tower" and house.building.storeys > 24
    ]


def _escalators(sheet: Sheet, houses: Sequence[House], owners: Owners, chance: np.random.Generator) -> None:
    """In pairs, up and down, between two levels of the stations, the halls and the greatest towers."""
    places = _public(houses)
    weights = [house.building.footprint.area * (6 if house.building.use == "station" else 2) for house in places]
    for house, number in zip(places, share(sheet.counts["escalator"], weights), strict=True):
        building = house.building
        cabinets = owners.get(building.name) or [sheet.nearest("electrical_cabinet", *map(float, house.heart[0]))]
        for index in range(int(number)):
            pair = index // 2
            x, y = house.floor[(pair * 13) % len(house.floor)] + np.array([1.7 * (index % 2), 0])
            low = pair % (building.basements + min(building.storeys, 4)) - building.basements
            way = "montée" if index % 2 else "descente"
            name = f"Escalier mécanique {building.name} {storey(low)}/{storey(low + 1)} {way}"
            on = cabinets[index % len(cabinets)].code
            rise = round(float(chance.uniform(4, 9)), 1)
            sheet.add("escalator", name, x, y, level=low, on=on, building=building.name, direction=way, rise_m=rise)


def _lifts(sheet: Sheet, houses: Sequence[House], owners: Owners) -> None:
    tall = [house for house in houses if house.building.storeys > 4 or house.building.use in ("hall", "station")]
    weights = [house.area**0.8 for house in tall]
    for house, number in zip(tall, share(sheet.counts["lift"], weights), strict=True):
        building = house.building
        cabinets = owners.get(building.name) or [sheet.nearest("electrical_cabinet", *map(float, house.heart[0]))]
        for index in range(int(number)):
            x, y = house.heart[index % len(house.heart)]
            name = f"Ascenseur {chr(65 + index % 26)} {building.name}"
            on = cabinets[index % len(cabinets)].code
            sheet.add(
                "lift", name, x, y, on=on, building=building.name, stops=building.storeys + building.basements, load_kg=1000
            )


def _walkways(sheet: Sheet, houses: Sequence[House], owners: Owners) -> None:
    places = [house for house in houses if house.building.use in ("hall", "station")]
    for house, number in zip(places, share(sheet.counts["moving_walkway"], [house.area for house in places]), strict=True):
        building = house.building
        cabinets = owners.get(building.name) or [sheet.nearest("electrical_cabinet", *map(float, house.heart[0]))]
        for index in range(int(number)):
            x, y = house.floor[(index * 17) % len(house.floor)]
            name = f"Trottoir roulant {index + 1} {building.name}"
            sheet.add("moving_walkway", name, x, y, level=-1, on=cabinets[0].code, building=building.name, length_m=90)
