"""Events of the history: what supervisors reported that is not a measured value, and which rules hear of it."""

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms import pseudonyms
from alarms.rules.heard import listeners
from assets.event_search import FoundEvent, Wanted, found_events
from assets.models import Asset, Feed
from hypervisor import rights
from hypervisor.api import shapes
from hypervisor.api.alarm_filters import instant_of
from hypervisor.api.asked import an_id, number
from hypervisor.api.paging import PARAMETERS, limit_of
from hypervisor.api.render import instant
from hypervisor.rights import Right

HIDDEN = "•••"
"""Stands for what names a person: who reported whom is for rules, whose alarms name them to whoever may know."""
FILTERS = [
    OpenApiParameter("kind", str, description="Kind of event, such as badge_refused."),
    an_id("asset", "Events about this asset."),
    OpenApiParameter("feed", str, description="Slug of the feed that reported them."),
    OpenApiParameter("attribute", str, description="Name and value of an attribute: door:3. Personal ones are not searched."),
    OpenApiParameter("from", str, description="Events of then or later: a day of the site, or an instant with its offset."),
    OpenApiParameter("to", str, description="Events before: an instant, or a day, which is included."),
]


class EventAsset(s.Serializer):
    id = s.IntegerField()
    code = s.CharField()
    name = s.CharField()


class EventRule(s.Serializer):
    id = s.IntegerField()
    slug = s.CharField()
    name = shapes.Bilingual()


class EventRow(s.Serializer):
    at = s.DateTimeField(help_text="When it happened, by the supervisor's clock.")
    received_at = s.DateTimeField()
    kind = s.CharField()
    asset = EventAsset(allow_null=True)
    feed = s.CharField(allow_null=True, help_text="Slug; null when the feed is gone.")
    feed_name = s.CharField(allow_null=True)
    address = s.CharField(help_text="As the supervisor gave it.")
    attributes = s.DictField(help_text=f"What names a person is {HIDDEN}.")
    heard_by = EventRule(many=True, help_text="Active rules that hear events of this kind.")


def wanted(request: Request, right: Right) -> Wanted:
    """What the query string asks for, of what the person may see. Raises ValidationError."""
    asked, site = request.query_params, right.site_id
    feed = None
    if slug := asked.get("feed", "").replace("\0", ""):
        feed = Feed.objects.filter(supervisor__site=site, slug=slug).values_list("pk", flat=True).first()
        if feed is None:
            raise ValidationError({"feed": _("The site has no such feed.")})
    bounds = {
        name: instant_of(text, name, site, last=name == "to") if (text := asked.get(name)) else None for name in ("from", "to")
    }
    return Wanted(
        site, kind=asked.get("kind", "").replace("\0", ""), asset=number(request, "asset"), feed=feed,
        attribute=_attribute(request, site), start=bounds["from"], end=bounds["to"], sectors=right.sectors,
    )  # fmt: skip


def _attribute(request: Request, site: int) -> tuple[str, str] | None:
    text = request.query_params.get("attribute", "").replace("\0", "")
    if not text:
        return None
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not (name and colon and value):
        raise ValidationError({"attribute": _("A name and a value, as door:3.")})
    if pseudonyms.of_site(site).is_personal(name):
        raise ValidationError({"attribute": _("It names a person, and is not searched.")})
    return name, value


def portion(wanted: Wanted, right: Right, after: str, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Rows of what is wanted after a cursor, and the cursor of those that follow. Raises ValidationError for no cursor."""
    found = found_events(wanted, _decoded(after) if after else None, limit + 1)
    following = _encoded(found[limit - 1]) if len(found) > limit else None
    return event_rows(found[:limit], right), following


def event_rows(events: list[FoundEvent], right: Right) -> list[dict[str, Any]]:
    """Events with what they are about and who hears of them; four queries."""
    assets = Asset.objects.filter(right.within(), site_id=right.site_id).in_bulk({each.asset for each in events if each.asset})
    feeds = Feed.objects.in_bulk({each.feed for each in events})
    heard, people = listeners(right.site_id), pseudonyms.of_site(right.site_id)
    rows = []
    for each in events:
        asset, feed = assets.get(each.asset or 0), feeds.get(each.feed)
        rows.append(
            {"at": instant(each.at), "received_at": instant(each.received_at), "kind": each.kind,
             "asset": asset and {"id": asset.pk, "code": asset.code, "name": asset.name},
             "feed": feed and feed.slug, "feed_name": feed and feed.name, "address": each.address,
             "attributes": _shown(each, people),
             "heard_by": [{"id": rule.pk, "slug": rule.slug, "name": {"fr": rule.name_fr, "en": rule.name_en}}
                          for rule in heard.get(each.kind, ())]}
        )  # fmt: skip
    return rows


def _shown(event: FoundEvent, people: pseudonyms.Pseudonyms) -> Mapping[str, Any]:
    return {name: HIDDEN if people.is_personal(name, event.kind) else value for name, value in event.attributes.items()}


def _encoded(event: FoundEvent) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([event.at.isoformat(), event.place])).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[dt.datetime, str]:
    try:
        at, place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=tuple[str, str])
        moment = dt.datetime.fromisoformat(at)
        block, row = (int(part) for part in place.strip("()").split(","))
        if moment.tzinfo is None or not (0 <= block < 2**32 and 0 <= row < 2**16):
            raise ValueError
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise ValidationError({"after": _("Not a cursor of this list.")}) from error
    return moment, f"({block},{row})"


class SiteEvents(APIView):
    @extend_schema(
        operation_id="list_events",
        summary="List the events that supervisors reported, newest first",
        description="For as long as the site keeps them. People who are confined to sectors see the events about assets there.",
        parameters=[*FILTERS, *PARAMETERS],
        responses=shapes.paged(EventRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        after = request.query_params.get("after", "")
        rows, cursor = portion(wanted(request, right), right, after, limit_of(request))
        following = None
        if cursor:
            following = f"{request.path}?{urlencode(request.query_params.dict() | {'after': cursor})}"
        return Response({"results": rows, "next": following})
