"""Writing into the day log: notes, corrections and attachments; the only writer of Note and Attachment.

Nothing here changes what was written: a correction is another note that cites the first, and both stay.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Collection

import msgspec
from django.db import transaction
from django.db.models import Max

from alarms.models import Incident
from assets.models import Asset, Sector
from assets.refusal import Meaning, Refused
from assets.spelling import folded
from journal import live
from journal.actors import Actor
from journal.page import Line, Page, Thing, open_page
from journal.reading import SENT_AGAIN
from response.daylog import files
from response.models import Attachment, Note

LONGEST = 4_000
"""Characters of a note."""
_SHOWN = 500
"""Characters of it in the sentence of its journal line; the whole is in the line's details."""
_AHEAD = dt.timedelta(minutes=5)
"""How far ahead of ours a clock may be by which somebody says when it happened."""
_MENTION = re.compile(r"(?<![\w@])@([\w.+-]{1,150})")


class Draft(msgspec.Struct, frozen=True):
    """What somebody wants to write down. `happened_at` is when it was so, which is not when it is written."""

    text: str
    happened_at: dt.datetime
    category: str = Note.Category.EVENT
    importance: str = Note.Importance.ROUTINE
    in_summary: bool = False
    asset: Asset | None = None
    sector: Sector | None = None
    incident: Incident | None = None


def write(site: int, draft: Draft, *, people: Collection[str], by: Actor, now: dt.datetime) -> Note:
    """A new note. `people` are the logins that @ may call. Raises Refused."""
    return _written(site, draft, None, people, by, now)


def correct(note: Note, draft: Draft, *, people: Collection[str], by: Actor, now: dt.datetime) -> Note:
    """A note that corrects another, which stays as it is. Raises Refused."""
    return _written(note.site_id, draft, note, people, by, now)


def attach(note: Note, name: str, content: bytes, *, by: Actor, now: dt.datetime) -> Attachment:
    """A file beside a note, its hash in the journal. The same file again is the one that is there. Raises Refused."""
    kind, digest = files.media_type(content), hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        note = Note.objects.select_for_update().get(pk=note.pk)
        if (there := note.attachments.filter(sha256=digest).first()) is not None:
            return there
        if note.attachments.count() >= files.MOST_FILES:
            most = files.MOST_FILES
            raise Refused(
                "too_many_attachments", f"Une mention a {most} pièces jointes au plus.", f"A note has at most {most} attachments."
            )
        added = note.attachments.create(
            name=files.safe_name(name),
            media_type=kind,
            size=len(content),
            sha256=digest,
            content=content,
            added_at=now,
            added_by=by.name,
        )
        page = open_page(note.site_id)
        told = f"Mention n° {note.number} : pièce jointe {added.name}", f"Note No {note.number}: attachment {added.name}"
        details: dict[str, object] = {"name": added.name, "media_type": kind, "size": added.size, "sha256": digest}
        note.seq = page.write(Line("note.attached", now, *told, [("note", note.pk)], by, details))
        note.save(update_fields=["seq"])
        live.publish(page)
    return added


def _written(site: int, draft: Draft, corrects: Note | None, people: Collection[str], by: Actor, now: dt.datetime) -> Note:
    text = draft.text.strip()
    _sound(text, draft, now)
    asset, sector = draft.asset, draft.asset.sector if draft.asset is not None else draft.sector
    mentions = sorted(set(_MENTION.findall(text)) & set(people))
    with transaction.atomic():
        page = open_page(site)  # the site's counter is ours from here on: two notes cannot have one number
        said = Note.objects.filter(site_id=site, by=by.name, text=text, corrects=corrects, written_at__gt=now - SENT_AGAIN)
        if (there := said.first()) is not None:
            return there
        last: int | None = Note.objects.filter(site_id=site).aggregate(last=Max("number"))["last"]
        note = Note(
            site_id=site, number=(last or 0) + 1, happened_at=draft.happened_at, written_at=now, by=by.name, desk=by.desk,
            category=draft.category, importance=draft.importance, in_summary=draft.in_summary, text=text,
            words=_words(text, asset, sector), asset=asset, sector=sector, incident=draft.incident, corrects=corrects,
            mentions=mentions, seq=page.seq + 1,
        )  # fmt: skip
        note.save()
        _journaled(page, note, by, now)
        live.publish(page)
    return note


def _sound(text: str, draft: Draft, now: dt.datetime) -> None:
    """Raises Refused for what cannot be written so."""
    if not text or len(text) > LONGEST:
        fr, en = f"Écrivez de 1 à {LONGEST} caractères.", f"Write 1 to {LONGEST} characters."
        raise Refused("note_length", fr, en, meaning=Meaning.INVALID, field="text")
    if draft.happened_at > now + _AHEAD:
        fr, en = (
            "Une main courante dit ce qui a eu lieu : cette heure est à venir.",
            "A day log says what was so: this time is yet to come.",
        )
        raise Refused("note_ahead", fr, en, meaning=Meaning.INVALID, field="happened_at")


def _words(text: str, asset: Asset | None, sector: Sector | None) -> str:
    about = [asset.code, asset.name] if asset is not None else []
    about += [sector.name] if sector is not None else []
    return folded(" ".join([text, *about]))


def _journaled(page: Page, note: Note, by: Actor, now: dt.datetime) -> None:
    about: list[Thing] = [("note", note.pk)]
    about += [("incident", note.incident_id)] if note.incident_id is not None else []
    about += [("note", note.corrects_id)] if note.corrects_id is not None else []
    told = {
        "number": note.number, "text": note.text, "happened_at": note.happened_at, "category": note.category,
        "importance": note.importance, "in_summary": note.in_summary, "mentions": note.mentions,
        "asset": note.asset.code if note.asset else None, "sector": note.sector.path if note.sector else None,
        "corrects": note.corrects.number if note.corrects else None,
    }  # fmt: skip
    short = note.text if len(note.text) <= _SHOWN else f"{note.text[: _SHOWN - 1]}…"
    if note.corrects is None:
        kind, fr, en = "note.written", f"Mention n° {note.number} : {short}", f"Note No {note.number}: {short}"
    else:
        kind, cited = "note.corrected", note.corrects.number
        fr, en = (
            f"Mention n° {note.number}, rectifie la n° {cited} : {short}",
            f"Note No {note.number}, corrects No {cited}: {short}",
        )
    page.write(Line(kind, now, fr, en, about, by, told))
