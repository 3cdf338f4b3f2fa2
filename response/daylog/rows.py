"""The one shape of a note and of a signature, wherever they are shown."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet

from journal.rows import time_text
from response.models import Attachment, DaySignature, Note


def note_rows(found: QuerySet[Note]) -> list[dict[str, Any]]:
    """Rows of notes in the queryset's order, in four queries however many."""
    files = Prefetch("attachments", Attachment.objects.defer("content"))
    corrections = Prefetch("corrections", Note.objects.only("id", "number", "corrects_id").order_by("number"))
    notes = found.select_related("site", "asset", "sector", "incident", "corrects").prefetch_related(files, corrections)
    return [_row(note) for note in notes]


def _row(note: Note) -> dict[str, Any]:
    return {
        "id": note.pk,
        "site": note.site.slug,
        "seq": note.seq,
        "number": note.number,
        "happened_at": time_text(note.happened_at),
        "written_at": time_text(note.written_at),
        "closed_at": time_text(note.written_at),  # a note is never open: nobody has to do anything about it
        "by": note.by,
        "desk": note.desk,
        "category": note.category,
        "importance": note.importance,
        "in_summary": note.in_summary,
        "text": note.text,
        "asset": note.asset and {"id": note.asset.pk, "code": note.asset.code, "name": note.asset.name},
        "sector": note.sector and {"slug": note.sector.slug, "name": note.sector.name, "path": note.sector.path},
        "incident": note.incident and {"id": note.incident.pk, "number": note.incident.number},
        "corrects": note.corrects and {"id": note.corrects.pk, "number": note.corrects.number},
        "corrected_by": [{"id": each.pk, "number": each.number} for each in note.corrections.all()],
        "mentions": note.mentions,
        "attachments": [attachment_row(each) for each in note.attachments.all()],
    }


def attachment_row(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "added_at": time_text(attachment.added_at),
        "added_by": attachment.added_by,
    }


def signature_rows(found: Iterable[DaySignature]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.pk,
            "day": each.day.isoformat(),
            "signed_at": time_text(each.signed_at),
            "signed_by": each.signed_by,
            "first": each.first,
            "last": each.last,
            "root": each.root,
            "notes": each.notes,
        }
        for each in found
    ]
