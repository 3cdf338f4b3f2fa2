"""Feeds: how each does, for everybody of its site; its token and its unknown addresses, for administrators."""

from collections.abc import Iterable

from django.db.models import Count
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.feeds import health, unknown
from assets.feeds.health import FeedHealth
from assets.models import Asset, Feed, Point, UnknownAddress
from hypervisor import changes, rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.assets import point_row
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.render import instant
from hypervisor.rights import Right, Verb


def feed_rows(right: Right) -> list[dict[str, object]]:
    """The feeds of a site with their health: four queries and one round trip to Valkey, however many feeds."""
    feeds = Feed.objects.filter(supervisor__site_id=right.site_id).select_related("supervisor").order_by("slug")
    found = list(feeds)
    ids = [feed.pk for feed in found]
    points = dict(Point.objects.filter(feed_id__in=ids).order_by().values_list("feed_id").annotate(Count("pk")))
    addresses = UnknownAddress.objects.filter(feed_id__in=ids).order_by()
    strangers = dict(addresses.values_list("feed_id").annotate(Count("pk")))
    healths = {each.feed: each for each in health.read(ids)}
    open_hand = right.may(Verb.FEEDS)
    return [
        {"id": feed.pk, "site": right.site, "slug": feed.slug, "name": feed.name, "supervisor": feed.supervisor.slug,
         "protocol": feed.protocol, "made_from": feed.made_from, "enabled": feed.enabled,
         "expected_interval": feed.expected_interval,
         "points": points.get(feed.pk, 0), "unknown_addresses": strangers.get(feed.pk, 0),
         "address": feed.address if open_hand else None, "token_hint": feed.token_hint if open_hand else None,
         "health": _health(healths[feed.pk], open_hand)}
        for feed in found
    ]  # fmt: skip


def _health(one: FeedHealth, whole: bool) -> dict[str, object]:
    """`whole`: with the error, which may name the address, and samples of what was refused, of whatever sector."""
    return {
        "state": one.state, "last_message_at": instant(one.last_message_at), "accepted": one.accepted, "unknown": one.unknown,
        "rejected": one.rejected, "undated": one.undated, "late": one.late, "duplicate": one.duplicate,
        "rate": one.rate, "per_minute": one.per_minute,
        "connected": one.connected, "connected_since": instant(one.connected_since), "failures": one.failures,
        "last_error": one.last_error if whole else "", "pages_left": one.pages_left, "lag": one.lag,
        "clock_ahead": None if one.ahead is None else one.ahead / 1e6,
        "rejections": one.rejections if whole else (),
    }  # fmt: skip


def feed_of(request: Request, slug: str) -> Feed:
    """The feed, for who may change feeds of its site."""
    feed = Feed.objects.select_related("supervisor").filter(slug=slug).first()
    if feed is None:
        raise Http404
    rights.of(request).at(feed.supervisor.site_id, None, Verb.FEEDS)
    return feed


class Feeds(APIView):
    @extend_schema(
        operation_id="list_feeds",
        summary="List the feeds of a site with their health",
        parameters=[OpenApiParameter("site", str, required=True)],
        responses=shapes.FeedRow(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(feed_rows(rights.of(request).on(request.query_params.get("site", ""))))


class FeedToken(APIView):
    @extend_schema(
        operation_id="rotate_feed_token",
        summary="Replace the token of a feed",
        description="The old token stops working within two seconds.",
        request=None,
        responses={201: shapes.Token},
    )
    def post(self, request: Request, feed: str) -> Response:
        row = feed_of(request, feed)
        token = changes.renew_token(row, by=actor_of(request), now=timezone.now())
        return Response({"token": token}, status=201)


class FeedStop(APIView):
    @extend_schema(
        operation_id="switch_feed_on",
        summary="Enable a feed that is switched off",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, feed: str) -> Response:
        changes.switch_on(feed_of(request, feed), by=actor_of(request), now=timezone.now())
        return Response(status=204)


class UnknownAddresses(APIView):
    @extend_schema(
        operation_id="list_unknown_addresses",
        summary="List the addresses of a feed that no point has",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.UnknownAddressRow),
    )
    def get(self, request: Request, feed: str) -> Response:
        rows = UnknownAddress.objects.filter(feed=feed_of(request, feed))
        return page(request, rows, {"id": "id"}, _address_rows, newest=True)


def _address_rows(rows: Iterable[UnknownAddress]) -> list[dict[str, object]]:
    return [
        {"id": row.pk, "address": row.address, "first_seen_at": instant(row.first_seen_at),
         "last_seen_at": instant(row.last_seen_at), "seen": row.seen, "sample": row.sample}
        for row in rows
    ]  # fmt: skip


class AddressAdoption(APIView):
    @extend_schema(
        operation_id="adopt_unknown_address",
        summary="Assign an unknown address to a point",
        request=shapes.Adoption,
        responses={
            201: shapes.PointRow,
            409: OpenApiResponse(shapes.ProblemDetails, description="The point already has an address, or is elsewhere."),
        },
    )
    def post(self, request: Request, feed: str, address: int) -> Response:
        body = checked(shapes.Adoption, request)
        row = UnknownAddress.objects.select_related("feed__supervisor").filter(feed=feed_of(request, feed), pk=address).first()
        asset, quantity = _place(body, row)
        template = next((each for each in asset.kind.points if each["quantity"] == quantity), {})
        point = unknown.adopt(row, asset, quantity, unit=template.get("unit", ""), interval=template.get("interval", 60))
        return Response(point_row(point, template), status=201)


def _place(body: dict[str, object], row: UnknownAddress | None) -> tuple[Asset, str]:
    """The asset and the quantity an address is to be of; Http404 for what is not of the feed's site."""
    if row is None:
        raise Http404
    site = row.feed.supervisor.site_id
    if "point" in body:
        point = Point.objects.select_related("asset__kind").filter(pk=body["point"], asset__site_id=site).first()
        if point is None:
            raise Http404
        return point.asset, point.quantity
    asset = Asset.objects.select_related("kind").filter(pk=body["asset"], site_id=site).first()
    if asset is None:
        raise Http404
    return asset, body["quantity"]
