"""Walls: screens of a control room that show it read-only, each opened by a token of its own; made and revoked in the journal.

The only writer of Wall. Of a token its hash alone is kept; it is shown once, as part of the address to open.
"""

import datetime as dt

from django.db import IntegrityError, transaction

from assets import tokens
from assets.models import Site
from assets.refusal import Meaning, Refused
from hypervisor.models import Role, Wall
from hypervisor.rights import Right, Verb
from journal import live
from journal.actors import Actor
from journal.page import Line

MOST = 20
"""Walls of a site that are in force."""
SEEN_EVERY = dt.timedelta(minutes=1)


def create(site: Site, name: str, *, by: Actor, now: dt.datetime) -> tuple[Wall, str]:
    """The wall and its token, which nobody can show again. Raises Refused."""
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise _wrong("Il faut un nom.", "A name is required.")
    if Wall.objects.filter(site=site, revoked_at=None).count() >= MOST:
        raise _wrong(f"Le site a {MOST} écrans, le maximum.", f"The site has {MOST} walls, the most.")
    token = tokens.new()
    wall = Wall(
        site=site, name=name, token_hash=tokens.digest(token), token_hint=token[-4:], created_at=now, created_by=by.name
    )  # fmt: skip
    try:
        with transaction.atomic():
            wall.save(force_insert=True)
            with live.writing(site.pk) as page:
                page.write(_line(wall, "created", "ouvert", "opened", now, by))
    except IntegrityError as error:
        raise _wrong("Ce nom est déjà pris.", "This name is taken.") from error
    return wall, token


def revoke(wall: Wall, *, by: Actor, now: dt.datetime) -> None:
    """Close it at once; again does no harm."""
    with transaction.atomic():
        locked = Wall.objects.select_for_update(no_key=True).get(pk=wall.pk)
        if locked.revoked_at is not None:
            return
        locked.revoked_at, locked.revoked_by = now, by.name
        locked.save(update_fields=["revoked_at", "revoked_by"])
        with live.writing(locked.site_id) as page:
            page.write(_line(locked, "revoked", "révoqué", "revoked", now, by))


def known(token: str, site: str, now: dt.datetime) -> Wall | None:
    """The wall of this site that the token opens, noted as seen; found by its hash, so that time tells nothing of it."""
    wall = Wall.objects.select_related("site").filter(token_hash=tokens.digest(token), site__slug=site, revoked_at=None).first()
    if wall is not None and (wall.used_at is None or wall.used_at < now - SEEN_EVERY):
        Wall.objects.filter(pk=wall.pk).update(used_at=now)
    return wall


def right_of(wall: Wall) -> Right:
    """What a wall may: see its site."""
    return Right(wall.site_id, wall.site.slug, Role.AUDITOR, None, frozenset({Verb.SEE}))


def _line(wall: Wall, what: str, fr: str, en: str, now: dt.datetime, by: Actor) -> Line:
    fr, en = f"Mur d’images « {wall.name} » {fr}", f"Wall “{wall.name}” {en}"
    return Line(f"wall.{what}", now, fr, en, (), by, {"wall": wall.name})


def _wrong(fr: str, en: str) -> Refused:
    return Refused("bad_name", fr, en, meaning=Meaning.INVALID, field="name")
