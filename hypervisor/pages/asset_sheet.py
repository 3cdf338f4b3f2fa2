"""What the sheet of an asset says: its points with their newest values, what it hangs on, what hangs on it, its alarms."""

import datetime as dt
from collections.abc import Container, Mapping

from django.db import connection
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _lazy

from alarms.engine.figures import key, plain
from alarms.models import Alarm, Severity
from alarms.rows import WORST_FIRST
from assets.instants import instant
from assets.models import Asset, Point
from hypervisor.pages import attributes
from hypervisor.pages.frame import SEVERITY_NAMES
from hypervisor.rights import Right

DEPENDENTS, PAST_ALARMS, DEPTH = 40, 20, 6
ALL = 2_000
"""Dependents, or past alarms, shown to whoever asks for all of them."""
RANGES = [(1, "1 h"), (6, "6 h"), (24, "24 h"), (168, _lazy("7 d")), (720, _lazy("30 d"))]
"""Periods of the chart: hours and their name."""
STALE_AFTER = 3
"""Expected intervals after which a value is shown as old."""


def points(asset: Asset, silent: Mapping[int, int]) -> list[dict[str, object]]:
    """One line per point: name, value as a reader says it, when, and whether it can be believed, which that of a silent feed
    cannot; one query. `silent`: since when (µs) which feeds are silent."""
    english = get_language() == "en"
    templates = {template["quantity"]: template for template in asset.kind.points}
    now = timezone.now()
    lines = []
    for point in Point.objects.filter(asset=asset).select_related("feed", "latest"):
        template = templates.get(point.quantity, {})
        latest = getattr(point, "latest", None)
        old = latest is not None and now - latest.at > dt.timedelta(seconds=STALE_AFTER * point.interval)
        since = silent.get(point.feed_id) if point.feed_id else None
        codes = (template.get("codes_en") if english else None) or point.codes or template.get("codes", {})
        lines.append(
            {"point": point, "name": template.get("name_en" if english else "name_fr", point.quantity), "latest": latest,
             "value": "" if latest is None else said(latest.value, point.unit, codes), "state": bool(codes),
             "silent_since": since and instant(since), "old": old and not since,
             "bad": latest is not None and latest.quality != 0}
        )  # fmt: skip
    return lines


def said(value: float, unit: str, codes: dict[str, str]) -> str:
    """2,63 m; or what a state's number means."""
    if codes:
        return codes.get(key(value)) or plain(value, get_language() or "en")
    digits = 0 if abs(value) >= 1000 or value == int(value) else 1 if abs(value) >= 100 else 2
    return f"{formats.number_format(value, digits, force_grouping=True)} {unit}".strip()


def matter(asset: Asset, right: Right, silent: Mapping[int, int], shown_whole: str = "") -> dict[str, object]:
    """Everything but the points; seven queries. `shown_whole`: "below" or "past", the list of which all is asked for."""
    alarms = Alarm.objects.filter(asset=asset).select_related("rule", "point").order_by("-id")
    open_alarms = alarms.filter(is_open=True).order_by(*WORST_FIRST, "-raised_at")
    below = Asset.objects.filter(right.within(), depends_on=asset, retired_at=None)
    is_open = Q(alarms__is_open=True) & Q(alarms__isnull=False)
    shown = below.select_related("kind").annotate(open=Count("alarms", filter=is_open)).order_by("-open", "code")
    english = get_language() == "en"
    past = alarms.filter(state=Alarm.State.NORMAL)
    many_past, many_below = (ALL if shown_whole == name else few for name, few in (("past", PAST_ALARMS), ("below", DEPENDENTS)))
    picture = asset.attributes.get("picture")
    return {
        "picture": reverse("picture", args=[asset.site.slug, asset.pk]) if isinstance(picture, str) else "",
        "kind": asset.kind.name_en if english else asset.kind.name_fr,
        "above": above(asset, right),
        "below": shown[:many_below],
        "below_count": below.count(),
        "open_alarms": [_alarm(alarm, english, silent) for alarm in open_alarms],
        "past_alarms": [_alarm(alarm, english) for alarm in past[:many_past]],
        "past_count": past.count(),
        "ranges": RANGES,
        "attributes": attributes.named(asset.attributes, english=english),
    }


def above(asset: Asset, right: Right) -> list[Asset]:
    """What it depends on, the nearest last: substation, cabinet. What the person may not see ends the chain."""
    if asset.depends_on_id is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE chain (id, depends_on_id, depth) AS (
                SELECT id, depends_on_id, 1 FROM assets_asset WHERE id = %s
                UNION ALL
                SELECT a.id, a.depends_on_id, depth + 1 FROM assets_asset a JOIN chain ON a.id = chain.depends_on_id
                 WHERE depth < %s)
            SELECT id FROM chain ORDER BY depth
            """,
            [asset.depends_on_id, DEPTH],
        )
        order = [pk for (pk,) in cursor.fetchall()]
    known = Asset.objects.select_related("kind", "sector").in_bulk(order)
    chain = []
    for pk in dict.fromkeys(order):
        if not right.covers(known[pk].sector and known[pk].sector.path):
            break
        chain.append(known[pk])
    return chain[::-1]


def _alarm(alarm: Alarm, english: bool, silent: Container[int] = ()) -> dict[str, object]:
    """`silent`: the feeds of which nothing is heard: whether an alarm of theirs still is so is unknown."""
    label = Severity(alarm.severity).label
    return {
        "alarm": alarm,
        "sentence": alarm.sentence_en if english else alarm.sentence_fr,
        "severity": label,
        "severity_name": SEVERITY_NAMES[label],
        "ended": alarm.state == Alarm.State.RETURNED,
        "unknown": alarm.point is not None and alarm.point.feed_id in silent,
    }
