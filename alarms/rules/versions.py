"""Writing and activating rules: a version is immutable once written, one is active, and the engine follows within a second."""

import datetime as dt

import msgspec
from django.db import transaction
from django.db.models import Max, Q

from alarms.engine import spec as specs
from alarms.models import Rule, RuleVersion
from assets.models import Site
from assets.refusal import Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, open_page

RETIREMENT_LAPSES = dt.timedelta(days=7)
"""After which a retirement that nobody else confirmed is no longer asked for."""


_RETIREMENT = ("retirement_asked_by", "retirement_asked_at")


def stored_form(spec: specs.Spec) -> dict[str, object]:
    """As the database gives it back: JSON has lists where a spec has tuples, and one is compared with the other."""
    return msgspec.json.decode(specs.encode(spec))


def write_rule(
    site: Site,
    slug: str,
    name_fr: str,
    name_en: str,
    spec: dict[str, object],
    *,
    by: Actor = SYSTEM,
    note: str = "",
    now: dt.datetime,
) -> RuleVersion:
    """Store a new version of the rule `slug`, or the rule with its first version; the newest version if it says the same.

    Raises alarms.engine.spec.SpecError, which names the field and the reason.
    """
    document = stored_form(specs.decode(spec))
    with transaction.atomic():
        rule, _ = Rule.objects.select_for_update(no_key=True).get_or_create(
            site=site, slug=slug, defaults={"name_fr": name_fr, "name_en": name_en}
        )
        newest = rule.versions.first()
        if newest is not None and newest.spec == document and (rule.name_fr, rule.name_en) == (name_fr, name_en):
            return newest
        rule.name_fr, rule.name_en = name_fr, name_en
        rule.save(update_fields=["name_fr", "name_en"])
        number = (rule.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        return rule.versions.create(number=number, spec=document, created_at=now, created_by_id=by.person, note=note)


def activate(version: RuleVersion, *, by: Actor = SYSTEM, now: dt.datetime) -> Rule:
    """Make this version the one that runs; journaled. Idempotent. The console acts as the system. Raises Refused."""
    with transaction.atomic():
        rule = Rule.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=version.rule_id)
        if rule.state == Rule.State.ACTIVE and rule.active_version_id == version.pk:
            return rule
        if rule.site.rules_need_second_person and by != SYSTEM and by.person == version.created_by_id:
            raise Refused(
                "needs_second_person",
                "Sur ce site, une version est activée par une autre personne que son auteur.",
                "On this site a version is activated by another person than its author.",
            )
        rule.state, rule.active_version = Rule.State.ACTIVE, version
        if rule.shadow_version_id == version.pk:
            rule.shadow_version = None
        rule.retirement_asked_by = rule.retirement_asked_at = None
        rule.save(update_fields=["state", "active_version", "shadow_version", *_RETIREMENT])
        _journal(rule, "rule.activated", f"Règle activée : {rule.name_fr} (version {version.number})",
                 f"Rule activated: {rule.name_en} (version {version.number})", by, now)  # fmt: skip
    return rule


def retire(rule: Rule, *, by: Actor = SYSTEM, now: dt.datetime) -> Rule:
    """Stop a rule; its open alarms clear when the engine has followed. Idempotent.

    Where the site asks for two people the first only asks for it, and the rule runs until another confirms: to stop a rule
    silences as much as to activate one that hears nothing. The console acts as the system.
    """
    with transaction.atomic():
        rule = Rule.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=rule.pk)
        if rule.state == Rule.State.RETIRED:
            return rule
        if rule.site.rules_need_second_person and by != SYSTEM and rule.state == Rule.State.ACTIVE:
            asked_by = retirement_asked_by(rule, now)
            if asked_by is None or asked_by == by.person:
                return _ask_retirement(rule, asked_by, by, now)
        rule.state, rule.shadow_version = Rule.State.RETIRED, None
        rule.retirement_asked_by = rule.retirement_asked_at = None
        rule.save(update_fields=["state", "shadow_version", *_RETIREMENT])
        _journal(rule, "rule.retired", f"Règle retirée : {rule.name_fr}", f"Rule retired: {rule.name_en}", by, now)
    return rule


def retirement_asked_by(rule: Rule, now: dt.datetime) -> int | None:
    """The account that asked to retire a rule, while another may still confirm it."""
    asked_at = rule.retirement_asked_at
    return rule.retirement_asked_by_id if asked_at is not None and now < asked_at + RETIREMENT_LAPSES else None


def _ask_retirement(rule: Rule, asked_by: int | None, by: Actor, now: dt.datetime) -> Rule:
    if asked_by is None:
        rule.retirement_asked_by_id, rule.retirement_asked_at = by.person, now
        rule.save(update_fields=_RETIREMENT)
        _journal(rule, "rule.retirement_asked", f"Retrait demandé, à confirmer par une autre personne : {rule.name_fr}",
                 f"Retirement asked for, another person must confirm: {rule.name_en}", by, now)  # fmt: skip
    return rule


def put_in_shadow(version: RuleVersion, *, by: Actor = SYSTEM, now: dt.datetime) -> Rule:
    """Let this version run beside what is active, unheard; journaled. Idempotent. Raises Refused."""
    with transaction.atomic():
        rule = Rule.objects.select_for_update(no_key=True).get(pk=version.rule_id)
        if rule.shadow_version_id == version.pk:
            return rule
        if rule.state == Rule.State.ACTIVE and rule.active_version_id == version.pk:
            raise Refused(
                "already_active", "Cette version est déjà active : on l’entend.", "This version is active already: it is heard."
            )
        rule.shadow_version = version
        if rule.state != Rule.State.ACTIVE:
            rule.state = Rule.State.SHADOW
        rule.save(update_fields=["state", "shadow_version"])
        _journal(rule, "rule.shadowed", f"Règle mise à l’essai dans l’ombre : {rule.name_fr} (version {version.number})",
                 f"Rule put in shadow: {rule.name_en} (version {version.number})", by, now)  # fmt: skip
    return rule


def end_shadow(rule: Rule, *, by: Actor = SYSTEM, now: dt.datetime) -> Rule:
    """Stop what runs unheard; what it found stays to be read. Idempotent."""
    with transaction.atomic():
        rule = Rule.objects.select_for_update(no_key=True).get(pk=rule.pk)
        if rule.shadow_version_id is None:
            return rule
        rule.shadow_version = None
        if rule.state == Rule.State.SHADOW:
            rule.state = Rule.State.DRAFT
        rule.save(update_fields=["state", "shadow_version"])
        _journal(rule, "rule.unshadowed", f"Fin d’essai dans l’ombre : {rule.name_fr}", f"Shadow ended: {rule.name_en}", by, now)
    return rule


def note_troubles(site: int, troubles: dict[int, str]) -> None:
    """Why rules cannot run, by rule id; the others of the site can."""
    for rule in Rule.objects.filter(Q(pk__in=troubles) | ~Q(trouble=""), site_id=site):
        if rule.trouble != (reason := troubles.get(rule.pk, "")[:300]):
            rule.trouble = reason
            rule.save(update_fields=["trouble"])


def _journal(rule: Rule, kind: str, fr: str, en: str, by: Actor, now: dt.datetime) -> None:
    page = open_page(rule.site_id)
    page.write(Line(kind, now, fr, en, [("rule", rule.pk)], by, {"rule": rule.slug}))
    live.publish(page)
