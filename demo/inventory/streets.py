"""What stands along the streets, in the tunnels and on the squares: light, power, traffic, cleanliness, air."""

import itertools
from collections.abc import Iterator

import numpy as np
import shapely

from demo.chance import stream
from demo.inventory.sheet import Sheet
from demo.inventory.ways import Place, along, crossings, grid_inside, share, spots
from demo.plan.district import District
from demo.plan.frame import compass
from demo.plan.skeleton import Street


def install(sheet: Sheet, district: District, seed: int) -> None:
    """Substations come first: everything that draws current hangs below one."""
    streets = list(district.streets)
    chance = stream(seed, "streets")
    _power(sheet, streets, district)
    _lamps(sheet, streets, district, chance)
    _tunnels(sheet, district, chance)
    _traffic(sheet, streets, district, chance)
    _kerbs(sheet, streets, district, chance)
    _greens(sheet, district)
    _air(sheet, streets, district)


def _power(sheet: Sheet, streets: list[Street], district: District) -> None:
    number = sheet.counts["substation"]
    high = number // 3
    for index, place in enumerate(
        itertools.chain(along(list(district.paths), high, kerb=26.0), along(streets, number - high, kerb=11.0))
    ):
        level = -1 if index < high else 0
        sheet.add("substation", f"Poste HTA/BT {place.way}", place.x, place.y, level=level, street=place.way, power_kva=630)
    number = sheet.counts["lighting_cabinet"]
    high = number // 6
    for place in itertools.chain(along(list(district.paths), high, kerb=9.0), along(streets, number - high)):
        on = sheet.nearest("substation", place.x, place.y).code
        sheet.add("lighting_cabinet", f"Armoire d'éclairage {place.way}", place.x, place.y, on=on, street=place.way)


def _lamps(sheet: Sheet, streets: list[Street], district: District, chance: np.random.Generator) -> None:
    total = sheet.counts["lamp"]
    under, esplanade, paths = total // 10, total // 28, total // 9
    axis = [street for street in district.paths if "splanade" in street.name]
    walks = [street for street in district.paths if "splanade" not in street.name]
    tunnels = list(district.skeleton.tunnels)
    lit = [
        (place, -1, 5.5, 90)
        for street, number in zip(tunnels, share(under, [street.line.length for street in tunnels]), strict=True)
        for place in spots(street, int(number), 4.5, both=True)
    ]
    lit += [(place, 0, 6.0, 70) for place in along(axis, esplanade, kerb=3.0)]
    lit += [(place, 0, 4.5, 45) for place in along(walks, paths, kerb=2.2)]
    weights = {4: 1.9, 3: 1.45, 2: 1.0}
    lit += [(place, 0, 8.0, 80) for place in along(streets, total - under - esplanade - paths, weights=weights)]
    owners = sheet.positions("lighting_cabinet")
    cabinets = sheet.of["lighting_cabinet"]
    places = np.array([(place.x, place.y) for place, *_ in lit])
    nearest = shapely.STRtree(shapely.points(owners)).nearest(shapely.points(places))
    years = chance.integers(2004, 2026, len(lit))
    for (place, level, height, watts), owner, year in zip(lit, nearest.tolist(), years.tolist(), strict=True):
        sheet.add(
            "lamp", f"Candélabre {place.way}", place.x, place.y, level=level, on=cabinets[owner].code,
            street=place.way, height_m=height, power_w=watts, installed=year,
        )  # fmt: skip


def _tunnels(sheet: Sheet, district: District, chance: np.random.Generator) -> None:
    tunnels = list(district.skeleton.tunnels)
    for place in along(tunnels, max(1, sheet.counts["electrical_cabinet"] // 40), kerb=7.0):
        on = sheet.nearest("substation", place.x, place.y).code
        sheet.add("electrical_cabinet", f"Armoire {place.way}", place.x, place.y, level=-1, on=on, street=place.way)
    lengths = [street.line.length for street in tunnels]
    for street, number in zip(tunnels, share(sheet.counts["jet_fan"], lengths), strict=True):
        for place in spots(street, int(number), 3.0, both=True):
            on = sheet.nearest("electrical_cabinet", place.x, place.y).code
            bearing = compass(place.dx, place.dy)
            sheet.add(
                "jet_fan", f"Accélérateur {place.way}", place.x, place.y, level=-1, on=on, street=place.way, bearing=bearing
            )
    for kind, name in (("tunnel_air_monitor", "Opacimètre"),):
        for place in along(tunnels, sheet.counts[kind], kerb=6.0):
            on = sheet.nearest("electrical_cabinet", place.x, place.y).code
            sheet.add(kind, f"{name} {place.way}", place.x, place.y, level=-1, on=on, street=place.way)
    pumps = sheet.counts["pump"]
    for place in itertools.chain(along(tunnels, pumps - pumps // 3, kerb=6.5), _quay(district, pumps // 3, 14.0)):
        on = sheet.nearest("electrical_cabinet", place.x, place.y).code
        sheet.add("pump", f"Pompe de relevage {place.way}", place.x, place.y, level=-1, on=on, street=place.way)
    gauges = sheet.counts["flood_gauge"]
    river = gauges * 5 // 8
    for number, place in enumerate(_quay(district, river, -15.0), 1):
        sheet.add("flood_gauge", f"Échelle {number} {place.way}", place.x, place.y, street=place.way, zero_m=23.7)
    for place in along(tunnels, gauges - river, kerb=6.8):
        sheet.add(
            "flood_gauge",
            f"Point bas {place.way}",
            place.x,
            place.y,
            level=-1,
            street=place.way,
            zero_m=round(chance.uniform(30, 36), 1),
        )


def _quay(district: District, number: int, off: float) -> Iterator[Place]:
    """Places along the river: positive on the town side, negative in the water."""
    quay = [street for street in district.streets if street.name == "quai de la Rive"]
    for place in along(quay, number, kerb=0.0):
        inland = 1 if place.dy > 0 else -1
        x, y = place.x - inland * place.dy * off, place.y + inland * place.dx * off
        yield Place(x, y, place.dx, place.dy, place.way)


def _traffic(sheet: Sheet, streets: list[Street], district: District, chance: np.random.Generator) -> None:
    for place, _ in crossings(streets)[: sheet.counts["traffic_light"]]:
        on = sheet.nearest("substation", place.x, place.y).code
        sheet.add("traffic_light", f"Carrefour {place.way}", place.x + 5, place.y + 4, on=on, street=place.way)
    _top_up(sheet, "traffic_light", "Carrefour", [street for street in streets if street.rank > 2])
    great = [street for street in streets if street.rank >= 3]
    for place in along(great, sheet.counts["variable_message_sign"]):
        on = sheet.nearest("substation", place.x, place.y).code
        bearing = compass(-place.dx, -place.dy)
        sheet.add("variable_message_sign", f"PMV {place.way}", place.x, place.y, on=on, street=place.way, bearing=bearing)
    for place in along(great, sheet.counts["bike_counter"], kerb=4.0):
        sheet.add("bike_counter", f"Compteur vélos {place.way}", place.x, place.y, street=place.way)
    left, group = sheet.counts["ev_charger"] * 2 // 3, 4
    for place in along([street for street in streets if street.rank < 4], max(1, left // group)):
        on = sheet.nearest("substation", place.x, place.y).code
        for slot in range(min(group, left)):
            x, y = place.x + place.dx * 5.2 * slot, place.y + place.dy * 5.2 * slot
            power = int(chance.choice([7, 22, 22, 50]))
            sheet.add("ev_charger", f"Borne de recharge {place.way}", x, y, on=on, street=place.way, power_kw=power)


def _top_up(sheet: Sheet, kind: str, name: str, streets: list[Street]) -> None:
    for place in along(streets, sheet.missing(kind)) if sheet.missing(kind) > 0 else ():
        on = sheet.nearest("substation", place.x, place.y).code
        sheet.add(kind, f"{name} {place.way}", place.x, place.y, on=on, street=place.way)


def _kerbs(sheet: Sheet, streets: list[Street], district: District, chance: np.random.Generator) -> None:
    bins = sheet.counts["waste_container"]
    everywhere = [*streets, *district.paths]
    for number, place in enumerate(along(everywhere, bins, weights={1: 1.6, 2: 1.0, 3: 0.7, 4: 0.3})):
        waste = ("ordures ménagères", "emballages", "verre", "papier")[number % 4]
        name = f"Conteneur {waste} {place.way}"
        sheet.add(
            "waste_container",
            name,
            place.x,
            place.y,
            street=place.way,
            waste=waste,
            capacity_l=int(chance.choice([660, 3000, 5000])),
        )
    for place in along(streets, sheet.counts["fire_hydrant"]):
        sheet.add(
            "fire_hydrant", f"Poteau d'incendie {place.way}", place.x + place.dx * 4, place.y + place.dy * 4, street=place.way
        )
    feet = [
        place
        for place, weight in crossings(streets)
        if weight <= 5 and district.outline.contains(shapely.Point(place.x, place.y))
    ]
    wanted = sheet.counts["bollard"]
    groups = -(-wanted // 4)
    step = max(1, len(feet) // max(1, groups))
    for place in itertools.islice(itertools.cycle(feet[::step]), groups):
        for slot in range(min(4, sheet.missing("bollard"))):
            off = (slot - 1.5) * 1.8
            x, y = place.x + place.dx * 11 - place.dy * off, place.y + place.dy * 11 + place.dx * off
            sheet.add("bollard", f"Borne {place.way}", x, y, on=sheet.nearest("substation", x, y).code, street=place.way)


def _greens(sheet: Sheet, district: District) -> None:
    parks = [(name or "jardin", polygon) for name, polygon in district.greens if polygon.area > 400]
    parks += [("jardin de la Dalle", polygon) for polygon in district.core.gardens]
    areas = [polygon.area for _, polygon in parks]
    for (name, polygon), number in zip(parks, share(sheet.counts["irrigation_valve"], areas), strict=True):
        spacing = max(6.0, (polygon.area / max(1, int(number))) ** 0.5)
        places = grid_inside(polygon, spacing, 2.0)
        for index in range(int(number)):
            x, y = places[index * len(places) // int(number)]
            sheet.add("irrigation_valve", f"Vanne {name}", x, y, park=name)
    basin = district.core.basin.centroid
    squares = [basin, *(polygon.centroid for polygon in district.core.gardens[::5]), *(polygon.centroid for _, polygon in parks)]
    for number, spot in enumerate(squares[: sheet.counts["fountain"]], 1):
        name = "Bassin monumental" if number == 1 else f"Fontaine {number}"
        sheet.add("fountain", name, spot.x, spot.y, on=sheet.nearest("substation", spot.x, spot.y).code)


def _air(sheet: Sheet, streets: list[Street], district: District) -> None:
    tall = sorted(district.buildings, key=lambda building: (-building.storeys, building.name))
    step = max(1, len(district.buildings) // 60)
    for index in range(sheet.counts["weather_station"]):
        spot = tall[index * 5].footprint.representative_point()
        sheet.add("weather_station", f"Station météo {tall[index * 5].name}", spot.x, spot.y, level=tall[index * 5].storeys)
    for index in range(sheet.counts["rain_gauge"]):
        building = tall[(index * 4 * step + 3) % len(tall)]
        spot = building.footprint.representative_point()
        sheet.add("rain_gauge", f"Pluviomètre {building.name}", spot.x, spot.y, level=building.storeys)
    great = [street for street in streets if street.rank >= 3]
    for place in along(great, sheet.counts["air_quality_station"], kerb=13.0):
        sheet.add("air_quality_station", f"Station air {place.way}", place.x, place.y, street=place.way)
    for place in along(streets, sheet.counts["noise_monitor"], weights={4: 3.0, 3: 2.0}, kerb=7.0):
        sheet.add("noise_monitor", f"Sonomètre {place.way}", place.x, place.y, street=place.way)
