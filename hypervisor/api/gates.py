"""Gates, their readers and the access-management systems, as administrators set them."""

from django.db.models import Count, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Asset, Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import gate_shapes as told_as
from hypervisor.api import shapes
from hypervisor.api.asked import choice
from hypervisor.api.moves import checked
from hypervisor.api.passages import REFUSALS
from hypervisor.rights import Verb
from journal.rows import time_text
from passages import field, gates
from passages.models import Gate, PermitSource, Purpose, Reader


def gate_rows(found: QuerySet[Gate]) -> list[dict[str, object]]:
    return [
        _row(gate) for gate in found.select_related("site", "asset__kind", "asset__sector", "purpose").prefetch_related("readers")
    ]


def _row(gate: Gate) -> dict[str, object]:
    asset, sector, barrier = gate.asset, gate.asset.sector, field.barrier(gate, timezone.now())
    return {
        "id": gate.pk, "site": gate.site.slug, "slug": gate.slug, "name": gate.name,
        "asset": {"id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug, "lon": asset.longitude,
                  "lat": asset.latitude},
        "sector": sector and {"slug": sector.slug, "name": sector.name, "path": sector.path},
        "area": gate.area, "direction": gate.direction, "policy": gate.policy, "threshold": gate.threshold, "zones": gate.zones,
        "purpose": gate.purpose_id, "reads_plates": gate.purpose is not None and gate.purpose.withdrawn_at is None,
        "quiet_after": gate.quiet_after, "waits": gate.waits, "intercom": gate.intercom,
        "enabled": gate.enabled,
        "barrier": {"state": barrier.state, "age": barrier.age and barrier.age.total_seconds(), "stale": barrier.stale},
        "readers": [reader_row(reader) for reader in gate.readers.all()],
    }  # fmt: skip


def reader_row(reader: Reader) -> dict[str, object]:
    names = ("slug", "name", "source", "direction", "camera", "enabled", "token_hint", "clock_off", "refused", "refusal")
    return {name: getattr(reader, name) for name in names} | {
        "id": reader.pk, "asset": reader.asset_id, "address": gates.without_password(reader.address),
        "heard_at": time_text(reader.heard_at),
    }  # fmt: skip


def number_of_permits(source: PermitSource) -> int:
    """As a list counted it beside its rows, else asked for."""
    counted = getattr(source, "number", None)
    return source.permits.count() if counted is None else counted


def source_row(source: PermitSource) -> dict[str, object]:
    names = ("slug", "name", "interval", "allow_private_address", "enabled", "token_hint", "failure")
    return {name: getattr(source, name) for name in names} | {
        "id": source.pk, "address": gates.without_password(source.address), "has_secret": bool(source.secret),
        "heard_at": time_text(source.heard_at), "permits": number_of_permits(source),
    }  # fmt: skip


def _gate(request: Request, gate: int, verb: Verb = Verb.GATES) -> Gate:
    row = Gate.objects.select_related("site", "asset__sector", "asset__kind", "purpose").filter(pk=gate).first()
    if row is None:
        raise Http404
    sector = row.asset.sector
    rights.of(request).at(row.site_id, sector and sector.path, verb)
    return row


def _reader(request: Request, reader: str) -> Reader:
    row = Reader.objects.select_related("gate__site", "gate__asset__sector").filter(slug=reader).first()
    if row is None:
        raise Http404
    rights.of(request).at(row.gate.site_id, None, Verb.GATES)
    return row


def _source(request: Request, source: str) -> PermitSource:
    row = PermitSource.objects.select_related("site").filter(slug=source).first()
    if row is None:
        raise Http404
    rights.of(request).at(row.site_id, None, Verb.GATES)
    return row


def _asset(site: int, asset: int | None) -> Asset | None:
    if asset is None:
        return None
    row = Asset.objects.select_related("kind").filter(pk=asset, site_id=site, retired_at=None).first()
    if row is None:
        raise ValidationError({"asset": _("The site has no such asset.")})
    return row


def _wanted(request: Request, site: int) -> dict[str, object]:
    body = checked(told_as.NewGate, request)
    body["asset"] = _asset(site, body["asset"])
    if (purpose := body["purpose"]) is not None:
        body["purpose"] = Purpose.objects.filter(pk=purpose, site_id=site).first()
        if body["purpose"] is None:
            raise ValidationError({"purpose": _("The site has no such purpose.")})
    return body


class SiteGates(APIView):
    @extend_schema(
        operation_id="list_gates", summary="List the gates of a site with their readers", responses=told_as.GateRow(many=True)
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(gate_rows(Gate.objects.filter(right.within("asset__sector"), site_id=right.site_id)))

    @extend_schema(
        operation_id="create_gate", summary="Create a gate for a barrier or a bollard", request=told_as.NewGate,
        responses={201: told_as.GateRow, **REFUSALS},
    )  # fmt: skip
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.GATES)
        wanted = _wanted(request, right.site_id)
        gate = gates.save_gate(Site.objects.get(pk=right.site_id), wanted, by=actor_of(request), now=timezone.now())
        return Response(gate_rows(Gate.objects.filter(pk=gate.pk))[0], status=201)


class GateView(APIView):
    @extend_schema(operation_id="get_gate", summary="Get a gate", responses={200: told_as.GateRow, 404: REFUSALS[404]})
    def get(self, request: Request, gate: int) -> Response:
        return Response(gate_rows(Gate.objects.filter(pk=_gate(request, gate, Verb.SEE).pk))[0])

    @extend_schema(
        operation_id="change_gate", summary="Replace a gate's settings", request=told_as.NewGate,
        responses={200: told_as.GateRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, gate: int) -> Response:
        row = _gate(request, gate)
        gates.save_gate(row.site, _wanted(request, row.site_id), by=actor_of(request), now=timezone.now(), known=row)
        return Response(gate_rows(Gate.objects.filter(pk=row.pk))[0])


class GateReaders(APIView):
    @extend_schema(
        operation_id="create_reader",
        summary="Add a reader to a gate",
        description="Request its token next, and configure it to send to `/api/v1/readers/{reader}/reads`.",
        request=told_as.NewReader,
        responses={201: told_as.ReaderRow, **REFUSALS},
    )
    def post(self, request: Request, gate: int) -> Response:
        row = _gate(request, gate)
        body = checked(told_as.NewReader, request)
        body["asset"] = _asset(row.site_id, body["asset"])
        reader = gates.save_reader(row, body, by=actor_of(request), now=timezone.now())
        return Response(reader_row(reader), status=201)


class ReaderView(APIView):
    @extend_schema(
        operation_id="change_reader", summary="Replace a reader's settings", request=told_as.NewReader,
        responses={200: told_as.ReaderRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, reader: str) -> Response:
        row = _reader(request, reader)
        body = checked(told_as.NewReader, request)
        body["asset"] = _asset(row.gate.site_id, body["asset"])
        body["address"] = gates.address_kept(row, body["address"])
        return Response(reader_row(gates.save_reader(row.gate, body, by=actor_of(request), now=timezone.now(), known=row)))

    @extend_schema(
        operation_id="remove_reader", summary="Delete a reader and keep its reads", request=None, responses={204: None}
    )
    def delete(self, request: Request, reader: str) -> Response:
        gates.remove_reader(_reader(request, reader), by=actor_of(request), now=timezone.now())
        return Response(status=204)


class ReaderToken(APIView):
    @extend_schema(
        operation_id="rotate_reader_token", summary="Replace the token of a reader",
        description="The old token stops working within seconds.", request=None,
        responses={201: shapes.Token},
    )  # fmt: skip
    def post(self, request: Request, reader: str) -> Response:
        row = _reader(request, reader)
        return Response({"token": gates.new_token(row, row.gate, by=actor_of(request), now=timezone.now())}, status=201)


class PermitSources(APIView):
    @extend_schema(
        operation_id="list_permit_sources",
        summary="List the access-management systems of a site",
        responses=told_as.SourceRow(many=True),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.GATES)
        sources = PermitSource.objects.filter(site_id=right.site_id).annotate(number=Count("permits"))
        return Response([source_row(source) for source in sources])

    @extend_schema(
        operation_id="create_permit_source",
        summary="Add an access-management system that pushes permits or is pulled",
        request=told_as.NewSource,
        responses={201: told_as.SourceRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.GATES)
        body = checked(told_as.NewSource, request)
        source = gates.save_source(Site.objects.get(pk=right.site_id), body, by=actor_of(request), now=timezone.now())
        return Response(source_row(source), status=201)


class PermitSourceView(APIView):
    @extend_schema(
        operation_id="change_permit_source", summary="Replace the settings of an access-management system",
        request=told_as.NewSource,
        responses={200: told_as.SourceRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, source: str) -> Response:
        row = _source(request, source)
        body = checked(told_as.NewSource, request)
        body["address"] = gates.address_kept(row, body["address"])
        changed = gates.save_source(row.site, body, by=actor_of(request), now=timezone.now(), known=row)
        return Response(source_row(changed))

    @extend_schema(
        operation_id="remove_permit_source", summary="Delete an access-management system and keep its imports", request=None,
        parameters=[
            OpenApiParameter(
                "permits", str, enum=["end", "keep"], required=True,
                description="What becomes of its permits: they end now, or they stay and are changed by hand.",
            )
        ],
        responses={204: None, **REFUSALS},
    )  # fmt: skip
    def delete(self, request: Request, source: str) -> Response:
        row = _source(request, source)
        ending = choice(request, "permits", ("end", "keep"), "") == "end"
        gates.remove_source(row, ending=ending, by=actor_of(request), now=timezone.now())
        return Response(status=204)


class PermitSourceToken(APIView):
    @extend_schema(
        operation_id="rotate_permit_source_token", summary="Replace the token of an access-management system", request=None,
        responses={201: shapes.Token},
    )  # fmt: skip
    def post(self, request: Request, source: str) -> Response:
        row = _source(request, source)
        return Response({"token": gates.new_token(row, row, by=actor_of(request), now=timezone.now())}, status=201)
