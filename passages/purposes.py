"""Why a gate may read plates: stated by an administrator before the first read, withdrawn when it ends.

The only writer of Purpose. A commune may not read plates for policing: that is the State's alone (code de la sécurité intérieure,
L. 233-1 and L. 233-2). What a statement says is for people to judge; words that mean policing are refused all the same, so that
nobody writes them by habit.
"""

import datetime as dt
import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

from django.db import transaction

from assets.models import Site
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from passages import erasure
from passages.models import Passage, Purpose

_TEMPLATES = Path(__file__).with_name("purposes.toml")

MOST_HOURS, MOST_DAYS = 720, 366
_POLICING = re.compile(
    r"\b(vid[e]o-?verbalis\w*|verbalis\w+|infraction\w*|gendarmerie|police|delinquan\w+|deliquan\w+|delit\w*|requisition\w*"
    r"|personnes? recherchee?s?|vehicules? voles?|stolen|offen[cs]es?|law enforcement|policing)\b"
)
_DENIED = re.compile(r"\b(ni|aucune?|sans|pas de?|no|never|without|nor)\b[^.;:]{0,60}$")


@cache
def templates() -> dict[str, dict[str, str]]:
    """By use, a statement to begin from, in French and in English."""
    found = tomllib.loads(_TEMPLATES.read_text("utf-8"))
    return {use: {language: text.strip() for language, text in both.items()} for use, both in found.items()}


_USES = {
    Purpose.Use.SUBSCRIBERS: "access of subscribers",
    Purpose.Use.DELIVERIES: "deliveries and works",
    Purpose.Use.RESTRICTED_AREA: "pedestrian or restricted area",
    Purpose.Use.CAR_PARK: "car park",
}


def state(
    site: Site, *, use: str, basis: str, statement: str, assessment: str, contact: str, clear_hours: int, history_days: int,
    not_policing: bool, by: Actor, now: dt.datetime,
) -> Purpose:  # fmt: skip
    """State a purpose. Raises Refused for what no administrator may state."""
    if use not in Purpose.Use.values:
        raise _wrong("use", "Cet usage n’est pas admis.", "This use is not admitted.")
    if basis not in Purpose.Basis.values:
        raise _wrong("basis", "Cette base légale n’est pas admise.", "This legal basis is not admitted.")
    if not not_policing or _means_policing(statement):
        raise _wrong(
            "statement" if not_policing else "not_policing",
            "Une commune ne lit pas de plaques à des fins de police, réservées à l’État (CSI, L. 233-1 et L. 233-2).",
            "A commune may not read plates for policing: only the State and customs may (CSI, L. 233-1 and L. 233-2).",
        )
    for name, text in (("statement", statement), ("assessment", assessment), ("contact", contact)):
        if len(text.strip()) < 3:
            raise _wrong(name, "À remplir.", "Required.")
    if not 0 <= clear_hours <= MOST_HOURS:
        raise _wrong("clear_hours", f"De 0 à {MOST_HOURS} h.", f"From 0 to {MOST_HOURS} h.")
    if not 1 <= history_days <= MOST_DAYS:
        raise _wrong("history_days", f"De 1 à {MOST_DAYS} jours.", f"From 1 to {MOST_DAYS} days.")
    with transaction.atomic():
        purpose = Purpose.objects.create(
            site=site, use=use, basis=basis, statement=statement.strip(), assessment=assessment.strip(), contact=contact.strip(),
            clear_hours=clear_hours, history_days=history_days, stated_at=now, stated_by=by.name,
        )  # fmt: skip
        with live.writing(site.pk) as page:
            use_fr = purpose.get_use_display()
            fr = f"Lecture de plaques : finalité « {use_fr} » déclarée, en clair {clear_hours} h (analyse d’impact {assessment})"
            use_en = _USES[Purpose.Use(use)]
            en = f"Plate reading: purpose “{use_en}” stated, in clear for {clear_hours} h (assessment {assessment})"
            page.write(_line(purpose, "stated", fr, en, now, by))
    return purpose


def withdraw(id_: int, *, by: Actor, now: dt.datetime) -> Purpose:
    """End a purpose: its gates read nothing more, and what was read under it is erased at once. Idempotent. Raises Refused."""
    with transaction.atomic():
        purpose = Purpose.objects.select_for_update(of=("self",)).select_related("site").filter(pk=id_).first()
        if purpose is None:
            raise Refused(
                "no_such_purpose", "Cette finalité n’existe pas.", "There is no such purpose.", meaning=Meaning.NOT_FOUND
            )
        if purpose.withdrawn_at is not None:
            return purpose
        purpose.withdrawn_at, purpose.withdrawn_by = now, by.name
        purpose.save(update_fields=["withdrawn_at", "withdrawn_by"])
        Passage.objects.filter(purpose=purpose, closed_at=None).update(closed_at=now, state=Passage.State.LEFT, judge_at=None)
        with live.writing(purpose.site_id) as page:
            fr = f"Lecture de plaques : finalité « {purpose.get_use_display()} » retirée"
            page.write(
                _line(purpose, "withdrawn", fr, f"Plate reading: purpose “{_USES[Purpose.Use(purpose.use)]}” withdrawn", now, by)
            )
        while erasure.erase(Passage.objects.filter(purpose=purpose), purpose.site_id, "purpose", now, by):
            pass
    return purpose


def _line(purpose: Purpose, kind: str, fr: str, en: str, now: dt.datetime, by: Actor) -> Line:
    details = {
        "purpose": purpose.pk, "use": purpose.use, "basis": purpose.basis, "clear_hours": purpose.clear_hours,
        "history_days": purpose.history_days,
    }  # fmt: skip
    return Line(f"plates.{kind}", now, fr[:600], en[:600], (), by, details)


def _means_policing(statement: str) -> bool:
    """Whether it speaks of policing otherwise than to say that there is none."""
    plain = unicodedata.normalize("NFKD", statement.lower()).encode("ascii", "ignore").decode()
    return any(not _DENIED.search(plain[: found.start()]) for found in _POLICING.finditer(plain))


def _wrong(field: str, fr: str, en: str) -> Refused:
    return Refused(f"bad_{field}", fr, en, meaning=Meaning.INVALID, field=field)
