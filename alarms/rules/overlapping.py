"""The active rules of a site that may hear the same as another: read once, asked for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alarms.engine import spec as specs
from alarms.engine.spec import SpecError
from alarms.models import Rule
from alarms.rules.overlap import overlap, worst
from assets.models import Sector


@dataclass(frozen=True, slots=True)
class OtherRule:
    """An active rule, and the worst severity it can raise."""

    rule: Rule
    spec: specs.Spec
    severity: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What runs on a site, and the paths of its sectors."""

    rules: list[OtherRule]
    paths: list[str]

    @classmethod
    def of(cls, site: int) -> Heard:
        """Two queries."""
        active = Rule.objects.filter(site_id=site, state=Rule.State.ACTIVE, active_version__isnull=False, built_in=False)
        rules = [
            OtherRule(rule, spec, worst(spec))
            for rule in active.select_related("active_version").order_by("slug")
            if (spec := decoded(rule.active_version.spec)) is not None
        ]
        return cls(rules, list(Sector.objects.filter(site_id=site).order_by("path").values_list("path", flat=True)))

    def beside(self, spec: specs.Spec, slug: str) -> list[OtherRule]:
        """Those that overlap with a rule of this slug that says so, by slug."""
        return [each for each in self.rules if each.rule.slug != slug and overlap(spec, each.spec, self.paths)]


def others_of(site: int, spec: specs.Spec, slug: str) -> list[OtherRule]:
    return Heard.of(site).beside(spec, slug)


def decoded(stored: dict[str, Any]) -> specs.Spec | None:
    """None for what an earlier version wrote and this one cannot read: its list says why."""
    try:
        return specs.decode(stored)
    except SpecError:
        return None
