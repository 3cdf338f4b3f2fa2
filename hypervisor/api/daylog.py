"""The day log: notes, their corrections and attachments, and the signatures under its days."""

import datetime as dt
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Asset, Sector, Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import asset_called, incidents, pace, shapes
from hypervisor.api.alarm_filters import in_sector
from hypervisor.api.asked import an_id, choice, flag, number
from hypervisor.api.daylog_shapes import AttachmentRow, NewNote, NewSignature, NoteRow, SignatureRow, VerifiedSignature
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.searching import search
from hypervisor.headers import attached
from hypervisor.models import User
from hypervisor.rights import Right, Verb
from response.daylog import files, signing, writing
from response.daylog.rows import attachment_row, note_rows, signature_rows
from response.models import Attachment, DaySignature, Note

_REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this, or your sectors do not."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such thing, or not yours to see."),
    422: OpenApiResponse(shapes.ProblemDetails, description="Something given does not fit; nothing was written."),
}
FILTERS = [
    OpenApiParameter("q", str, description="Words of the text, or of what it is about, without regard to accents."),
    OpenApiParameter("category", str, enum=Note.Category.values),
    OpenApiParameter("importance", str, enum=Note.Importance.values),
    OpenApiParameter("sector", str, description="Slug; what is nested in it too."),
    an_id("asset", "Id of an asset."),
    an_id("incident", "Id of an incident."),
    OpenApiParameter("in_summary", bool),
    OpenApiParameter("mentions_me", bool, description="Only what calls you by @."),
    OpenApiParameter("from", OpenApiTypes.DATE, description="First day, on the site's clocks, by when it happened."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Last day."),
]


class AnyFile(BaseParser):
    """The body as it is."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: dict[str, Any] | None = None) -> bytes:
        return stream.read(files.MOST_BYTES + 1)


def readable(right: Right) -> QuerySet[Note]:
    """Notes of the site whose sector the right covers; of no sector, for who sees the whole site."""
    return Note.objects.filter(right.within(), site_id=right.site_id)


def wanted(request: Request, right: Right, site: Site, me: str) -> QuerySet[Note]:
    """The readable notes that the query string asks for. Raises ValidationError."""
    asked, notes = request.query_params, readable(right)
    for name, values in (("category", Note.Category.values), ("importance", Note.Importance.values)):
        if word := choice(request, name, ["", *values], ""):
            notes = notes.filter(**{name: word})
    for name in ("asset", "incident"):
        if (id_ := number(request, name)) is not None:
            notes = notes.filter(**{f"{name}_id": id_})
    if sector := asked.get("sector"):
        notes = notes.filter(in_sector(right.site_id, sector))
    if (summary := flag(request, "in_summary")) is not None:
        notes = notes.filter(in_summary=summary)
    if flag(request, "mentions_me"):
        notes = notes.filter(mentions__contains=[me])
    if first := day_of(asked.get("from"), "from"):
        notes = notes.filter(happened_at__gte=signing.bounds(site, first)[0])
    if last := day_of(asked.get("to"), "to"):
        notes = notes.filter(happened_at__lt=signing.bounds(site, last)[1])
    if words := asked.get("q", "").strip():
        query = search(words)
        notes = notes.filter(search=query) if query else notes.none()
    return notes


def day_of(text: str | None, name: str) -> dt.date | None:
    """A day that was given; None when none was. Raises ValidationError for what is no day that a log may have."""
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 2200:
        raise ValidationError({name: _("A day, as 2026-03-01.")})
    return day


def people_of(site: int) -> set[str]:
    """Logins that a note of this site may call."""
    return set(User.objects.filter(grants__site=site, is_active=True).values_list("username", flat=True))


def found(request: Any, note: int, verb: Verb = Verb.SEE) -> tuple[Note, Right]:
    row = Note.objects.select_related("sector", "site").filter(pk=note).first()
    if row is None:
        raise Http404
    return row, rights.of(request).at(row.site_id, row.sector.path if row.sector else None, verb)


def _draft(request: Request, right: Right) -> writing.Draft:
    """What is asked to be written, about what the person may see. Raises ValidationError, PermissionDenied."""
    told = checked(NewNote, request)
    asset = sector = incident = None
    if code := told.get("asset"):
        asset = asset_called.asked(code, Asset.objects.select_related("sector").filter(right.within(), site_id=right.site_id))
    elif slug := told.get("sector"):
        sector = Sector.objects.defer("polygon").filter(site_id=right.site_id, slug=slug).first()
        if sector is None or not right.covers(sector.path):
            raise ValidationError({"sector": _("No sector of the site that you may see has this name.")})
    if right.sectors is not None and asset is None and sector is None:
        raise ValidationError({"sector": _("You see some sectors: say which of them it is about.")})
    if id_ := told.get("incident"):
        incident, its = incidents.incident_of(request, id_)
        if its.site_id != right.site_id:
            raise ValidationError({"incident": _("It is of another site.")})
    return writing.Draft(
        text=told["text"].replace("\0", ""), happened_at=told.get("happened_at") or timezone.now(), category=told["category"],
        importance=told["importance"], in_summary=told["in_summary"], asset=asset, sector=sector, incident=incident,
    )  # fmt: skip


def _one(note: Note, code: int = status.HTTP_200_OK) -> Response:
    return Response(note_rows(Note.objects.filter(pk=note.pk))[0], status=code)


class SiteNotes(APIView):
    throttle_classes = [pace.Remarks, pace.Changes]

    @extend_schema(
        operation_id="list_notes",
        summary="List the notes of the day log, newest first",
        parameters=[*FILTERS, *PARAMETERS],
        responses=shapes.paged(NoteRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        notes = wanted(request, right, Site.objects.get(pk=right.site_id), request.user.get_username())
        return page(request, notes, {"number": "number"}, note_rows, newest=True)

    @extend_schema(
        operation_id="write_note",
        summary="Create a note in the day log",
        description="A note never changes; a correction is another note. The same text sent again within a minute is "
        "stored once.",
        request=NewNote,
        responses={201: NoteRow, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.COMMENT)
        people = people_of(right.site_id)
        note = writing.write(right.site_id, _draft(request, right), people=people, by=actor_of(request), now=timezone.now())
        return _one(note, status.HTTP_201_CREATED)


class NoteView(APIView):
    @extend_schema(operation_id="get_note", summary="Get a note of the day log", responses={200: NoteRow, 404: _REFUSALS[404]})
    def get(self, request: Request, note: int) -> Response:
        return _one(found(request, note)[0])


class Corrections(APIView):
    throttle_classes = [pace.Remarks, pace.Changes]

    @extend_schema(
        operation_id="correct_note",
        summary="Create a note that corrects another",
        description="The corrected note remains; each note refers to the other.",
        request=NewNote,
        responses={201: NoteRow, **_REFUSALS},
    )
    def post(self, request: Request, note: int) -> Response:
        row, right = found(request, note, Verb.COMMENT)
        people = people_of(right.site_id)
        made = writing.correct(row, _draft(request, right), people=people, by=actor_of(request), now=timezone.now())
        return _one(made, status.HTTP_201_CREATED)


class Attachments(APIView):
    parser_classes = [AnyFile]
    throttle_classes = [pace.Remarks, pace.Changes]

    @extend_schema(
        operation_id="attach_to_note",
        summary="Attach a picture or a PDF to a note",
        description="The body is the file: PNG, JPEG, WebP or PDF, 8 MiB at most. Its SHA-256 goes into the journal.",
        parameters=[OpenApiParameter("name", str, description="What the file is called.")],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: AttachmentRow, **_REFUSALS},
    )
    def post(self, request: Request, note: int) -> Response:
        row, _right = found(request, note, Verb.COMMENT)
        content = request.data if isinstance(request.data, bytes) else b""
        name = request.query_params.get("name", "")
        added = writing.attach(row, name, content, by=actor_of(request), now=timezone.now())
        return Response(attachment_row(added), status=status.HTTP_201_CREATED)


class AttachmentView(APIView):
    @extend_schema(
        operation_id="get_attachment",
        summary="Get an attachment of a note",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: _REFUSALS[404]},
    )
    def get(self, request: Request, note: int, attachment: int) -> HttpResponse:
        row, _right = found(request, note)
        its = Attachment.objects.filter(note=row, pk=attachment).first()
        if its is None:
            raise Http404
        return attached(bytes(its.content), its.media_type, f"attachment; filename*=UTF-8''{quote(its.name)}")


class Signatures(APIView):
    @extend_schema(
        operation_id="list_day_signatures",
        summary="List the signatures of the day log, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(SignatureRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return page(request, DaySignature.objects.filter(site_id=right.site_id), {"id": "id"}, signature_rows, newest=True)

    @extend_schema(
        operation_id="sign_day",
        summary="Sign a day of the day log, over the journal's chain",
        description="For shift supervisors of the whole site. Covers what has been written so far; signing again without "
        "changes returns the same signature.",
        request=NewSignature,
        responses={200: SignatureRow, 409: OpenApiResponse(shapes.ProblemDetails, description="The day is empty."), **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.SIGN)
        day = checked(NewSignature, request)["day"]
        made = signing.sign(Site.objects.get(pk=right.site_id), day, by=actor_of(request), now=timezone.now())
        return Response(signature_rows([made])[0])


class SignatureView(APIView):
    @extend_schema(
        operation_id="verify_day_signature",
        summary="Get a signature and whether the signed day is unchanged",
        responses={200: VerifiedSignature, 404: _REFUSALS[404]},
    )
    def get(self, request: Request, signature: int) -> Response:
        row = DaySignature.objects.filter(pk=signature).first()
        if row is None:
            raise Http404
        rights.of(request).at(row.site_id, None)
        return Response(signature_rows([row])[0] | {"holds": signing.holds(row)})
