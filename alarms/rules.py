"""Writing and activating rules: a version is immutable once written, one is active, and the engine follows within a second."""

import datetime as dt

import msgspec
from django.db import transaction
from django.db.models import Max

from alarms import live
from alarms.engine import spec as specs
from alarms.journal import Line, open_page
from alarms.models import Rule, RuleVersion
from assets.models import Site


def write_rule(
    site: Site, slug: str, name_fr: str, name_en: str, spec: dict[str, object], *, by=None, note: str = "", now: dt.datetime
) -> RuleVersion:
    """Store a new version of the rule `slug`, or the rule with its first version; the newest version if it says the same.

    Raises alarms.engine.spec.SpecError, which names the field and the reason.
    """
    document = msgspec.to_builtins(specs.decode(spec))
    with transaction.atomic():
        rule, _ = Rule.objects.select_for_update().get_or_create(
            site=site, slug=slug, defaults={"name_fr": name_fr, "name_en": name_en}
        )
        newest = rule.versions.first()
        if newest is not None and newest.spec == document and (rule.name_fr, rule.name_en) == (name_fr, name_en):
            return newest
        rule.name_fr, rule.name_en = name_fr, name_en
        rule.save(update_fields=["name_fr", "name_en"])
        number = (rule.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        return rule.versions.create(number=number, spec=document, created_at=now, created_by=by, note=note)


def activate(version: RuleVersion, *, by=None, now: dt.datetime) -> Rule:
    """Make this version the one that runs; journaled. Idempotent."""
    with transaction.atomic():
        rule = Rule.objects.select_for_update().get(pk=version.rule_id)
        if rule.state == Rule.State.ACTIVE and rule.active_version_id == version.pk:
            return rule
        rule.state, rule.active_version = Rule.State.ACTIVE, version
        rule.save(update_fields=["state", "active_version"])
        _journal(rule, "rule.activated", f"Règle activée : {rule.name_fr} (version {version.number})",
                 f"Rule activated: {rule.name_en} (version {version.number})", by, now)  # fmt: skip
    return rule


def retire(rule: Rule, *, by=None, now: dt.datetime) -> Rule:
    """Stop a rule; its open alarms clear when the engine has followed. Idempotent."""
    with transaction.atomic():
        rule = Rule.objects.select_for_update().get(pk=rule.pk)
        if rule.state == Rule.State.RETIRED:
            return rule
        rule.state = Rule.State.RETIRED
        rule.save(update_fields=["state"])
        _journal(rule, "rule.retired", f"Règle retirée : {rule.name_fr}", f"Rule retired: {rule.name_en}", by, now)
    return rule


def _journal(rule: Rule, kind: str, fr: str, en: str, by, now: dt.datetime) -> None:
    page = open_page(rule.site_id)
    page.write(Line(kind, now, fr, en, actor=by.username if by else "", details={"rule": rule.slug}))
    page.close()
    transaction.on_commit(lambda: live.announce(rule.site_id, page.first, page.seq))


def fingerprint(site: int) -> tuple[tuple[int, int], ...]:
    """What runs on a site: (rule, version) of each active rule; changes whenever the engine must be built anew."""
    active = Rule.objects.filter(site_id=site, state=Rule.State.ACTIVE, active_version__isnull=False)
    return tuple(active.order_by("id").values_list("id", "active_version_id"))
