"""The one shape of a work order, of its entries and of a contract, wherever they are shown."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet

from alarms.engine.wording import Bilingual
from journal.rows import time_text
from response.models import Contract, Contractor, OrderMail, OrderPhoto, OrderPlan, WorkOrder
from response.orders.proposal import Proposal
from response.orders.states import STATE_WORDS, State, offered
from response.orders.terms import PRIORITY_WORDS, Due, Priority

INSTANTS = (
    "ordered_at", "accept_due", "arrive_due", "restore_due", "accepted_at", "on_site_at", "restored_at", "closed_at", "due_at",
    "late_since",
)  # fmt: skip
PEOPLE = ("ordered_by",)
"""Members that tell of people: they stay in the house."""


def order_rows(found: QuerySet[WorkOrder]) -> list[dict[str, Any]]:
    """Rows in the queryset's order, in one query however many."""
    related = "site", "contractor", "contract", "asset", "sector", "incident", "plan"
    return [_row(order) for order in found.select_related(*related).defer("sector__polygon", "asset__attributes")]


def _row(order: WorkOrder) -> dict[str, Any]:
    state = State(order.state)
    return {
        "id": order.pk, "site": order.site.slug, "seq": order.seq, "number": order.number,
        "state": state.value, "state_name": _both(STATE_WORDS[state]),
        "priority": order.priority, "priority_name": _both(PRIORITY_WORDS[Priority(order.priority)]),
        "fault": order.fault,
        "contractor": {"slug": order.contractor.slug, "name": order.contractor.name},
        "contract": order.contract and order.contract.reference,
        "asset": order.asset and {"id": order.asset.pk, "code": order.asset.code, "name": order.asset.name},
        "sector": order.sector and {"slug": order.sector.slug, "name": order.sector.name, "path": order.sector.path},
        "alarm": order.alarm_id,
        "incident": order.incident and {"id": order.incident.pk, "number": order.incident.number},
        "plan": order.plan and order.plan.name,
        "external_ref": order.external_ref, "reason": order.reason, "ordered_by": order.ordered_by,
        **{name: time_text(getattr(order, name)) for name in INSTANTS},
        "late": order.late_since is not None,
        "moves": [move.value for move in offered(state)],
    }  # fmt: skip


def without_people(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows as they may leave the house."""
    return [{name: value for name, value in row.items() if name not in PEOPLE} for row in rows]


def entry_rows_of(order: WorkOrder) -> list[dict[str, Any]]:
    """The steps, notes and photos of an order, the oldest first; two queries."""
    photos = Prefetch("photo", OrderPhoto.objects.defer("content"))
    return [
        {
            "id": entry.pk, "move": entry.move, "at": time_text(entry.at), "by_kind": entry.by_kind, "by": entry.by,
            "text": entry.text, "photo": photo_row(entry.photo) if hasattr(entry, "photo") else None,
        }
        for entry in order.entries.prefetch_related(photos).order_by("id")
    ]  # fmt: skip


def photo_row(photo: OrderPhoto) -> dict[str, Any]:
    return {
        "id": photo.pk, "name": photo.name, "media_type": photo.media_type, "size": photo.size, "sha256": photo.sha256,
    }  # fmt: skip


def mail_rows(found: Iterable[OrderMail]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.pk, "address": each.address, "asked_at": time_text(each.asked_at), "sent_at": time_text(each.sent_at),
            "failed_at": time_text(each.failed_at), "reason": each.reason,
        }
        for each in found
    ]  # fmt: skip


def contractor_rows(found: QuerySet[Contractor]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.pk, "slug": each.slug, "name": each.name, "email": each.email, "phone": each.phone,
            "contact": each.contact, "mails": each.mails, "language": each.language, "retired_at": time_text(each.retired_at),
        }
        for each in found
    ]  # fmt: skip


def contract_rows(found: QuerySet[Contract]) -> list[dict[str, Any]]:
    found = found.select_related("contractor").prefetch_related("kinds", "sectors")
    return [
        {
            "id": each.pk, "contractor": each.contractor.slug, "reference": each.reference,
            "kinds": [kind.slug for kind in each.kinds.all()], "sectors": [sector.slug for sector in each.sectors.all()],
            "terms": each.terms, "hours": each.hours, "holidays": each.holidays, "starts_on": each.starts_on.isoformat(),
            "ends_on": each.ends_on and each.ends_on.isoformat(),
        }
        for each in found
    ]  # fmt: skip


def plan_rows(found: QuerySet[OrderPlan]) -> list[dict[str, Any]]:
    """Rows of plans, in two queries."""
    found = found.select_related("contract__contractor", "kind", "sector").prefetch_related("assets")
    return [
        {
            "id": each.pk, "name": each.name, "contract": each.contract_id,
            "contractor": {"slug": each.contract.contractor.slug, "name": each.contract.contractor.name}, "work": each.work,
            "kind": each.kind and each.kind.slug, "sector": each.sector and each.sector.slug,
            "assets": sorted(asset.code for asset in each.assets.all()), "every": each.every, "unit": each.unit,
            "starts_on": each.starts_on.isoformat(), "season": each.season, "remind_days": each.remind_days,
            "window_start": each.window_start and each.window_start.isoformat(), "window_minutes": each.window_minutes,
            "next_on": each.next_on and each.next_on.isoformat(), "ended_at": time_text(each.ended_at),
        }
        for each in found
    ]  # fmt: skip


def proposal_row(proposal: Proposal) -> dict[str, Any]:
    contract = proposal.contract
    return {
        "contract": contract.pk, "reference": contract.reference,
        "contractor": {"slug": contract.contractor.slug, "name": contract.contractor.name},
        "phone": contract.contractor.phone, "priority": proposal.priority.value, "reason": _both(proposal.reason),
        "priorities": [
            {"priority": each.value, "priority_name": _both(PRIORITY_WORDS[each]), **_due(due)}
            for each, due in proposal.due.items()
        ],
    }  # fmt: skip


def _due(due: Due) -> dict[str, str | None]:
    return {"accept_due": time_text(due.accept), "arrive_due": time_text(due.arrive), "restore_due": time_text(due.restore)}


def _both(words: Bilingual) -> dict[str, str]:
    return {"fr": words.fr, "en": words.en}
