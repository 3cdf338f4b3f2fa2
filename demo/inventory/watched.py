"""Car parks and what guards them, and the cameras: at crossings, entrances, on the esplanade and in the tunnels."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from shapely import Point

from demo.chance import stream
from demo.inventory.indoors import House
from demo.inventory.sheet import Sheet
from demo.inventory.ways import Place, along, crossings, share
from demo.plan.district import District
from demo.plan.frame import compass


def install(sheet: Sheet, district: District, houses: Sequence[House], seed: int) -> None:
    chance = stream(seed, "watched")
    _car_parks(sheet, district, houses, chance)
    _gates(sheet, district)
    _cameras(sheet, district, houses, chance)
    _outdoor_rest(sheet, district)


def _car_parks(sheet: Sheet, district: District, houses: Sequence[House], chance: np.random.Generator) -> None:
    deep = sorted((house for house in houses if house.building.basements), key=lambda house: -house.building.footprint.area)
    hosts = deep[: sheet.counts["parking"]]
    bays = share(sheet.counts["parking_bay"], [house.building.footprint.area * house.building.basements for house in hosts])
    for house, number in zip(hosts, bays, strict=True):
        building = house.building
        x, y = house.heart[0]
        capacity = max(int(number), int(building.footprint.area * building.basements / 42))
        zone = sheet.add("parking", f"Parc {building.name}", x, y, level=-1, building=building.name, capacity=capacity)
        for index in range(int(number)):
            level = -(index * building.basements // int(number)) - 1
            bx, by = house.floor[(index * 3) % len(house.floor)] + np.array([2.4 * (index % 2), 1.1 * (index // 7 % 2)])
            name = f"Place {index + 1} Parc {building.name} {-level}e sous-sol"
            sheet.add("parking_bay", name, bx, by, level=level, on=zone.code, building=building.name)
    for place_of in itertools.cycle(sheet.of["parking"]):
        if sheet.missing("ev_charger") <= 0:
            break
        number = sheet.missing("ev_charger")
        x, y = place_of.x + 3.0 * (number % 5), place_of.y + 2.6 * (number // 5 % 4)
        on = sheet.nearest("electrical_cabinet", x, y).code
        sheet.add(
            "ev_charger", f"Borne de recharge {place_of.name}", x, y, level=-1, on=on, power_kw=int(chance.choice([7, 11, 22]))
        )


def _gates(sheet: Sheet, district: District) -> None:
    """An entry and an exit barrier per car park at the kerb of the nearest street, plate readers at entries and city gates."""
    streets = [street for street in district.streets if street.rank < 4] or list(district.streets)
    gates: list[tuple[Place, str]] = []
    for zone in sheet.of["parking"]:
        spot = Point(zone.x, zone.y)
        street = min(streets, key=lambda street: street.line.distance(spot))
        at = street.line.project(spot)
        here, ahead = street.line.interpolate(at), street.line.interpolate(at + 2)
        away = max(float(np.hypot(zone.x - here.x, zone.y - here.y)), 1e-9)
        ux, uy = (zone.x - here.x) / away, (zone.y - here.y) / away
        reach = min(away * 0.5, 12.0)
        for side in (-2.4, 2.4):
            turn = (ahead.x - here.x, ahead.y - here.y)
            size = max(float(np.hypot(*turn)), 1e-9)
            x, y = here.x + ux * reach + turn[0] / size * side, here.y + uy * reach + turn[1] / size * side
            gates.append((Place(x, y, ux, uy, zone.name), "entrée" if side < 0 else "sortie"))
    entries = sorted(gates, key=lambda gate: gate[1] != "entrée")
    for place, way in entries[: sheet.counts["barrier"]]:
        on = sheet.nearest("electrical_cabinet", place.x, place.y).code
        sheet.add("barrier", f"Barrière {place.way} {way}", place.x, place.y, on=on, direction=way, gate=place.way)
    great = [street for street in district.streets if street.rank == 4]
    for place in along(great, max(0, sheet.missing("barrier")), kerb=14.0) if sheet.missing("barrier") > 0 else ():
        on = sheet.nearest("electrical_cabinet", place.x, place.y).code
        sheet.add("barrier", f"Barrière de service {place.way}", place.x, place.y, on=on, direction="entrée", gate=place.way)
    readers = sheet.counts["anpr_camera"]
    for barrier in sheet.of["barrier"][: readers * 2 // 3]:
        on = sheet.nearest("network_switch", barrier.x, barrier.y).code
        name = barrier.name.replace("Barrière", "LAPI")
        gate = str(barrier.attributes["gate"])
        sheet.add(
            "anpr_camera", name, barrier.x + 1.5, barrier.y + 1.0, on=on, gate=gate, barrier=barrier.code, fov=28, bearing=0
        )
    for place in along(great, sheet.missing("anpr_camera"), kerb=5.0) if sheet.missing("anpr_camera") > 0 else ():
        on = sheet.nearest("network_switch", place.x, place.y).code
        bearing = compass(-place.dx, -place.dy)
        sheet.add("anpr_camera", f"LAPI {place.way}", place.x, place.y, on=on, gate=place.way, fov=28, bearing=bearing)


def _cameras(sheet: Sheet, district: District, houses: Sequence[House], chance: np.random.Generator) -> None:
    total = sheet.counts["camera"]
    paths, tunnels = list(district.paths), list(district.skeleton.tunnels)
    number = {"crossing": total * 3 // 8, "entrance": total // 4, "tunnel": total // 10}
    number["path"] = total - sum(number.values())
    views: Iterator[tuple[Place, int, str]] = itertools.chain(
        ((place, 0, "Carrefour") for place, _ in crossings(list(district.streets))[: number["crossing"]]),
        ((place, 0, "Entrée") for place in itertools.islice(_entrances(houses), number["entrance"])),
        ((place, -1, "Tunnel") for place in along(tunnels, number["tunnel"], kerb=5.0)),
        ((place, 0, "Piéton") for place in along(paths, number["path"], kerb=4.0)),
    )
    every = itertools.chain(views, ((place, 0, "Rue") for place in along(list(district.streets), total)))
    for place, level, use in itertools.islice(every, total):
        bearing = (
            compass(place.dx, place.dy) + int(chance.integers(-12, 13)) + (180 if len(sheet.of["camera"]) % 2 else 0)
        ) % 360
        on = sheet.nearest("network_switch", place.x, place.y).code
        dome = bool(chance.random() < 0.35)
        x, y = place.x - place.dy * 6 * (use == "Carrefour"), place.y + place.dx * 6 * (use == "Carrefour")
        picture = f"/cameras/CAM-{len(sheet.of['camera']) + 1:05d}.mjpeg"
        sheet.add(
            "camera",
            f"Caméra {use.lower()} {place.way}",
            x,
            y,
            level=level,
            on=on,
            bearing=bearing,
            fov=110 if dome else int(chance.integers(55, 85)),
            range_m=int(chance.integers(40, 90)),
            model="dôme PTZ" if dome else "fixe",
            view=use.lower(),
            picture=picture,
        )


def _entrances(houses: Sequence[House]) -> Iterator[Place]:
    """One outside corner after another of the greatest buildings, looking away from the wall."""
    great = sorted(houses, key=lambda house: (-house.area, house.building.name))
    for turn in range(4):
        for house in great[:60]:
            x, y = house.walls[(turn * 11 + 2) % len(house.walls)]
            cx, cy = house.heart[0]
            away = max(float(np.hypot(x - cx, y - cy)), 1e-9)
            yield Place(float(x), float(y), (x - cx) / away, (y - cy) / away, house.building.name)


def _outdoor_rest(sheet: Sheet, district: District) -> None:
    paths = [*district.paths, *district.skeleton.tunnels]
    for kind, label in (("loudspeaker", "Haut-parleur"), ("wifi_access_point", "Borne Wi-Fi")):
        ways = paths if kind == "loudspeaker" else list(district.paths)
        for place in along(ways, sheet.missing(kind), kerb=3.5) if sheet.missing(kind) > 0 else ():
            level = -1 if place.way.startswith("tunnel") else 0
            on = sheet.nearest("network_switch", place.x, place.y).code
            sheet.add(kind, f"{label} {place.way}", place.x, place.y, level=level, on=on, street=place.way)
