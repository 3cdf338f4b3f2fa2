"""The points that a kind's template lists, made for new assets."""

from collections.abc import Iterable

import msgspec

from assets.inventory import store
from assets.inventory.compare import Fresh
from assets.inventory.failures import BrokenMapping
from assets.inventory.mapping import PointsOf
from assets.inventory.points import COLUMNS
from assets.models import AssetKind, Feed, Site


def make_points(site: Site, new: Iterable[Fresh], ids: dict[str, int], asked: PointsOf | str) -> int:
    """Make the template's points of new assets (`ids`: code → id); returns how many. Raises BrokenMapping."""
    asked = asked if isinstance(asked, PointsOf) else PointsOf()
    templates = dict(AssetKind.objects.values_list("slug", "points"))
    feed = Feed.objects.filter(supervisor__site=site, slug=asked.feed).first() if asked.feed else None
    if asked.feed and feed is None:
        raise BrokenMapping(reason=f"the feed {asked.feed} of the points does not exist in this site")
    rows = [
        (
            ids[entry.code], template["quantity"], template.get("unit", ""), template.get("interval", 60),
            msgspec.json.encode(template.get("codes", {})).decode(), "{}",
            feed and feed.pk, _address(asked.address, entry.code, template["quantity"]),
        )
        for _, entry in new
        for template in templates[entry.kind]
    ]  # fmt: skip
    store.copy("assets_point", COLUMNS, rows)
    return len(rows)


def _address(pattern: str, code: str, quantity: str) -> str:
    return pattern.replace("{code}", code).replace("{quantity}", quantity)[:200]
