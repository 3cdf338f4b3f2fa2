"""The one shape of an entity and of a message between rooms, wherever they are shown."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet

from journal.rows import time_text
from response.entities import asking
from response.models import Entity, EntityAnswer, EntityMessage, Recipient

_OF_MESSAGE = {"text", "sent_by", "closed_by", "reason"}
_OF_RECIPIENT = {"members", "acknowledged_by", "answer"}
"""Members that people wrote or that tell of people: they stay in the house."""


def entity_rows(found: QuerySet[Entity]) -> list[dict[str, Any]]:
    """Rows in the queryset's order, in two queries."""
    return [
        {
            "id": each.pk, "slug": each.slug, "name": _name(each), "contact": each.contact,
            "members": _members(each), "retired_at": time_text(each.retired_at),
        }
        for each in found.prefetch_related("members")
    ]  # fmt: skip


def message_rows(found: QuerySet[EntityMessage]) -> list[dict[str, Any]]:
    """Rows in the queryset's order, in four queries."""
    recipients = Recipient.objects.select_related("entity", "answer").prefetch_related("entity__members").order_by("id")
    found = found.select_related("site", "sector", "incident", "sender").defer("sector__polygon")
    return [_row(each) for each in found.prefetch_related(Prefetch("recipients", recipients))]


def without_people(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as they may leave the house."""
    return [
        {name: value for name, value in row.items() if name not in _OF_MESSAGE}
        | {"recipients": [{name: each[name] for name in each if name not in _OF_RECIPIENT} for each in row["recipients"]]}
        for row in rows
    ]


def _row(each: EntityMessage) -> dict[str, Any]:
    answers = None if each.form is None else asking.read(each.form)
    return {
        "id": each.pk, "site": each.site.slug, "seq": each.seq, "number": each.number, "kind": each.kind, "text": each.text,
        "form": each.form, "due_at": time_text(each.due_at), "alarm": each.alarm_id,
        "incident": each.incident and {"id": each.incident.pk, "number": each.incident.number},
        "sector": each.sector and {"slug": each.sector.slug, "name": each.sector.name, "path": each.sector.path},
        "sender": each.sender and _brief(each.sender), "sent_at": time_text(each.sent_at), "sent_by": each.sent_by,
        "by_procedure": bool(each.cause),
        "settled_at": time_text(each.settled_at), "late": each.late_since is not None and each.settled_at is None,
        "closed_at": time_text(each.closed_at), "closed_by": each.closed_by, "ending": each.ending, "reason": each.reason,
        "recipients": [_recipient(one, answers) for one in each.recipients.all()],
    }  # fmt: skip


def _recipient(one: Recipient, answers: asking.Answers | None) -> dict[str, Any]:
    answer = getattr(one, "answer", None)
    return {
        "entity": _brief(one.entity), "contact": one.entity.contact, "members": _members(one.entity),
        "must_answer": one.must_answer, "acknowledged_at": time_text(one.acknowledged_at),
        "acknowledged_by": one.acknowledged_by, "answered_at": time_text(answer and answer.at),
        "answer": _answer(answer, answers) if answer is not None and answers is not None else None,
    }  # fmt: skip


def _answer(answer: EntityAnswer, answers: asking.Answers) -> dict[str, Any]:
    said = answers.said(answer.answer)
    return {
        "value": answer.answer, "words": {"fr": said.fr, "en": said.en}, "note": answer.note, "by": answer.by,
        "spoken_by": answer.spoken_by, "late": answer.late,
    }  # fmt: skip


def _brief(entity: Entity) -> dict[str, Any]:
    return {"id": entity.pk, "slug": entity.slug, "name": _name(entity)}


def _name(entity: Entity) -> dict[str, str]:
    return {"fr": entity.name_fr, "en": entity.name_en}


def _members(entity: Entity) -> list[str]:
    """User names of whoever acts in its name today."""
    return sorted(each.get_username() for each in entity.members.all() if each.is_active)
