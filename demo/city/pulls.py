"""Supervisors that are asked: paged JSON of the building systems, lifts and meters, and river levels as Hub'Eau answers."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from demo.city.http import Answer, Request, as_json
from demo.city.world import World

T = TypeVar("T")

Latest = Callable[[NDArray[np.intp], int], tuple[list[float], list[float]]]
"""Rows and how many readings back → values and the instants (seconds since the Unix epoch) of that reading."""

OBSERVATIONS = 3
"""How many observations of a station an answer holds: stations publish a window, not a last value."""


def iso(at: float) -> str:
    """UTC to the millisecond, without it when it is nil."""
    whole = "seconds" if at == int(at) else "milliseconds"
    return datetime.fromtimestamp(at, UTC).isoformat(timespec=whole).replace("+00:00", "Z")


class Pulls:
    """Answers of the pulled supervisors; `latest` says what the field reads now."""

    def __init__(self, world: World, latest: Latest) -> None:
        self._world, self._latest = world, latest
        self._units = {feed: _by_asset(world, feed) for feed in ("building", "transport")}
        self._gauges = world.of("hydrology")
        self._meters = world.of("energy")

    def building(self, request: Request) -> Answer:
        """`{"data": [{id, status, supply_temp, data, updated_at}…], "links": {"next"}}`"""
        names = {"fan_state": "status", "temperature": "supply_temp"}
        items, following = self._page(request, self._units["building"], 100)
        data = [self._unit(code, rows, names, "updated_at") | {"data": "fresh"} for code, rows in items]
        return as_json({"data": data, "links": {"next": following}})

    def transport(self, request: Request) -> Answer:
        """`{"result": {"rows": [{id, status, speed?, machine_temp?, timestamp}…], "next"}}`"""
        names = {"run_state": "status", "speed": "speed", "temperature": "machine_temp"}
        items, following = self._page(request, self._units["transport"], 250)
        return as_json(
            {"result": {"rows": [self._unit(code, rows, names, "timestamp") for code, rows in items], "next": following}}
        )

    def hydrology(self, request: Request) -> Answer:
        """Hub'Eau hydrométrie v2: H in mm, newest first, 206 with `next` while there is more."""
        if request.query.get("grandeur_hydro", "H") != "H":
            return as_json({"count": 0, "next": None, "api_version": "2.0.1", "data": []})
        wanted = request.query.get("code_entite", "").split(",")
        rows = [row for row in self._gauges.tolist() if wanted == [""] or self._world.address[row].split(":")[0] in wanted]
        page, following = self._page(request, rows, 40, cursor=True)
        data = []
        for back in range(OBSERVATIONS):
            values, instants = self._latest(np.array(page, np.intp), back)
            data += [self._observation(row, value, at) for row, value, at in zip(page, values, instants, strict=True)]
        document = {"count": len(rows) * OBSERVATIONS, "next": following, "api_version": "2.0.1", "data": data}
        return as_json(document, 206 if following else 200)

    def energy(self, request: Request) -> Answer:
        """`{"values": [{meter, quantity, value, at}…], "next"}`, with an ETag that changes when a value does."""
        page, following = self._page(request, self._meters.tolist(), 1000)
        values, instants = self._latest(np.array(page, np.intp), 0)
        rows = [
            {"meter": self._world.code[row], "quantity": str(self._world.quantity[row]), "value": value, "at": iso(at)}
            for row, value, at in zip(page, values, instants, strict=True)
        ]
        body = json.dumps({"values": rows, "next": following}).encode()
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        if tag in request.headers.get("if-none-match", ""):
            return Answer(304, headers={"etag": tag})
        return Answer(200, body, headers={"etag": tag})

    def _page(self, request: Request, items: list[T], size: int, *, cursor: bool = False) -> tuple[list[T], str | None]:
        key = "cursor" if cursor else "page"
        size = max(1, min(20_000, _number(request.query.get("size"), size)))
        page = _number(request.query.get(key, "").removeprefix("p"), 1)
        start = max(0, page - 1) * size
        following = None
        if start + size < len(items):
            query = {**request.query, key: f"p{page + 1}" if cursor else page + 1}
            following = f"{request.base}{request.path}?{urlencode(query)}"
        return items[start : start + size], following

    def _unit(self, code: str, rows: NDArray[np.intp], names: dict[str, str], at_name: str) -> dict[str, object]:
        values, instants = self._latest(rows, 0)
        asset = self._world.assets[code]
        place = str(asset.attributes.get("building", ""))
        unit: dict[str, object] = {"id": code, "type": asset.kind, "building": place, at_name: iso(max(instants))}
        for row, value in zip(rows.tolist(), values, strict=True):
            quantity = str(self._world.quantity[row])
            unit[names[quantity]] = int(value) if quantity.endswith("_state") else value
        return unit

    def _observation(self, row: int, metres: float, at: float) -> dict[str, object]:
        asset = self._world.assets[self._world.code[row]]
        station = self._world.address[row].split(":")[0]
        return {
            "code_site": station[:8],
            "code_station": station,
            "grandeur_hydro": "H",
            "date_debut_serie": iso(at - 3600),
            "date_fin_serie": iso(at),
            "code_systeme_alti_serie": 31,
            "date_obs": iso(at),
            "resultat_obs": round(metres * 1000.0, 0),
            "code_methode_obs": 0,
            "libelle_methode_obs": "Mesurée",
            "code_qualification_obs": 16,
            "libelle_qualification_obs": "Non qualifiée",
            "longitude": asset.longitude,
            "latitude": asset.latitude,
            "code_statut": 4,
            "libelle_statut": "Brute",
            "code_continuite": 0,
            "libelle_continuite": "Continue",
        }


def _by_asset(world: World, feed: str) -> list[tuple[str, NDArray[np.intp]]]:
    rows: dict[str, list[int]] = {}
    for row in world.of(feed).tolist():
        rows.setdefault(world.code[row], []).append(row)
    return [(code, np.array(of, np.intp)) for code, of in rows.items()]


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default
