"""Contacts, watches, escalations and messages as JSON: the one shape of each, for the interface and the pages."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from alarms.models import SEVERITY_NAMES
from assets.models import Site
from journal.rows import time_text
from response.models import Contact, Escalation, Message
from response.notification import oncall, outbox, spec
from response.notification.reach import Gap
from response.notification.staff import Staff

AHEAD = dt.timedelta(days=14)
"""How far the watches of a rota are told."""


def contact_row(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.pk,
        "site": contact.site.slug,
        "person": contact.person.get_username(),
        "means": contact.means,
        "hint": contact.hint,
        "created_at": time_text(contact.created_at),
        "verified_at": time_text(contact.verified_at),
        "code_until": time_text(contact.code_until),
    }


def message_rows(messages: QuerySet[Message]) -> list[dict[str, Any]]:
    """Messages of alarms and maintenance, with whom each is for and how it does."""
    rows = list(messages.select_related("contact__person", "escalation"))
    waiting = [row for row in rows if row.held_since is not None and row.state == Message.State.PENDING]
    held = {row.contact_id for row in waiting}
    counts = {each.contact: each.count for each in outbox.held(waiting[0].site_id, held)} if waiting else {}
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "alarm": row.escalation_id,
            "person": row.contact.person.get_username(),
            "means": row.contact.means,
            "hint": row.contact.hint,
            "step": row.step + 1,
            "turn": row.turn + 1,
            "state": row.state,
            "created_at": time_text(row.created_at),
            "due_at": time_text(row.due_at if row.state == Message.State.PENDING else None),
            "held_since": time_text(row.held_since if row.state == Message.State.PENDING else None),
            "held": counts.get(row.contact_id, 1) if row.state == Message.State.PENDING and row.held_since else 0,
            "sent_at": time_text(row.sent_at),
            "delivered_at": time_text(row.delivered_at),
            "failed_at": time_text(row.failed_at),
            "cancelled_at": time_text(row.cancelled_at),
            "tries": row.tries,
            "reason": row.reason,
            "letter": str(row.letter) if row.letter else None,
            "answered_at": time_text(row.answered_at),
        }
        for row in rows
    ]


def gap_rows(gaps: Iterable[Gap]) -> list[dict[str, Any]]:
    """Steps and announcements that would reach nobody."""
    return [
        {
            "policy": gap.plan,
            "name": gap.name,
            "step": gap.step or None,
            "starts_at": time_text(gap.starts),
            "ends_at": time_text(gap.ends),
            "reasons": [{"code": each.code, "who": each.who} for each in gap.reasons],
        }
        for gap in gaps
    ]


def escalation_row(row: Escalation | None) -> dict[str, Any] | None:
    """How far an alarm has been told; None: no rule applied to it."""
    if row is None:
        return None
    document = spec.read(spec.Policy, row.document)
    return {
        "policy": row.policy,
        "name": document.name,
        "severity": SEVERITY_NAMES[row.severity],
        "run": row.run,
        "turn": row.turn + 1,
        "step": row.step,
        "steps": len(document.steps),
        "began_at": time_text(row.began_at),
        "next_at": time_text(row.next_at),
        "ended_at": time_text(row.ended_at),
        "end": row.end,
    }


def watch_rows(site: Site, now: dt.datetime) -> list[dict[str, Any]]:
    """Each rota with who is on call now, and the watches to come."""
    staff = Staff(site)
    return [
        {
            "slug": slug,
            "name": document.name,
            "watches": _watches(oncall.timeline(document, staff.zone, overrides, now, now + AHEAD)),
        }
        for slug, (document, overrides) in sorted(staff.rotas.items())
    ]


def _watches(watches: Iterable[oncall.Watch]) -> list[dict[str, Any]]:
    return [{"person": watch.person, "starts_at": time_text(watch.starts), "ends_at": time_text(watch.ends)} for watch in watches]
