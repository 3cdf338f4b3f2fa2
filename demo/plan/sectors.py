"""The sectors: the district cut along its avenues, named, and gathered into a few outer ones."""

import math
import unicodedata
from dataclasses import dataclass

import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.ops import polygonize, unary_union

from demo.plan.frame import warp
from demo.plan.names import SECTORS
from demo.plan.skeleton import AVENUE_BELT, BANK, QUAY, RADIALS, Skeleton, curve, longer, radial


@dataclass(frozen=True)
class Sector:
    """A named polygon in metres; `parent` is the slug of the sector around it, empty for an outer one."""

    slug: str
    name: str
    parent: str
    polygon: Polygon | MultiPolygon


def slugify(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join("".join(letter if letter.isalnum() else " " for letter in plain.lower()).split())


def _quarter(piece: Polygon, skeleton: Skeleton) -> str:
    middle = piece.representative_point()
    if skeleton.core.contains(middle):
        return "coeur"
    angle = math.degrees(math.atan2(piece.centroid.y / 1.6, piece.centroid.x))
    if -52 < angle < 27:
        return "berges"
    if abs(angle) > 152:
        return "ouest"
    return "nord" if angle > 0 else "sud"


def build(skeleton: Skeleton) -> list[Sector]:
    """Outer sectors first. Inner ones tile their parent, outer ones tile the site."""
    kept = {0, 1, 2, 4, 5, 7, 8, 9, 10, 11}
    radials = [longer(radial(corners, skeleton.core)) for index, (_, _, corners) in enumerate(RADIALS) if index in kept]
    belt = skeleton.core.buffer(AVENUE_BELT, quad_segs=24).exterior.intersection(skeleton.land.buffer(3))
    crossings = [curve((x, -420), (x + 10, 0), (x - 10, 420)) for x in (-540.0, -170.0, 230.0, 560.0)]
    middle = LineString([(-180.0, 0), (575.0, 0)])
    inner_cuts = [line.intersection(skeleton.core.buffer(2)) for line in (*crossings, middle)]
    outline = skeleton.outline
    mesh = unary_union([outline.exterior, skeleton.core.exterior, belt, QUAY, *radials, *inner_cuts])
    pieces = [piece for piece in polygonize(mesh) if piece.area > 9000 and outline.contains(piece.representative_point())]
    pieces.sort(key=lambda piece: (round(piece.centroid.distance(skeleton.core)), round(piece.centroid.x)))
    names = {outer: iter(inner) for outer, (_, inner) in SECTORS.items()}
    inner: list[Sector] = []
    bent = warp(pieces, skeleton.core, BANK)
    for piece, shape in zip(pieces, bent, strict=True):
        parent = _quarter(piece, skeleton)
        name = next(names[parent])
        inner.append(Sector(slugify(name), name, parent, shape))
    outer = [
        Sector(slug, name, "", shapely.union_all([sector.polygon for sector in inner if sector.parent == slug], grid_size=0.01))
        for slug, (name, _) in SECTORS.items()
    ]
    return outer + inner
