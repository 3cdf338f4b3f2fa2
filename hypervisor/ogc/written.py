"""Features as GeoJSON (RFC 7946), in the reference system that was asked for."""

from collections.abc import Sequence

import shapely

from hypervisor.ogc import reference_systems
from hypervisor.ogc.layers import Feature


def geojson(features: Sequence[Feature], crs: str) -> list[dict[str, object]]:
    moved = reference_systems.outward(crs)
    return [
        {
            "type": "Feature", "id": each.id,
            "geometry": None if each.geometry is None else shapely.geometry.mapping(moved(each.geometry)),
            "properties": each.properties,
        }
        for each in features
    ]  # fmt: skip
