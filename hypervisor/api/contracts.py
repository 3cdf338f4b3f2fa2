"""Contractors of a site and their contracts, for administrators to keep; everybody who orders reads them."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import AssetKind, Sector
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.moves import checked
from hypervisor.api.work_order_shapes import ContractorRow, ContractRow, WantedContract, WantedContractor
from hypervisor.api.work_orders import REFUSALS
from hypervisor.rights import Verb
from response.models import Contract, Contractor
from response.orders import contracts
from response.orders.rows import contract_rows, contractor_rows


class SiteContractors(APIView):
    @extend_schema(operation_id="list_contractors", summary="List the contractors of a site", responses=ContractorRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(contractor_rows(Contractor.objects.filter(site_id=right.site_id)))


class SiteContractor(APIView):
    @extend_schema(
        operation_id="keep_contractor",
        summary="Add a contractor, or replace what is known of one",
        request=WantedContractor,
        responses={200: ContractorRow, **REFUSALS},
    )
    def put(self, request: Request, site: str, contractor: str) -> Response:
        right = rights.of(request).on(site, Verb.CONTRACTS)
        told = checked(WantedContractor, request)
        if len(contractor) > 60:
            raise ValidationError({"contractor": _("60 characters at most.")})
        row = contracts.keep_contractor(right.site_id, contractor, **told, by=actor_of(request), now=timezone.now())
        return Response(contractor_rows(Contractor.objects.filter(pk=row.pk))[0])


def wanted_by(right: rights.Right, told: dict[str, Any]) -> tuple[Contractor, contracts.Wanted]:
    """Raises ValidationError for what the site does not have."""
    contractor = Contractor.objects.filter(site_id=right.site_id, slug=told["contractor"]).first()
    if contractor is None:
        raise ValidationError({"contractor": _("The site has no such contractor.")})
    found: dict[str, list[Any]] = {}
    for name, rows in (
        ("kinds", AssetKind.objects.all()), ("sectors", Sector.objects.defer("polygon").filter(site_id=right.site_id)),
    ):  # fmt: skip
        found[name] = list(rows.filter(slug__in=told[name]))
        if len(found[name]) < len(set(told[name])):
            raise ValidationError({name: _("One of them is unknown.")})
    terms = {name: dict(each) for name, each in told["terms"].items()}
    return contractor, contracts.Wanted(
        reference=told["reference"],
        terms=terms,
        starts_on=told["starts_on"],
        ends_on=told["ends_on"],
        hours=told["hours"],
        holidays=told["holidays"],
        **found,
    )


class SiteContracts(APIView):
    @extend_schema(operation_id="list_contracts", summary="List the contracts of a site", responses=ContractRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(contract_rows(Contract.objects.filter(contractor__site_id=right.site_id)))

    @extend_schema(
        operation_id="add_contract",
        summary="Add a contract of a contractor",
        request=WantedContract,
        responses={201: ContractRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.CONTRACTS)
        contractor, wanted = wanted_by(right, checked(WantedContract, request))
        row = contracts.keep_contract(contractor, wanted, by=actor_of(request), now=timezone.now())
        return Response(contract_rows(Contract.objects.filter(pk=row.pk))[0], status=status.HTTP_201_CREATED)


class ContractView(APIView):
    @extend_schema(
        operation_id="change_contract",
        summary="Replace a contract",
        description="What was ordered by it keeps its due instants.",
        request=WantedContract,
        responses={200: ContractRow, **REFUSALS},
    )
    def put(self, request: Request, contract: int) -> Response:
        known = Contract.objects.select_related("contractor__site").filter(pk=contract).first()
        if known is None:
            raise Http404
        right = rights.of(request).on(known.contractor.site.slug, Verb.CONTRACTS)
        contractor, wanted = wanted_by(right, checked(WantedContract, request))
        if contractor.pk != known.contractor_id:
            raise ValidationError({"contractor": _("A contract stays with its contractor.")})
        row = contracts.keep_contract(contractor, wanted, by=actor_of(request), now=timezone.now(), known=known)
        return Response(contract_rows(Contract.objects.filter(pk=row.pk))[0])
