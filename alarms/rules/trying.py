"""Whether a version can run at its site, asked before it is activated, and what makes one that runs hear less than it says."""

import time
from collections.abc import Iterator

from alarms.engine import Engine
from alarms.engine import spec as specs
from alarms.engine.faults import Fault, Trouble
from alarms.engine.layout import CompileError
from alarms.engine.profiles import Profiles
from alarms.engine.relay import named_rules
from alarms.models import Rule, RuleVersion
from alarms.site.inventory import SECOND
from alarms.site.reach import FURTHEST, needed
from alarms.site.running import ActiveRule, active_rules
from alarms.site.survey import Survey, survey
from assets.models import Asset

DAY = 86_400 * SECOND


def can_run(version: RuleVersion) -> None:
    """Raises alarms.engine.layout.CompileError, which names the field and the reason."""
    rule, spec = version.rule, specs.decode(version.spec)
    known = set(Rule.objects.filter(site=rule.site_id, built_in=False).values_list("slug", flat=True))
    for path, slug in named_rules(spec):
        if slug not in known:
            raise CompileError(version.pk, path, Fault.NO_RULE, rule=slug)
    if needed(spec) > FURTHEST:
        far = _too_far(spec)
        raise CompileError(version.pk, far.path, far.fault, **far.fields)
    others = [each for each in active_rules(rule.site_id) if each.rule != rule.pk and not each.shadow]
    ours = ActiveRule(rule.pk, version.pk, spec, rule.slug)
    while True:
        try:
            _build(rule.site_id, [*others, ours])
        except CompileError as error:
            kept = [each for each in others if each.version != error.version]
            if len(kept) == len(others) or not _fails_without(rule.site_id, others, error.version):
                raise
            others = kept  # it does not run anyway
        else:
            return


def _build(site: int, rules: list[ActiveRule]) -> None:
    seen = survey(site, rules)
    Engine(seen.register, seen.scoped, time.time_ns() // 1000, seen.site.timezone)


def _fails_without(site: int, others: list[ActiveRule], version: int) -> bool:
    try:
        _build(site, others)
    except CompileError as error:
        return error.version == version
    return False


def _too_far(spec: specs.Spec) -> Trouble:
    """Of a rule that would have to remember longer than anything is read again after a restart."""
    delays = {name: getattr(spec, name, None) or 0.0 for name in ("within", "on_delay", "off_delay", "hold")}
    days = needed(spec) / DAY
    longest = max(delays, key=delays.__getitem__)
    return Trouble(longest, Fault.TOO_FAR, {"days": f"{days:g}", "most": FURTHEST // DAY})


def worries(seen: Survey, usual: Profiles | None) -> dict[int, str]:
    """Why rules that run hear less than they say, by rule id: whom they listen to is not active, what they name has left."""
    active = {each.slug for each in seen.rules.values() if each.slug}
    found: dict[int, list[Trouble]] = {}
    gone = _gone(seen)
    for scoped in seen.scoped:
        running = seen.rules[scoped.version]
        said = [Trouble(path, Fault.INACTIVE, {"rule": slug}) for path, slug in named_rules(scoped.spec) if slug not in active]
        left = [code for code in scoped.spec.scope.assets if code in gone]
        if left:
            fault = Fault.GONE_AND_MORE if len(left) > 5 else Fault.GONE
            said.append(Trouble("scope.assets", fault, {"codes": ", ".join(left[:5]), "more": len(left) - 5}))
        if needed(scoped.spec) > FURTHEST:
            said.append(_too_far(scoped.spec))
        said += _unprofiled(seen, scoped.version, usual)
        if said:
            found.setdefault(running.rule, []).extend(each for each in said if each not in found.get(running.rule, ()))
    return {rule: "; ".join(map(str, said)) for rule, said in found.items()}


def _gone(seen: Survey) -> set[str]:
    """Codes that scopes name and no asset in service has."""
    named = {code for scoped in seen.scoped for code in scoped.spec.scope.assets}
    if not named:
        return named
    there = Asset.objects.filter(site=seen.site, code__in=named, retired_at=None)
    return named - set(there.values_list("code", flat=True))


def _unprofiled(seen: Survey, version: int, usual: Profiles | None) -> Iterator[Trouble]:
    spec = seen.rules[version].spec
    if isinstance(spec, specs.Anomaly) and (usual is None or not (usual.weeks >= spec.minimum_history).any()):
        yield Trouble("minimum_history", Fault.UNOBSERVED, {"weeks": spec.minimum_history})
