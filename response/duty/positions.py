"""Writes the positions of a control room; the only writer of Position, but for since when one is vacant."""

import datetime as dt
import re

from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line, open_page
from response.models import Holding, Position

MOST = 50
"""Positions of a site."""
_SLUG = re.compile(r"[-a-z0-9_]{1,60}")


def write(site: int, slug: str, name_fr: str, name_en: str, place: int, *, by: Actor, now: dt.datetime) -> Position:
    """A new position, or another name and place for one that is there; one that was retired is back. Raises Refused."""
    name_fr, name_en = name_fr.strip(), name_en.strip() or name_fr.strip()
    if not _SLUG.fullmatch(slug) or not 1 <= len(name_fr) <= 100 or len(name_en) > 100 or not 0 <= place <= 1000:
        fr, en = (
            "Un poste a un identifiant et un nom de 1 à 100 caractères.",
            "A position has a slug and a name of 1 to 100 characters.",
        )
        raise Refused("bad_position", fr, en, meaning=Meaning.INVALID, field="name_fr")
    with transaction.atomic():
        row = Position.objects.select_for_update(no_key=True).filter(site_id=site, slug=slug).first()
        page = open_page(site)
        told = {"name_fr": name_fr, "name_en": name_en, "place": place, "retired_at": None}
        if row is None:
            if Position.objects.filter(site_id=site, retired_at=None).count() >= MOST:
                raise Refused("too_many_positions", f"Un site a {MOST} postes au plus.", f"A site has at most {MOST} positions.")
            row = Position.objects.create(site_id=site, slug=slug, seq=0, **told)
        elif all(getattr(row, name) == value for name, value in told.items()):
            return row
        for name, value in told.items():
            setattr(row, name, value)
        fr, en = f"Poste « {name_fr} » défini", f"Position “{name_en}” defined"
        details: dict[str, object] = {"slug": slug, "name_fr": name_fr, "name_en": name_en, "place": place}
        row.seq = page.write(Line("position.written", now, fr, en, [("position", row.pk)], by, details))
        row.save()
        live.publish(page)
    return row


def retire(position: int, *, by: Actor, now: dt.datetime) -> Position:
    """Nobody can hold it any more. Raises Refused while somebody does."""
    with transaction.atomic():
        row = Position.objects.select_for_update(no_key=True).get(pk=position)
        if row.retired_at is not None:
            return row
        if Holding.objects.filter(position=row, until=None).exists():
            fr, en = "Ce poste est tenu : qu’il soit d’abord rendu.", "This position is held: let it be given back first."
            raise Refused("position_held", fr, en)
        page = open_page(row.site_id)
        row.retired_at = now
        fr, en = f"Poste « {row.name_fr} » supprimé", f"Position “{row.name_en}” retired"
        row.seq = page.write(Line("position.retired", now, fr, en, [("position", row.pk)], by, {"slug": row.slug}))
        row.save(update_fields=["retired_at", "seq"])
        live.publish(page)
    return row
