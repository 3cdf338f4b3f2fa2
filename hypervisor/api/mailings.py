"""Mailings of a site: reports and months of contracts that are mailed every month or week, as their page keeps them."""

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Sector, Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.duty import REFUSALS
from hypervisor.api.moves import checked
from hypervisor.rights import Verb
from journal.rows import time_text
from reports import schedules
from reports.models import ReportSchedule
from response.models import Contract

EVERY = ReportSchedule.Every.values


class MailingContact(s.Serializer):
    name = s.CharField(max_length=120, allow_blank=True, default="")
    address = s.CharField(max_length=254)


class WantedMailing(s.Serializer):
    name = s.CharField(max_length=120)
    every = s.ChoiceField(EVERY)
    day = s.IntegerField(min_value=1, max_value=28, help_text="Of the month, or of the week from Monday, 1.")
    hour = s.IntegerField(min_value=0, max_value=23, help_text="On the clocks of the site.")
    language = s.ChoiceField(["fr", "en"], help_text="Of the document.")
    contacts = MailingContact(many=True, max_length=schedules.MOST_CONTACTS)
    contract = s.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1, help_text="Its month; without it the report of alarms."
    )
    sector = s.SlugField(required=False, allow_null=True, max_length=60, help_text="Of the report of alarms: only there.")


class MailingRow(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    every = s.ChoiceField(EVERY)
    day = s.IntegerField()
    hour = s.IntegerField()
    language = s.ChoiceField(["fr", "en"])
    contacts = MailingContact(many=True)
    contract = s.IntegerField(allow_null=True)
    sector = s.CharField(allow_null=True)
    next_at = s.DateTimeField(help_text="When it is sent next.")
    made_by = s.CharField()


def _row(row: ReportSchedule) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in ("id", "name", "every", "day", "hour", "language", "contacts", "made_by")},
        "contract": row.contract_id, "sector": row.sector.slug if row.sector is not None else None,
        "next_at": time_text(row.next_at),
    }  # fmt: skip


def _wanted(request: Request, site_id: int) -> schedules.Wanted:
    """Raises ValidationError for what the site does not have."""
    told = checked(WantedMailing, request)
    contract, sector = told.pop("contract", None), told.pop("sector", None)
    found = Contract.objects.filter(pk=contract, contractor__site_id=site_id).first() if contract is not None else None
    place = Sector.objects.defer("polygon").filter(slug=sector, site_id=site_id).first() if sector is not None else None
    if contract is not None and found is None:
        raise ValidationError({"contract": _("The site has no such contract.")})
    if sector is not None and place is None:
        raise ValidationError({"sector": _("The site has no such sector.")})
    contacts = [schedules.Recipient(each["name"], each["address"]) for each in told.pop("contacts")]
    return schedules.Wanted(**told, contacts=contacts, contract=found, sector=place)


def _on(request: Request, site: str) -> Site:
    return rights.on_site(request, site, Verb.NOTIFICATION)[1]


def _known(site: Site, mailing: int) -> ReportSchedule:
    """Raises Http404."""
    row = ReportSchedule.objects.select_related("sector").filter(site=site, pk=mailing, ended_at=None).first()
    if row is None:
        raise Http404
    return row


class SiteMailings(APIView):
    @extend_schema(operation_id="list_mailings", summary="List the mailings of a site", responses=MailingRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        rows = ReportSchedule.objects.select_related("sector").filter(site=_on(request, site), ended_at=None)
        return Response([_row(each) for each in rows])

    @extend_schema(
        operation_id="add_mailing", summary="Have a report mailed every month or week", request=WantedMailing,
        responses={201: MailingRow, **REFUSALS},
    )  # fmt: skip
    def post(self, request: Request, site: str) -> Response:
        the_site = _on(request, site)
        wanted = _wanted(request, the_site.pk)
        row = schedules.keep(the_site.pk, the_site.timezone, wanted, by=actor_of(request), now=timezone.now())
        return Response(_row(row), status=status.HTTP_201_CREATED)


class SiteMailing(APIView):
    @extend_schema(
        operation_id="change_mailing", summary="Replace a mailing", request=WantedMailing,
        responses={200: MailingRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, site: str, mailing: int) -> Response:
        the_site = _on(request, site)
        known, wanted = _known(the_site, mailing), _wanted(request, the_site.pk)
        told = {"by": actor_of(request), "now": timezone.now()}
        return Response(_row(schedules.keep(the_site.pk, the_site.timezone, wanted, **told, known=known)))

    @extend_schema(
        operation_id="end_mailing", summary="End a mailing", description="What was sent stays in its list.",
        responses={204: None, **REFUSALS},
    )  # fmt: skip
    def delete(self, request: Request, site: str, mailing: int) -> Response:
        schedules.end(_known(_on(request, site), mailing), by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
