"""What administrators change of a site besides its rules, as lines of its journal: who may do what, and its feeds.

Each function makes the change, or is told of one that its transaction made, journals it in the same transaction, and announces
it after the commit.
"""

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Model
from django.utils import translation

from alarms.engine.phrases import SEVERITIES
from alarms.engine.wording import Bilingual
from alarms.lifecycle.limits import Level, said
from alarms.models import Severity
from assets import tokens
from assets.alphabet import alphabetical
from assets.inventory.version import raise_version
from assets.models import Feed, Sector, Site
from hypervisor.models import Grant, Role, User
from journal import live
from journal.actors import Actor
from journal.page import Line, open_page

_ROLES = {
    Role.OPERATOR: ("opérateur", "operator"),
    Role.SHIFT_SUPERVISOR: ("chef de quart", "shift supervisor"),
    Role.ADMINISTRATOR: ("administrateur", "administrator"),
    Role.AUDITOR: ("auditeur", "auditor"),
}


def give(user: User, site: Site, role: str, sectors: Collection[Sector], *, by: Actor, now: dt.datetime) -> Grant:
    """A role on the whole site, or on these sectors if there are any, in place of the one the person had here."""
    with transaction.atomic():
        before = _stands(Grant.objects.filter(user=user, site=site).first())
        values = {"role": role, "confined": bool(sectors)}
        grant, new = Grant.objects.update_or_create(user=user, site=site, defaults=values)
        grant.sectors.set(sectors)
        told_of_grant(grant, before, by=by, now=now, new=new)
    return grant


def withdraw(grant: Grant, *, by: Actor, now: dt.datetime) -> None:
    """Take a person's role on a site away."""
    name, (fr, en) = grant.user.get_username(), _ROLES[Role(grant.role)]
    details = {"person": name, "before": _stands(grant)}
    with transaction.atomic():
        site = grant.site_id
        grant.delete()
        write(
            site, Line("grant.withdrawn", now, f"Rôle retiré à {name} : {fr}", f"Role taken from {name}: {en}", (),
                       by, details)
        )  # fmt: skip


def told_of_grant(grant: Grant, before: dict[str, object] | None, *, by: Actor, now: dt.datetime, new: bool = False) -> None:
    """Journal a grant that was written in this transaction; `before` is what stood, None when there was none."""
    after, name, (fr, en) = _stands(grant), grant.user.get_username(), _ROLES[Role(grant.role)]
    if after == before and not new:
        return
    where = ", ".join(sorted(grant.sectors.values_list("name", flat=True), key=alphabetical))
    fr, en = f"{fr}, {where or 'tout le site'}", f"{en}, {where or 'whole site'}"
    if grant.confined and not where:
        fr, en = f"{_ROLES[Role(grant.role)][0]}, aucun secteur", f"{_ROLES[Role(grant.role)][1]}, no sector"
    kind, fr, en = (
        ("grant.given", f"Rôle donné à {name} : {fr}", f"Role given to {name}: {en}")
        if before is None
        else ("grant.changed", f"Rôle de {name} changé : {fr}", f"Role of {name} changed: {en}")
    )
    details = {"person": name, "before": before, "after": after}
    write(grant.site_id, Line(kind, now, fr[:600], en[:600], (), by, details))


def told_of_account(user: User, *, by: Actor, now: dt.datetime) -> None:
    """Journal, on each site where the person has a role, that their account was closed or opened again in this transaction."""
    name = user.get_username()
    kind, fr, en = (
        ("account.opened", f"Compte rouvert : {name}", f"Account opened again: {name}")
        if user.is_active
        else ("account.closed", f"Compte fermé : {name}", f"Account closed: {name}")
    )
    for site in user.grants.order_by("site").values_list("site", flat=True):
        write(site, Line(kind, now, fr, en, (), by, {"person": name}))


def stands(pk: int | None) -> dict[str, object] | None:
    """What a stored grant says, for `told_of_grant`; None when it is not stored."""
    return _stands(Grant.objects.filter(pk=pk).first())


def _stands(grant: Grant | None) -> dict[str, object] | None:
    if grant is None:
        return None
    paths = sorted(grant.sectors.values_list("path", flat=True))
    return {"role": grant.role, "sectors": paths if paths or grant.confined else None}


def renew_token(feed: Feed, *, by: Actor, now: dt.datetime) -> str:
    """A new token for the feed, told once: only its hash and its end are kept."""
    token = tokens.new()
    feed.token_hash, feed.token_hint = tokens.digest(token), token[-4:]
    with transaction.atomic():
        feed.save(update_fields=["token_hash", "token_hint"])
        line = Line("feed.token_renewed", now, f"Jeton renouvelé : flux {feed.name}", f"Token renewed: feed {feed.name}",
                    [("feed", feed.pk)], by, {"feed": feed.slug, "hint": feed.token_hint})  # fmt: skip
        write(feed.supervisor.site_id, line)
    return token


def switch_on(feed: Feed, *, by: Actor, now: dt.datetime) -> None:
    """Listen to a feed again. Idempotent."""
    with transaction.atomic():
        if not Feed.objects.filter(pk=feed.pk, enabled=False).update(enabled=True):
            return
        feed.enabled = True
        raise_version([feed.supervisor.site_id])
        told_of_feed(feed, ["enabled"], by=by, now=now)


def told_of_site(site: Site, changed: Collection[str], *, by: Actor, now: dt.datetime) -> None:
    """Journal that these fields of a site were changed in this transaction, with what they say now."""
    if not changed:
        return
    names_fr, names_en = _names(Site, changed)
    details = {name: str(getattr(site, name))[:200] for name in sorted(changed)}
    fr, en = f"Réglages du site modifiés : {names_fr}", f"Settings of the site changed: {names_en}"
    write(site.pk, Line("site.changed", now, fr[:600], en[:600], (), by, details))


def told_of_personal_attribute(site: Site, kind: str, attribute: str, declared: bool, *, by: Actor, now: dt.datetime) -> None:
    """Journal that an attribute of events (of one kind, or of all) names people from now on, or no longer."""
    where = (kind or "tous les évènements", kind or "all events")
    fr, en = (
        (f"Attribut personnel déclaré : {attribute} ({where[0]})", f"Personal attribute declared: {attribute} ({where[1]})")
        if declared
        else (f"Attribut personnel retiré : {attribute} ({where[0]})", f"Personal attribute withdrawn: {attribute} ({where[1]})")
    )
    details = {"event_kind": kind, "attribute": attribute, "declared": declared}
    write(site.pk, Line("personal_attribute.changed", now, fr, en, (), by, details))


def told_of_feed(feed: Feed, changed: Collection[str], *, by: Actor, now: dt.datetime) -> None:
    """Journal that these fields of a feed were changed in this transaction. Values stay out: some are secrets."""
    if not changed:
        return
    others = set(changed) - {"enabled"}
    named = [f" ({names})" if others else "" for names in _names(Feed, others)]
    what = ("modifié", "changed")
    if "enabled" in changed:
        what = ("mis en marche", "switched on") if feed.enabled else ("arrêté", "switched off")
    fr, en = f"Flux {what[0]} : {feed.name}{named[0]}", f"Feed {what[1]}: {feed.name}{named[1]}"
    details = {"feed": feed.slug, "changed": sorted(changed)}
    line = Line("feed.changed", now, fr[:600], en[:600], [("feed", feed.pk)], by, details)
    write(feed.supervisor.site_id, line)


def _names(model: type[Model], fields: Collection[str]) -> tuple[str, str]:
    """What these fields are called, in French and English: as in the administration."""
    told = []
    for language in ("fr", "en"):
        with translation.override(language):
            told.append(", ".join(sorted(_name(model, field) for field in fields)))
    return told[0], told[1]


def _name(model: type[Model], field: str) -> str:
    try:
        return str(model._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    except FieldDoesNotExist:  # of a form alone
        return field


def write(site: int, line: Line) -> None:
    """Journal one line about a site in the caller's transaction, and announce it after the commit."""
    page = open_page(site)
    page.write(line)
    live.publish(page)


def told_of_silence_limits(
    site: Site, changed: Collection[tuple[Level, Severity, dt.timedelta]], *, by: Actor, now: dt.datetime
) -> None:
    """Journal the longest silences that were changed in this transaction."""
    told = [(level, severity.label, *said(span)) for level, severity, span in changed]
    fr = ", ".join(f"{SEVERITIES['fr'][severity]} {_LEVELS[level].fr} {french}" for level, severity, french, _ in told)
    en = ", ".join(f"{severity} {_LEVELS[level].en} {english}" for level, severity, _, english in told)
    details = {f"{level} {severity}": english for level, severity, _, english in told}
    line = Line("silences.limited", now, f"Silences les plus longs : {fr}"[:600], f"Longest silences: {en}"[:600], (),
                by, details)  # fmt: skip
    write(site.pk, line)


_LEVELS = {
    Level.OPERATOR: Bilingual("en veille par un opérateur", "shelved by an operator"),
    Level.SUPERVISOR: Bilingual("en veille par un chef de quart", "shelved by a shift supervisor"),
    Level.SERVICE: Bilingual("hors service", "out of service"),
    Level.PLANNED_BY_SUPERVISOR: Bilingual(
        "en maintenance prévue par un chef de quart", "under maintenance planned by a shift supervisor"
    ),
    Level.PLANNED_BY_ADMINISTRATOR: Bilingual(
        "en maintenance prévue par un administrateur", "under maintenance planned by an administrator"
    ),
}
