"""The entities of a site and who may act in their name, as administrators keep them; the only writer of Entity."""

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from response.models import Entity

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

MOST = 200
"""Of one site."""


def keep(
    site: int, slug: str, *, name_fr: str, name_en: str, contact: str, members: Collection["AbstractUser"], retired: bool,
    by: Actor, now: dt.datetime,
) -> Entity:  # fmt: skip
    """Add an entity, or change what is known of it. Raises Refused."""
    name_fr, name_en, contact = name_fr.strip(), name_en.strip() or name_fr.strip(), contact.strip()
    if not name_fr:
        raise Refused("entity_name", "Donnez-lui un nom.", "Give it a name.", meaning=Meaning.INVALID, field="name_fr")
    if not members and not contact:
        fr, en = "Personne n’y répond : donnez un membre ou un contact.", "Nobody answers there: give a member or a contact."
        raise Refused("entity_unreachable", fr, en, meaning=Meaning.INVALID, field="contact")
    with transaction.atomic():
        known = Entity.objects.select_for_update(no_key=True).filter(site_id=site, slug=slug).first()
        if known is None and Entity.objects.filter(site_id=site).count() >= MOST:
            raise Refused("too_many_entities", f"{MOST} entités au plus.", f"{MOST} entities at most.")
        row = known or Entity(site_id=site, slug=slug)
        row.name_fr, row.name_en, row.contact = name_fr, name_en, contact
        row.retired_at = (row.retired_at or now) if retired else None
        row.save()
        row.members.set(members)
        with live.writing(site) as page:
            fr, en = ("ajoutée", "added") if known is None else ("modifiée", "changed")
            names = sorted(each.get_username() for each in members)
            fr, en = f"Entité « {row.name_fr} » {fr}", f"Entity “{row.name_en}” {en}"
            told: dict[str, object] = {"slug": slug, "members": names, "retired": retired}
            page.write(Line("entity.changed", now, fr, en, [("entity", row.pk)], by, told))
    return row
