"""What runs on a site: the versions of its rules, heard or in shadow, and what tells that they are others now."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from alarms.engine import spec as specs
from alarms.models import Rule, RuleSetAside, RuleVersion

ENTRIES_ASIDE, RULES_ASIDE = "vigie.set-aside", "vigie.rule-set-aside"
"""Slugs of the rules that the house brings along, which nobody can write: a slug has no dot."""


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """One version that runs."""

    rule: int
    version: int
    spec: specs.Spec
    slug: str = ""
    shadow: bool = False
    """It runs and nobody hears it."""


def running(site_id: int) -> list[int]:
    """The versions that run on a site, heard or in shadow, in the order of `active_rules`."""
    active, shadowed = _running(site_id)
    heard = active.values_list("active_version_id", flat=True)
    return [*heard, *shadowed.values_list("shadow_version_id", flat=True)]


def _running(site_id: int) -> tuple[QuerySet[Rule], QuerySet[Rule]]:
    rules, aside = Rule.objects.filter(site_id=site_id).order_by("id"), left_out(site_id)
    active = rules.filter(state=Rule.State.ACTIVE, active_version__isnull=False).exclude(active_version__in=aside)
    return active, rules.filter(shadow_version__isnull=False).exclude(shadow_version__in=aside)


def active_rules(site_id: int, only: Collection[int] | None = None) -> list[ActiveRule]:
    """What runs on a site, heard or in shadow, by rule; `only`: among these versions."""
    active, shadowed = _running(site_id)
    if only is not None:
        active, shadowed = active.filter(active_version__in=only), shadowed.filter(shadow_version__in=only)
    return [
        ActiveRule(rule, version, specs.decode(document), slug)
        for rule, version, document, slug in active.values_list("id", "active_version_id", "active_version__spec", "slug")
    ] + [
        # Without its name: other rules listen to the version that is heard.
        ActiveRule(rule, version, specs.decode(document), shadow=True)
        for rule, version, document in shadowed.values_list("id", "shadow_version_id", "shadow_version__spec")
    ]


def built_in_rules(site_id: int) -> dict[str, ActiveRule]:
    """By slug the rules of what is set aside, if something ever was."""
    versions = RuleVersion.objects.filter(rule__site=site_id, rule__built_in=True).order_by("number")
    found = versions.values_list("rule__slug", "rule_id", "id", "spec")
    return {slug: ActiveRule(rule, version, specs.decode(document)) for slug, rule, version, document in found}


def rule_names(site_id: int) -> dict[str, tuple[str, str]]:
    """Slug → names in French and English, of all rules of the site."""
    listed = Rule.objects.filter(site_id=site_id, built_in=False).values_list("slug", "name_fr", "name_en")
    return {slug: (fr, en) for slug, fr, en in listed}


def left_out(site: int) -> list[int]:
    """The versions that are set aside: whatever they are of, they do not run."""
    return list(RuleSetAside.objects.filter(taken_up_at=None, version__rule__site=site).values_list("version", flat=True))


def fingerprint(site: int) -> tuple[tuple[int | None, ...], ...]:
    """What runs on a site: (rule, active version, shadow version) of each, and the versions that are set aside; changes
    whenever the engine must be built anew."""
    runs = Q(state=Rule.State.ACTIVE, active_version__isnull=False) | Q(shadow_version__isnull=False)
    rules = Rule.objects.filter(runs, site_id=site).order_by("id")
    return (*rules.values_list("id", "state", "active_version_id", "shadow_version_id"), tuple(left_out(site)))
