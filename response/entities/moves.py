"""Messages and questions between rooms: sent, read, answered, late and ended. All raise Refused.

The only writer of EntityMessage, Recipient and EntityAnswer.

An entity acts through its members; one without any is called, and whoever calls writes down what was said there and by whom.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from alarms.engine.faults import Faulty
from alarms.models import Alarm, Incident
from assets.models import Sector
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page, Thing, open_page
from response.entities import asking
from response.models import Entity, EntityAnswer, EntityMessage, Recipient
from response.procedures import mistakes

LONGEST, LONGEST_NOTE, LONGEST_REASON = 2_000, 500, 300
MOST_ENTITIES = 20
LONGEST_WAIT = dt.timedelta(days=7)
_SHOWN = 300
Kind, Ending = EntityMessage.Kind, EntityMessage.Ending


class Draft(msgspec.Struct, frozen=True):
    """What is to be sent. `must`: of `to`, those who must answer; `form` and `due_at` make it a question."""

    text: str
    to: tuple[Entity, ...]
    must: tuple[Entity, ...] = ()
    form: Any = None
    due_at: dt.datetime | None = None
    alarm: Alarm | None = None
    incident: Incident | None = None
    sector: Sector | None = None
    sender: Entity | None = None
    cause: str = ""


def send(site: int, draft: Draft, *, by: Actor, now: dt.datetime) -> EntityMessage:
    """A new message or question."""
    sound(draft, by, now)
    with transaction.atomic():
        page = open_page(site)
        made = write(page, draft, by=by, now=now)
        live.publish(page)
    return made


def sound(draft: Draft, by: Actor, now: dt.datetime) -> None:
    """Raises Refused for what cannot be sent so."""
    if not 1 <= len(draft.text.strip()) <= LONGEST:
        raise _wrong("message_length", f"Écrivez de 1 à {LONGEST} caractères.", f"Write 1 to {LONGEST} characters.", "text")
    if not 1 <= len({each.pk for each in draft.to}) <= MOST_ENTITIES:
        raise _wrong("no_entity", f"De 1 à {MOST_ENTITIES} destinataires.", f"From 1 to {MOST_ENTITIES} recipients.", "to")
    if any(each.retired_at is not None for each in draft.to):
        raise _wrong("entity_retired", "Un destinataire n’existe plus.", "A recipient exists no longer.", "to")
    if {each.pk for each in draft.must} - {each.pk for each in draft.to}:
        raise _wrong("not_asked", "Qui doit répondre n’est pas destinataire.", "Who must answer is no recipient.", "must_answer")
    if draft.sender is not None and not _is_member(draft.sender, by):
        raise _not_theirs(draft.sender)
    if draft.form is None:
        if draft.due_at is not None or draft.must:
            raise _wrong("no_answers", "Il manque les réponses possibles.", "The possible answers are missing.", "form")
        return
    try:
        asking.read(draft.form)
    except asking.BadForm as error:
        raise _wrong("bad_form", f"Réponses inutilisables : {error}", f"Unusable answers: {error}", "form") from error
    if draft.due_at is None or not now < draft.due_at <= now + LONGEST_WAIT:
        fr, en = "Une question a un délai de 7 jours au plus.", "A question has a time limit of at most 7 days."
        raise _wrong("due_at", fr, en, "due_at")
    if not draft.must:
        raise _wrong("nobody_must", "Dites qui doit répondre.", "Say who must answer.", "must_answer")


def write(page: Page, draft: Draft, *, by: Actor, now: dt.datetime) -> EntityMessage:
    """Store a sound draft and its line on an open page; the caller commits."""
    last: int | None = EntityMessage.objects.filter(site_id=page.site).aggregate(last=Max("number"))["last"]
    row = EntityMessage.objects.create(
        site_id=page.site, number=(last or 0) + 1, kind=Kind.MESSAGE if draft.form is None else Kind.QUESTION,
        text=draft.text.strip(), form=draft.form, due_at=draft.due_at, alarm=draft.alarm, incident=draft.incident,
        sector=draft.sector, sender=draft.sender, cause=draft.cause, sent_at=now, sent_by=by.name, seq=page.seq + 1,
    )  # fmt: skip
    must = {each.pk for each in draft.must}
    Recipient.objects.bulk_create(Recipient(message=row, entity=each, must_answer=each.pk in must) for each in draft.to)
    text = row.text if len(row.text) <= _SHOWN else f"{row.text[: _SHOWN - 1]}…"
    to_fr, to_en = ", ".join(each.name_fr for each in draft.to), ", ".join(each.name_en for each in draft.to)
    from_fr, from_en = (f" de {draft.sender.name_fr}", f" from {draft.sender.name_en}") if draft.sender else ("", "")
    details: dict[str, object] = {
        "text": row.text,
        "entities": [each.slug for each in draft.to],
        "due_at": row.due_at and row.due_at.isoformat(),
    }
    _write(page, row, "sent", f"{from_fr} à {to_fr} : {text}", f"{from_en} to {to_en}: {text}", by, now, details)
    return row


def acknowledge(id_: int, entity: Entity, *, by: Actor, now: dt.datetime) -> EntityMessage:
    """It was read, in the name of an entity. Again does no harm. A message that all have read is over."""
    with transaction.atomic():
        row, one = _locked(id_), _recipient(id_, entity)
        _theirs(entity, by)
        if one.acknowledged_at is not None or row.closed_at is not None:
            return row
        page = open_page(row.site_id)
        _read(one, by, now)
        left = row.recipients.filter(acknowledged_at=None).exists()
        if row.kind == Kind.MESSAGE and not left:
            row.closed_at, row.ending = now, Ending.ANSWERED
        _write(page, row, "acknowledged", f" lu par {entity.name_fr}", f" read by {entity.name_en}", by, now,
               {"entity": entity.slug})  # fmt: skip
        live.publish(page)
    return row


def answer(
    id_: int, entity: Entity, told: Any, *, note: str = "", spoken_by: str = "", by: Actor, now: dt.datetime
) -> EntityMessage:
    """What an entity answers, once: the same again changes nothing, another answer is refused."""
    note, spoken_by = note.strip(), spoken_by.strip()
    with transaction.atomic():
        row, one = _locked(id_), _recipient(id_, entity)
        called = _theirs(entity, by)
        if row.form is None:
            raise Refused("no_question", "Ce message ne pose pas de question.", "This message asks nothing.")
        kept = _checked(row, told)
        if (given := EntityAnswer.objects.filter(recipient=one).first()) is not None:
            if given.answer == kept and given.note == note:
                return row
            fr, en = f"{entity.name_fr} a déjà répondu ({given.by}).", f"{entity.name_en} has answered already ({given.by})."
            raise Refused("answered_already", fr, en)
        if row.closed_at is not None:
            raise Refused("message_closed", "Cette question est close.", "This question is closed.")
        if called and not spoken_by:
            raise _wrong("who_spoke", "Dites qui a répondu au nom de l’entité.", "Say who answered for the entity.", "spoken_by")
        if len(note) > LONGEST_NOTE:
            raise _wrong("note_length", f"{LONGEST_NOTE} caractères au plus.", f"{LONGEST_NOTE} characters at most.", "note")
        page = open_page(row.site_id)
        late = row.due_at is not None and now > row.due_at
        told_by = {"spoken_by": spoken_by[:150], "by": by.name}
        EntityAnswer.objects.create(recipient=one, answer=kept, note=note, at=now, late=late, **told_by)
        _read(one, by, now)
        _answered(page, row, one, kept, note, spoken_by, late, by, now)
        live.publish(page)
    return row


def end(id_: int, ending: str, *, reason: str = "", others: bool = False, by: Actor, now: dt.datetime) -> EntityMessage:
    """End or recall what one has sent; `others`: whoever may release what others hold. Again does no harm."""
    with transaction.atomic():
        row = _locked(id_)
        mine = row.sent_by == by.name or (row.sender is not None and _is_member(row.sender, by))
        if not mine and not others:
            fr, en = "Seul l’expéditeur ou un chef de quart y met fin.", "Only its sender or a shift supervisor ends it."
            raise Refused("not_the_sender", fr, en, meaning=Meaning.NOT_ALLOWED)
        if row.closed_at is None:
            page = open_page(row.site_id)
            close(page, [row], ending, reason=reason, by=by, now=now)
            live.publish(page)
    return row


def asked_by(causes: Collection[str]) -> list[EntityMessage]:
    """Lock what steps ask and what is still open; before the ledger is."""
    found = EntityMessage.objects.select_for_update(no_key=True, of=("self",)).filter(cause__in=causes, closed_at=None)
    return list(found.order_by("pk"))


def close(
    page: Page, rows: Iterable[EntityMessage], ending: str, *, reason: str = "", by: Actor = SYSTEM, now: dt.datetime
) -> None:
    """Close locked rows on an open page."""
    for row in rows:
        row.closed_at, row.closed_by, row.ending = now, by.name, ending
        row.reason = reason.strip()[:LONGEST_REASON]
        tail = f" — {row.reason}" if row.reason else ""
        fr, en = (" rappelé", " recalled") if ending == Ending.RECALLED else (" clos", " ended")
        settled = row.late_since is not None and row.settled_at is None
        _write(page, row, ending, fr + tail, en + tail, by, now, {"settled": settled})


def sweep(site: int, now: dt.datetime) -> int:
    """Tell which questions are late, and close those that all have answered who must and whose time is over; how many."""
    due = EntityMessage.objects.filter(site_id=site, closed_at=None, due_at__lte=now)
    moved = 0
    for id_ in due.filter(late_since=None, settled_at=None).order_by("pk").values_list("pk", flat=True):
        moved += _late(id_, now)
    for id_ in due.filter(settled_at__isnull=False).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = _locked(id_)
            if row.closed_at is None:
                page = open_page(site)
                close(page, [row], Ending.ANSWERED, now=now)
                live.publish(page)
                moved += 1
    return moved


def _late(id_: int, now: dt.datetime) -> int:
    with transaction.atomic():
        row = _locked(id_)
        if row.closed_at is not None or row.late_since is not None or row.settled_at is not None:
            return 0
        missing = [each.entity for each in _unanswered(row).select_related("entity")]
        page = open_page(row.site_id)
        row.late_since = now
        fr, en = ", ".join(each.name_fr for each in missing), ", ".join(each.name_en for each in missing)
        details: dict[str, object] = {"entities": [each.slug for each in missing]}
        _write(page, row, "late", f" sans réponse à temps de {fr}", f" not answered in time by {en}", SYSTEM, now, details)
        live.publish(page)
    return 1


def _answered(
    page: Page, row: EntityMessage, one: Recipient, kept: Any, note: str, spoken_by: str, late: bool, by: Actor, now: dt.datetime
) -> None:
    settles = row.settled_at is None and not _unanswered(row).exists()
    if settles:
        row.settled_at = now
    if not row.recipients.filter(answer=None).exists():
        row.closed_at, row.ending = now, Ending.ANSWERED
    said, name = asking.read(row.form).said(kept), one.entity
    said_fr, said_en = (f" ({spoken_by})", f" ({spoken_by})") if spoken_by else ("", "")
    late_fr, late_en = (" en retard", " late") if late else ("", "")
    tail = f" — {note}" if note else ""
    fr = f", réponse{late_fr} de {name.name_fr}{said_fr} : {said.fr}{tail}"
    en = f", answer{late_en} of {name.name_en}{said_en}: {said.en}{tail}"
    settled = settles and row.late_since is not None
    details = {"entity": name.slug, "answer": kept, "note": note, "spoken_by": spoken_by, "late": late, "settled": settled}
    _write(page, row, "answered", fr, en, by, now, details)


def _unanswered(row: EntityMessage) -> Any:
    """Recipients who must answer and have not."""
    given = EntityAnswer.objects.filter(recipient=OuterRef("pk"))
    return row.recipients.filter(~Exists(given), must_answer=True).order_by("id")


def _checked(row: EntityMessage, told: Any) -> Any:
    try:
        return asking.read(row.form).check(told)
    except Faulty as error:
        fr, en = mistakes.said(error)
        raise _wrong("bad_answer", f"La réponse ne convient pas : {fr}", f"The answer does not fit: {en}", "answer") from error


def _read(one: Recipient, by: Actor, now: dt.datetime) -> None:
    if one.acknowledged_at is None:
        one.acknowledged_at, one.acknowledged_by = now, by.name
        one.save(update_fields=["acknowledged_at", "acknowledged_by"])


def _locked(id_: int) -> EntityMessage:
    return EntityMessage.objects.select_for_update(no_key=True, of=("self",)).select_related("sender").get(pk=id_)


def _recipient(id_: int, entity: Entity) -> Recipient:
    one = Recipient.objects.select_related("entity").filter(message=id_, entity=entity).first()
    if one is None:
        fr, en = "Ce message n’est pas pour cette entité.", "This message is not for that entity."
        raise Refused("not_a_recipient", fr, en, meaning=Meaning.NOT_FOUND)
    return one


def _theirs(entity: Entity, by: Actor) -> bool:
    """Whether it has no member of its own, so that others write down what it says. Raises Refused for whoever is no member."""
    if not entity.members.filter(is_active=True).exists():
        return True
    if not _is_member(entity, by):
        raise _not_theirs(entity)
    return False


def _is_member(entity: Entity, by: Actor) -> bool:
    return by.kind == "person" and entity.members.filter(username=by.name, is_active=True).exists()


def _not_theirs(entity: Entity) -> Refused:
    fr, en = f"Vous n’êtes pas membre de « {entity.name_fr} ».", f"You are no member of “{entity.name_en}”."
    return Refused("not_a_member", fr, en, meaning=Meaning.NOT_ALLOWED)


def _wrong(code: str, fr: str, en: str, field: str) -> Refused:
    return Refused(code, fr, en, meaning=Meaning.INVALID, field=field)


def _write(
    page: Page, row: EntityMessage, kind: str, fr: str, en: str, by: Actor, now: dt.datetime, details: dict[str, object]
) -> None:
    """The line of a change, and the row as it is after it."""
    about: list[Thing] = [("entity_message", row.pk)]
    about += [("alarm", row.alarm_id)] if row.alarm_id else []
    about += [("incident", row.incident_id)] if row.incident_id else []
    word_fr, word_en = ("Question", "Question") if row.kind == Kind.QUESTION else ("Message", "Message")
    agreed = {" clos": " close", " rappelé": " rappelée", " lu": " lue"} if row.kind == Kind.QUESTION else {}
    for masculine, feminine in agreed.items():
        fr = feminine + fr[len(masculine) :] if fr.startswith(masculine) else fr
    text = f"{word_fr} n° {row.number}{fr}"[:600], f"{word_en} No {row.number}{en}"[:600]
    told = {"number": row.number, "kind": row.kind, **details}
    row.seq = page.write(Line(f"entity_message.{kind}", now, *text, about, by, told))
    row.save(update_fields=["settled_at", "late_since", "closed_at", "closed_by", "ending", "reason", "seq"])
