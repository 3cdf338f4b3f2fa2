"""What the ids in an alarm's evidence are called: assets and points, looked up together for who may see them."""

from collections.abc import Iterator
from typing import Any

from assets.models import Asset, Point
from hypervisor.rights import Right


def named(right: Right, *evidence: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """{"assets": {id: {code, name}}, "points": {id: {asset, unit, codes}}} of all ids in these evidences, in two queries at
    most; ids are text, as JSON has it. What the right does not cover is left out."""
    assets = {ident for each in evidence for ident in _assets(each or {})}
    points = {point for each in evidence for point in _points(each or {})}
    told: dict[str, dict[str, Any]] = {"assets": {}, "points": {}}
    if points:
        found = Point.objects.select_related("asset__kind").filter(
            right.within("asset__sector"), pk__in=points, asset__site_id=right.site_id
        )
        for point in found:
            told["points"][str(point.pk)] = {"asset": point.asset_id, "unit": point.unit, "codes": codes(point)}
            told["assets"][str(point.asset_id)] = {"code": point.asset.code, "name": point.asset.name}
    if assets:
        rows = Asset.objects.filter(right.within(), pk__in=assets, site_id=right.site_id)
        told["assets"] |= {str(id_): {"code": code, "name": name} for id_, code, name in rows.values_list("id", "code", "name")}
    return told


def kept(body: dict[str, dict[str, Any]], evidence: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Of what `named` told of many evidences, the part that is one's own."""
    points = {key: body["points"][key] for point in _points(evidence) if (key := str(point)) in body["points"]}
    assets = {str(ident) for ident in _assets(evidence)} | {str(point["asset"]) for point in points.values()}
    return {"assets": {key: body["assets"][key] for key in sorted(assets & body["assets"].keys())}, "points": points}


def _points(evidence: dict[str, Any]) -> Iterator[int]:
    """Of the comparisons of a condition, and the worst of a sector."""
    points = [*(term["point"] for term in evidence.get("terms", ())), evidence.get("point")]
    return (point for point in points if point is not None)


def _assets(evidence: dict[str, Any]) -> Iterator[int]:
    facts = [*evidence.get("members", ()), evidence.get("first"), evidence.get("then")]
    return (fact["asset"] for fact in facts if fact is not None and fact["asset"] is not None)


def codes(point: Point | None) -> dict[str, dict[str, str]]:
    """Names of the point's states by their number, in both languages: the catalogue knows the English ones."""
    if point is None:
        return {"fr": {}, "en": {}}
    template = next((each for each in point.asset.kind.points if each["quantity"] == point.quantity), {})
    return {"fr": point.codes, "en": template.get("codes_en", point.codes)}
