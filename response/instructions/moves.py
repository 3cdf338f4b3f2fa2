"""Writes, revokes and reads instructions; the only writer of Instruction and InstructionRead.

Nothing changes what one says: whoever has read it has read that. Another text is another instruction.
"""

import datetime as dt
from collections.abc import Collection

import msgspec
from django.db import transaction
from django.db.models import Max

from assets.models import Sector
from assets.refusal import Meaning, Refused
from assets.spelling import folded
from journal import live
from journal.actors import Actor
from journal.page import Line, open_page
from response import rota
from response.models import Instruction, InstructionRead, Position
from response.rota import BadCalendar, Turn

LONGEST = 2_000
"""Characters of an instruction."""
_SHOWN = 500


class Draft(msgspec.Struct, frozen=True):
    """What is asked of whom, and when it holds: within `times`, or always from `valid_from` to `valid_to`."""

    text: str
    valid_from: dt.datetime
    valid_to: dt.datetime | None = None
    times: Turn | None = None
    positions: tuple[Position, ...] = ()
    roles: tuple[str, ...] = ()
    sector: Sector | None = None
    must_read: bool = False


def write(site: int, draft: Draft, *, by: Actor, now: dt.datetime) -> Instruction:
    """A new instruction. Raises Refused."""
    text = draft.text.strip()
    times = _sound(draft, text, now)
    with transaction.atomic():
        page = open_page(site)  # two instructions cannot have one number
        last: int | None = Instruction.objects.filter(site_id=site).aggregate(last=Max("number"))["last"]
        made = Instruction.objects.create(
            site_id=site, number=(last or 0) + 1, text=text, words=folded(text), valid_from=draft.valid_from,
            valid_to=draft.valid_to, times=None if times is None else msgspec.to_builtins(times), roles=sorted(draft.roles),
            sector=draft.sector, must_read=draft.must_read, written_at=now, written_by=by.name, seq=page.seq + 1,
        )  # fmt: skip
        made.positions.set(draft.positions)
        short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        details: dict[str, object] = {
            "number": made.number, "text": text, "valid_from": draft.valid_from.isoformat(),
            "valid_to": draft.valid_to and draft.valid_to.isoformat(), "times": made.times, "must_read": draft.must_read,
            "positions": [each.slug for each in draft.positions], "roles": made.roles,
            "sector": draft.sector and draft.sector.path,
        }  # fmt: skip
        fr, en = f"Consigne n° {made.number} : {short}", f"Instruction No {made.number}: {short}"
        page.write(Line("instruction.written", now, fr, en, [("instruction", made.pk)], by, details))
        live.publish(page)
    return made


def revoke(instruction: int, *, by: Actor, now: dt.datetime) -> Instruction:
    """It holds no longer."""
    with transaction.atomic():
        row = Instruction.objects.select_for_update(no_key=True).get(pk=instruction)
        if row.revoked_at is not None:
            return row
        page = open_page(row.site_id)
        row.revoked_at, row.revoked_by = now, by.name
        fr, en = f"Consigne n° {row.number} levée", f"Instruction No {row.number} revoked"
        row.seq = page.write(Line("instruction.revoked", now, fr, en, [("instruction", row.pk)], by))
        row.save(update_fields=["revoked_at", "revoked_by", "seq"])
        live.publish(page)
    return row


def read(instructions: Collection[int], *, by: Actor, now: dt.datetime) -> int:
    """Say that one has read them; how many for the first time."""
    with transaction.atomic():
        rows = list(
            Instruction.objects.select_for_update(no_key=True).filter(pk__in=instructions, revoked_at=None).order_by("pk")
        )
        known = set(InstructionRead.objects.filter(instruction__in=rows, person=by.name).values_list("instruction_id", flat=True))
        fresh = [row for row in rows if row.pk not in known]
        if not fresh:
            return 0
        InstructionRead.objects.bulk_create([InstructionRead(instruction=row, person=by.name, read_at=now) for row in fresh])
        page = open_page(fresh[0].site_id)
        for row in fresh:
            fr, en = f"Consigne n° {row.number} lue", f"Instruction No {row.number} read"
            row.seq = page.write(Line("instruction.read", now, fr, en, [("instruction", row.pk)], by))
            row.save(update_fields=["seq"])
        live.publish(page)
    return len(fresh)


def _sound(draft: Draft, text: str, now: dt.datetime) -> Turn | None:
    """When it holds. Raises Refused for what cannot be written so."""
    if not 1 <= len(text) <= LONGEST:
        raise _refused("instruction_length", f"Écrivez de 1 à {LONGEST} caractères.", f"Write 1 to {LONGEST} characters.", "text")
    if draft.valid_to is not None and draft.valid_to <= max(draft.valid_from, now):
        raise _refused(
            "instruction_over", "Cette consigne serait déjà échue.", "This instruction would be over already.", "valid_to"
        )
    if draft.times is None:
        return None
    try:
        return rota.sound(draft.times)
    except BadCalendar as bad:
        fr, en = "Ces heures ne conviennent pas.", "These hours do not fit."
        raise _refused(f"rota_{bad.code}", fr, en, "weekdays") from bad


def _refused(code: str, fr: str, en: str, field: str) -> Refused:
    return Refused(code, fr, en, meaning=Meaning.INVALID, field=field)
