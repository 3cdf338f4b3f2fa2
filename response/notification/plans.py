"""Rotas with their overrides, policies and rules: what administrators write; the only writer of these four tables.

Each is one transaction, journaled. What a document names must be there; what takes it away later is told by `reach`.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction

from assets.models import AssetKind, Sector
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from response.models import EscalationPolicy, NotificationRules, OnCallOverride, OnCallRota, Position
from response.notification import spec

MOST = 200
"""Rotas, and policies, of a site."""
MOST_OVERRIDES = 500
"""Of one rota that are not over."""
_ROTA, _POLICY = ("Astreinte", "On-call rota"), ("Escalade", "Escalation policy")


def write_rota(site: int, slug: str, given: Any, *, people: Collection[str], by: Actor, now: dt.datetime) -> OnCallRota:
    """The rota of this name as it is given. Raises Refused."""
    document = _read(spec.Rota, given)
    _known("layers", {person for layer in document.layers for person in layer.people}, people)
    row: OnCallRota = _write(OnCallRota, site, slug, document, _ROTA, by, now)
    return row


def write_policy(site: int, slug: str, given: Any, *, people: Collection[str], by: Actor, now: dt.datetime) -> EscalationPolicy:
    """The policy of this name as it is given; escalations under way keep theirs. Raises Refused."""
    document = _read(spec.Policy, given)
    _known_targets("steps", site, [target for step in document.steps for target in step.targets], people)
    row: EscalationPolicy = _write(EscalationPolicy, site, slug, document, _POLICY, by, now)
    return row


def write_rules(site: int, given: Any, *, people: Collection[str], by: Actor, now: dt.datetime) -> NotificationRules:
    """Replace the rules of a site, and who is told of maintenance. Raises Refused."""
    document = _read(spec.Rules, given)
    told = [target for announcement in document.announcements for target in announcement.targets]
    _known_targets("announcements", site, told, people)
    _known("policy", {rule.policy for rule in document.rules}, _slugs(EscalationPolicy, site))
    sectors = set(Sector.objects.filter(site_id=site).values_list("slug", flat=True))
    _known("sector", {rule.sector for rule in document.rules} - {""}, sectors)
    kinds = {kind for rule in document.rules for kind in rule.kinds}
    _known("kinds", kinds, set(AssetKind.objects.filter(slug__in=kinds).values_list("slug", flat=True)))
    with transaction.atomic():
        row = NotificationRules.objects.select_for_update().filter(site_id=site).first() or NotificationRules(site_id=site)
        written = spec.written(document)
        if row.document == written and not row._state.adding:
            return row
        row.document = written
        row.save()
        with live.writing(site) as page:
            fr, en = f"Règles de notification : {len(document.rules)}", f"Notification rules: {len(document.rules)}"
            page.write(Line("notification.rules_changed", now, fr, en, (), by))
    return row


def rules_of(site: int) -> spec.Rules:
    """Empty ones, where none were written."""
    row = NotificationRules.objects.filter(site_id=site).first()
    return spec.read(spec.Rules, row.document) if row is not None else spec.Rules()


def delete_rota(row: OnCallRota, *, by: Actor, now: dt.datetime) -> None:
    """Raises Refused while a policy names it."""
    rules = rules_of(row.site_id)
    if any(target.rota == row.slug for each in rules.announcements for target in each.targets):
        raise Refused("rota_in_use", "L’annonce d’une maintenance s’en sert.", "The announcement of maintenance uses it.")
    for policy in EscalationPolicy.objects.filter(site_id=row.site_id):
        if any(target.rota == row.slug for step in spec.read(spec.Policy, policy.document).steps for target in step.targets):
            raise Refused("rota_in_use", f"L’escalade {policy.slug} s’en sert.", f"The escalation policy {policy.slug} uses it.")
    _delete(row, _ROTA, by, now)


def delete_policy(row: EscalationPolicy, *, by: Actor, now: dt.datetime) -> None:
    """Escalations under way go on. Raises Refused while a rule names it."""
    if any(rule.policy == row.slug for rule in rules_of(row.site_id).rules):
        raise Refused("policy_in_use", "Une règle de notification s’en sert.", "A notification rule uses it.")
    _delete(row, _POLICY, by, now)


def replace_for_a_while(
    rota: OnCallRota, person: str, starts: dt.datetime, ends: dt.datetime, *, people: Collection[str], by: Actor, now: dt.datetime
) -> OnCallOverride:
    """Somebody else is on call between two instants. Raises Refused."""
    _known("person", {person}, people)
    if ends <= starts or ends <= now:
        raise Refused(
            "ends_before_it_starts", "La fin est avant le début, ou déjà passée.", "The end is before the start, or past.",
            meaning=Meaning.INVALID, field="ends_at",
        )  # fmt: skip
    with transaction.atomic():
        rota = OnCallRota.objects.select_for_update().get(pk=rota.pk)
        if rota.overrides.filter(ends_at__gt=now).count() >= MOST_OVERRIDES:
            raise Refused("too_many_overrides", "Trop de remplacements à venir.", "Too many overrides to come.")
        row = rota.overrides.create(person=person, starts_at=starts, ends_at=ends, created_at=now, created_by=by.name)
        fr, en = f"remplacement par {person}", f"{person} takes over"
        _journaled("override_added", rota, fr, en, _ROTA, by, now)
    return row


def cancel_override(row: OnCallOverride, *, by: Actor, now: dt.datetime) -> None:
    rota = row.rota
    with transaction.atomic():
        row.delete()
        fr, en = f"remplacement par {row.person} annulé", f"override by {row.person} cancelled"
        _journaled("override_cancelled", rota, fr, en, _ROTA, by, now)


def _read(kind: type[spec.Document], given: Any) -> spec.Document:
    try:
        return spec.read(kind, given)
    except spec.BadDocument as bad:
        fr, en = f"Document inutilisable : {bad}", f"Unusable document: {bad}"
        raise Refused("bad_document", fr, en, meaning=Meaning.INVALID, field="document") from bad


def _slugs(model: type[OnCallRota] | type[EscalationPolicy], site: int) -> set[str]:
    return set(model.objects.filter(site_id=site).values_list("slug", flat=True))


def _known(field: str, named: Collection[str], there: Collection[str]) -> None:
    """Raises Refused where something is named that is not there."""
    for name in sorted(set(named) - set(there)):
        fr, en = f"« {name} » n’existe pas sur ce site.", f"“{name}” does not exist on this site."
        raise Refused("unknown_name", fr, en, meaning=Meaning.INVALID, field=field)


def _known_targets(field: str, site: int, targets: Collection[spec.Target], people: Collection[str]) -> None:
    """Raises Refused."""
    _known(field, {target.person for target in targets} - {""}, people)
    if named := {target.rota for target in targets} - {""}:
        _known(field, named, _slugs(OnCallRota, site))
    if named := {target.position for target in targets} - {""}:
        positions = Position.objects.filter(site_id=site, retired_at=None).values_list("slug", flat=True)
        _known(field, named, set(positions))


def _write(
    model: Any, site: int, slug: str, document: spec.Rota | spec.Policy, what: tuple[str, str], by: Actor, now: dt.datetime
) -> Any:
    written = spec.written(document)
    with transaction.atomic():
        row = model.objects.select_for_update().filter(site_id=site, slug=slug).first()
        if row is not None and row.document == written:
            return row
        if row is None:
            if model.objects.filter(site_id=site).count() >= MOST:
                raise Refused("too_many_plans", f"{MOST} au plus par site.", f"{MOST} at most on a site.")
            row, verb, fr, en = model(site_id=site, slug=slug), "created", "ajoutée", "added"
        else:
            verb, fr, en = "changed", "modifiée", "changed"
        row.document = written
        row.save()
        _journaled(verb, row, fr, en, what, by, now)
    return row


def _delete(row: OnCallRota | EscalationPolicy, what: tuple[str, str], by: Actor, now: dt.datetime) -> None:
    with transaction.atomic():
        _journaled("deleted", row, "supprimée", "deleted", what, by, now)
        row.delete()


def _journaled(
    verb: str, row: OnCallRota | EscalationPolicy, fr: str, en: str, what: tuple[str, str], by: Actor, now: dt.datetime
) -> None:
    noun, name = ("rota" if isinstance(row, OnCallRota) else "policy"), row.document["name"]
    with live.writing(row.site_id) as page:
        text = f"{what[0]} « {name} » {fr}", f"{what[1]} “{name}” {en}"
        page.write(Line(f"{noun}.{verb}", now, *text, [(noun, row.pk)], by))
