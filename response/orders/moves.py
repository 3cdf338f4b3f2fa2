"""Ordering work and moving it on; the only writer of WorkOrder, OrderEntry and OrderPhoto. All raise Refused.

Each move is one transaction with its line in the journal, and what leaves the house follows the journal: a process that is killed
in between leaves both or neither.
"""

import datetime as dt
import hashlib

import msgspec
from django.db import transaction
from django.db.models import Max

from alarms.models import Alarm, Incident
from assets.models import Asset, Sector
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page, Thing, open_page
from journal.reading import SENT_AGAIN
from response.daylog import files
from response.models import Contract, Contractor, OrderEntry, OrderPhoto, OrderPlan, WorkOrder
from response.orders import photos, terms
from response.orders.states import KINDS, MOVE_WORDS, WANT_REASON, Move, State, after
from response.orders.terms import PRIORITY_WORDS, Priority

LONGEST, LONGEST_REASON, LONGEST_REF = 1000, 500, 60
MOST_PHOTOS, MOST_ENTRIES = 20, 200
"""Of one order."""
BATCH = 200
"""Late orders told in one go."""
_STEPS = {
    State.ORDERED: ("accept_due", "arrive_due", "restore_due"),
    State.ACCEPTED: ("arrive_due", "restore_due"),
    State.ON_SITE: ("restore_due",),
}
"""By state, what is still due."""
_STAMPS = {
    State.ACCEPTED: "accepted_at", State.ON_SITE: "on_site_at", State.RESTORED: "restored_at",
    State.CLOSED: "closed_at", State.REFUSED: "closed_at", State.CANCELLED: "closed_at",
}  # fmt: skip


class Draft(msgspec.Struct, frozen=True):
    """What somebody wants to order. `due`: of what a plan orders; else the contract says."""

    fault: str
    contractor: Contractor
    priority: str = Priority.NORMAL
    contract: Contract | None = None
    asset: Asset | None = None
    sector: Sector | None = None
    alarm: Alarm | None = None
    incident: Incident | None = None
    plan: OrderPlan | None = None
    due_on: dt.date | None = None
    due: terms.Due | None = None


def order(site: int, draft: Draft, *, by: Actor, now: dt.datetime) -> WorkOrder:
    """A new order. The same again of the same person within a minute is the one that is there."""
    fault = " ".join(draft.fault.split())
    _sound(draft, fault)
    due = draft.due or _due(draft, now)
    asset = draft.asset
    with transaction.atomic():
        page = open_page(site)  # the site's counter is ours from here on: two orders cannot have one number
        same = WorkOrder.objects.filter(
            site_id=site, contractor=draft.contractor, asset=asset, alarm=draft.alarm, fault=fault, ordered_by=by.name,
            plan=draft.plan, due_on=draft.due_on,
        )  # fmt: skip
        same = same if draft.plan is not None else same.filter(ordered_at__gt=now - SENT_AGAIN)
        if (there := same.first()) is not None:
            return there
        last: int | None = WorkOrder.objects.filter(site_id=site).aggregate(last=Max("number"))["last"]
        row = WorkOrder(
            site_id=site, number=(last or 0) + 1, contractor=draft.contractor, contract=draft.contract, priority=draft.priority,
            fault=fault, asset=asset, sector=asset.sector if asset is not None else draft.sector, alarm=draft.alarm,
            incident=draft.incident, plan=draft.plan, due_on=draft.due_on, ordered_at=now, ordered_by=by.name,
            accept_due=due.accept, arrive_due=due.arrive, restore_due=due.restore, seq=page.seq + 1,
        )  # fmt: skip
        row.due_at = _next_due(row)
        row.save(force_insert=True)
        _entry(row, "order", "", by, now)
        told = PRIORITY_WORDS[Priority(row.priority)]
        who = draft.contractor.name
        about = f" — {asset.code}" if asset is not None else ""
        fr = f"commandée à {who}, priorité {told.fr}{about} : {fault}"
        en = f"ordered from {who}, {told.en} priority{about}: {fault}"
        page.write(_line(row, "ordered", fr, en, by, now, {"fault": fault, "due_at": row.due_at}))
        live.publish(page)
    return row


def move(id_: int, wanted: Move, *, by: Actor, now: dt.datetime, text: str = "", external_ref: str | None = None) -> WorkOrder:
    """Take an order further. What has been done already stays as it was done: the first of two people did it."""
    text = " ".join(text.split())
    if wanted in WANT_REASON and not text:
        raise Refused("no_reason", "Il faut un motif.", "A reason is required.", meaning=Meaning.INVALID, field="text")
    _short(text, LONGEST_REASON if wanted in WANT_REASON else LONGEST)
    with transaction.atomic():
        row = locked(id_)
        reached = after(State(row.state), wanted)
        if reached is State(row.state):
            return row
        was_late, row.state = row.late_since is not None, reached
        _stamp(row, wanted, now)
        row.due_at, row.late_since = _next_due(row), None
        if wanted in WANT_REASON:
            row.reason = text
        if external_ref is not None:
            row.external_ref = external_ref[:LONGEST_REF]
        _entry(row, wanted.value, text, by, now)
        page = open_page(row.site_id)
        words, tail = MOVE_WORDS[wanted], f" — {text}" if text else ""
        details: dict[str, object] = {"text": text} if text else {}
        if was_late:
            details["caught_up"] = not _others_late(row)
        row.seq = page.write(_line(row, KINDS[wanted], words.fr + tail, words.en + tail, by, now, details))
        row.save()
        live.publish(page)
    return row


def note(id_: int, text: str, *, by: Actor, now: dt.datetime) -> WorkOrder:
    """Words on an order, in any state. The same again within a minute is the one that is there."""
    text = text.replace("\0", "").strip()
    if not text:
        raise Refused("no_text", "Écrivez quelque chose.", "Write something.", meaning=Meaning.INVALID, field="text")
    _short(text, LONGEST)
    with transaction.atomic():
        row = locked(id_)
        if row.entries.filter(move="note", text=text, by=by.name, at__gt=now - SENT_AGAIN).exists():
            return row
        _entry(row, "note", text, by, now)
        page = open_page(row.site_id)
        row.seq = page.write(_line(row, "noted", f"note : {text}", f"note: {text}", by, now, {"text": text}))
        row.save(update_fields=["seq"])
        live.publish(page)
    return row


def photo(id_: int, name: str, content: bytes, *, by: Actor, now: dt.datetime) -> OrderPhoto:
    """A picture, without the place it was taken at; the journal has the hash of what is kept. Again, the one that is there."""
    kind, kept = photos.judged(content)
    digest = hashlib.sha256(kept).hexdigest()
    with transaction.atomic():
        row = locked(id_)
        if (there := row.photos.filter(sha256=digest).first()) is not None:
            return there
        if row.photos.count() >= MOST_PHOTOS:
            fr, en = f"Une intervention a {MOST_PHOTOS} photos au plus.", f"An order has at most {MOST_PHOTOS} photos."
            raise Refused("too_many_photos", fr, en)
        added = OrderPhoto.objects.create(
            order=row, entry=_entry(row, "photo", "", by, now), name=files.safe_name(name), media_type=kind, size=len(kept),
            sha256=digest, content=kept,
        )  # fmt: skip
        page = open_page(row.site_id)
        details: dict[str, object] = {"name": added.name, "media_type": kind, "size": added.size, "sha256": digest}
        row.seq = page.write(_line(row, "photographed", f"photo {added.name}", f"photo {added.name}", by, now, details))
        row.save(update_fields=["seq"])
        live.publish(page)
    return added


def sweep(site: int, now: dt.datetime) -> int:
    """Tell which orders are late in their next step, once each; how many were told."""
    due = WorkOrder.objects.filter(site_id=site, closed_at=None, late_since=None, due_at__lte=now)
    if not due.exists():
        return 0
    with transaction.atomic():
        late = list(due.select_for_update(no_key=True, of=("self",)).select_related("contractor", "asset").order_by("pk")[:BATCH])
        page = open_page(site)
        for row in late:
            row.late_since = row.due_at
            step_fr, step_en = _LATE[_late_step(row)]
            fr, en = f"en retard : {step_fr}, {row.contractor.name}", f"late: {step_en}, {row.contractor.name}"
            row.seq = page.write(_line(row, "late", fr, en, SYSTEM, now, {"step": _late_step(row), "due_at": row.due_at}))
            row.save(update_fields=["late_since", "seq"])
        live.publish(page)
    return len(late)


_LATE = {
    "accept": ("non acceptée dans le délai", "not accepted in time"),
    "arrive": ("personne sur place dans le délai", "nobody on site in time"),
    "restore": ("service non rétabli dans le délai", "service not restored in time"),
}


def _late_step(row: WorkOrder) -> str:
    """Which step it is that is due at `due_at`."""
    steps = _STEPS.get(State(row.state), ())
    return next((step.removesuffix("_due") for step in steps if getattr(row, step) == row.due_at), "restore")


def _next_due(row: WorkOrder) -> dt.datetime | None:
    return min((at for step in _STEPS.get(State(row.state), ()) if (at := getattr(row, step)) is not None), default=None)


def _stamp(row: WorkOrder, wanted: Move, now: dt.datetime) -> None:
    if wanted is Move.REOPEN:
        row.on_site_at = row.restored_at = None
    else:
        setattr(row, _STAMPS[State(row.state)], now)


def _others_late(row: WorkOrder) -> bool:
    """Whether another order of its asset is late still; asked with the site's counter locked."""
    if row.asset_id is None:
        return False
    return WorkOrder.objects.filter(asset=row.asset_id, closed_at=None, late_since__isnull=False).exclude(pk=row.pk).exists()


def _due(draft: Draft, now: dt.datetime) -> terms.Due:
    """Raises Refused for a priority that the contract does not know."""
    if draft.contract is None:
        return terms.NOTHING_DUE
    promised = terms.read_terms(draft.contract.terms)
    if (told := promised.get(Priority(draft.priority))) is None:
        fr, en = "Ce contrat n’a pas cette priorité.", "This contract does not have this priority."
        raise Refused("no_such_priority", fr, en, meaning=Meaning.INVALID, field="priority")
    return terms.due(told, draft.contract.hours, draft.contractor.site.timezone, now, draft.contract.holidays)


def _sound(draft: Draft, fault: str) -> None:
    if not fault:
        fr, en = "Dites ce qui est à faire.", "Say what is to be done."
        raise Refused("no_fault", fr, en, meaning=Meaning.INVALID, field="fault")
    _short(fault, LONGEST, "fault")
    if draft.contractor.retired_at is not None:
        fr, en = "Cette entreprise n’intervient plus.", "This contractor is retired."
        raise Refused("contractor_retired", fr, en, meaning=Meaning.INVALID, field="contractor")


def _short(text: str, longest: int, field: str = "text") -> None:
    if len(text) > longest:
        fr, en = f"{longest} caractères au plus.", f"{longest} characters at most."
        raise Refused("too_long", fr, en, meaning=Meaning.INVALID, field=field)


def locked(id_: int) -> WorkOrder:
    """An order, locked until the transaction ends. Raises Refused."""
    found = WorkOrder.objects.select_for_update(no_key=True, of=("self",)).select_related("contractor", "asset").filter(pk=id_)
    if (row := found.first()) is None:
        fr, en = "Cette intervention n’existe pas.", "There is no such work order."
        raise Refused("no_such_order", fr, en, meaning=Meaning.NOT_FOUND)
    return row


def told(row: WorkOrder, page: Page, kind: str, fr: str, en: str, by: Actor, now: dt.datetime) -> None:
    """A line about an order that `locked` gave, which it did not move."""
    row.seq = page.write(_line(row, kind, fr, en, by, now))
    row.save(update_fields=["seq"])


def _entry(row: WorkOrder, what: str, text: str, by: Actor, now: dt.datetime) -> OrderEntry:
    if what in ("note", "photo") and row.entries.count() >= MOST_ENTRIES:
        fr, en = "Cette intervention a trop de notes.", "This order has too many notes."
        raise Refused("too_many_notes", fr, en)
    return OrderEntry.objects.create(order=row, move=what, at=now, by_kind=by.kind, by=by.name, text=text)


def _line(
    row: WorkOrder, kind: str, fr: str, en: str, by: Actor, now: dt.datetime, details: dict[str, object] | None = None
) -> Line:
    about: list[Thing] = [("work_order", row.pk)]
    about += [(noun, id_) for noun in ("asset", "alarm", "incident") if (id_ := getattr(row, f"{noun}_id")) is not None]
    told: dict[str, object] = {
        "number": row.number, "state": row.state, "priority": row.priority, "contractor": row.contractor.slug,
        "external_ref": row.external_ref, **(details or {}),
    }  # fmt: skip
    return Line(
        f"work_order.{kind}", now, f"Intervention n° {row.number}, {fr}"[:600], f"Work order No {row.number}, {en}"[:600],
        about, by, told,
    )  # fmt: skip
