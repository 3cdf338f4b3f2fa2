"""Whether a version can run at its site: asked before it is activated, by building the engine it would run in."""

import time

from alarms.engine import Engine
from alarms.engine import spec as specs
from alarms.models import RuleVersion
from alarms.survey import ActiveRule, active_rules, survey


def can_run(version: RuleVersion) -> None:
    """Raises alarms.engine.layout.CompileError, which names the field and the reason."""
    rule = version.rule
    others = [each for each in active_rules(rule.site_id) if each.rule != rule.pk and not each.shadow]
    seen = survey(rule.site_id, [*others, ActiveRule(rule.pk, version.pk, specs.decode(version.spec), rule.slug)])
    Engine(seen.register, seen.scoped, time.time_ns() // 1000, seen.site.timezone)
