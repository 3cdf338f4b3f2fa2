"""Versions of rules that a defect of ours keeps from being built or restored: left out, told as an alarm, taken up again.

The only writer of RuleSetAside. A version is set aside when the site cannot be built with it and can be without it; the rules
that are left run. The alarms it had stay as they are: a defect of ours says nothing about the field. Its own alarm comes from the
rows, as that of an entry does (`alarms.correlation.set_aside`).
"""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from alarms.correlation import built_in
from alarms.correlation.set_aside import account
from alarms.engine.evidence import RuleSetAsideEvidence
from alarms.engine.transitions import SubjectKind, Transition
from alarms.models import Rule, RuleSetAside, RuleVersion
from alarms.rules.mishaps import Mishap
from alarms.site.running import RULES_ASIDE
from alarms.site.survey import Survey
from assets.instants import microseconds
from assets.refusal import Refused
from journal import live
from journal.page import Line, open_page

logger = logging.getLogger(__name__)

_SPEC = {
    # As near as the language of rules comes: it says what the alarm is about, and is never run.
    "kind": "missing",
    "scope": {},
    "first": {"event": "rule_set_aside", "label": {"fr": "règle mise à part", "en": "rule set aside"}},
    "then": {"event": "taken_up", "label": {"fr": "reprise", "en": "taking up"}},
    "by": {"attribute": "rule"},
    "within": 1.0,
    "severity": "critical",
    "message": {
        "fr": "Règle que Vigie ne parvient pas à faire tourner, mise à part : elle ne surveille plus — {asset}",
        "en": "Rule that Vigie fails to run, set aside: it watches no more — {asset}",
    },
    "suggested_action": {
        "fr": "Surveiller autrement ce qu’elle surveillait, et prévenir l’exploitant de Vigie : « manage.py set_aside rules ».",
        "en": "Watch otherwise what this rule watched, and tell whoever runs Vigie: `manage.py set_aside rules` says why.",
    },
}


# -- by the correlator ------------------------------------------------------------------------------------------------------


def keep(version: int, defect: Exception, now: dt.datetime) -> None:
    """Set a version aside, and journal it."""
    running = RuleVersion.objects.select_related("rule").get(pk=version)
    rule, (error, trace) = running.rule, account(defect)
    logger.error("site %s: version %s of the rule %s is set aside", rule.site_id, running.number, rule.slug, exc_info=defect)
    name = type(defect).__name__  # and not its text, which may quote a plate: the journal has no end
    with transaction.atomic():
        RuleSetAside.objects.create(version=running, error=error, trace=trace, set_aside_at=now)
        _journal(
            running, "rule.set_aside", f"Règle mise à part : {rule.name_fr} (version {running.number}, {name})",
            f"Rule set aside: {rule.name_en} (version {running.number}, {name})", now,
        )  # fmt: skip


def with_rule(survey: Survey, now: dt.datetime) -> Survey:
    """The same, with the built-in rule once a version is set aside."""
    if RULES_ASIDE in survey.built_in or not _left().filter(version__rule__site=survey.site).exists():
        return survey
    return built_in.with_rule(survey, RULES_ASIDE, ("Règles mises à part", "Rules set aside"), _SPEC, now)


def moves(survey: Survey, now: dt.datetime) -> list[Transition]:
    """What brings the alarms in line with the rules that are set aside: one of each."""
    return built_in.moves(survey, RULES_ASIDE, _wanted(survey), now) if RULES_ASIDE in survey.built_in else []


def standing(survey: Survey) -> set[tuple[int, str]]:
    """(rule, subject) of the alarms that the rules which are set aside hold up."""
    rule = survey.built_in.get(RULES_ASIDE)
    return set() if rule is None else {(rule.rule, f"{kind}:{ident}") for kind, ident in _wanted(survey)}


def troubles(site: int) -> dict[int, str]:
    """Why rules do not run, by rule id."""
    rows = _left().filter(version__rule__site=site).values_list("version__rule", "error")
    return {rule: Mishap.SET_ASIDE.say({"error": error}) for rule, error in rows}


def _left() -> QuerySet[RuleSetAside]:
    """Of versions that would run."""
    of_its_rule = Q(version=F("version__rule__shadow_version"))
    of_its_rule |= Q(version=F("version__rule__active_version"), version__rule__state=Rule.State.ACTIVE)
    return RuleSetAside.objects.filter(of_its_rule, taken_up_at=None)


def _wanted(survey: Survey) -> dict[tuple[SubjectKind, int | str], RuleSetAsideEvidence]:
    rows = _left().filter(version__rule__site=survey.site).select_related("version__rule").defer("trace")
    return {
        ("attribute", f"rule={row.version.rule.slug}"): RuleSetAsideEvidence(
            row.version.number, row.error.partition(":")[0], microseconds(row.set_aside_at)
        )
        for row in rows
    }


# -- by whoever looks after the house ---------------------------------------------------------------------------------------


def left() -> dict[int, int]:
    """How many rules that would run are set aside, by site; sites that have none are not in it."""
    return dict(_left().order_by().values_list("version__rule__site").annotate(Count("pk")))


def take_up(number: int, now: dt.datetime) -> None:
    """Let a version run again; journaled. It is set aside again if it still fails. Raises Refused."""
    with transaction.atomic():
        if not RuleSetAside.objects.filter(pk=number, taken_up_at=None).update(taken_up_at=now):
            raise Refused(
                "not_set_aside", f"La règle {number} n’est plus mise à part.", f"Rule {number} is not set aside any more."
            )
        running = RuleSetAside.objects.select_related("version__rule").get(pk=number).version
        _journal(
            running, "rule.taken_up", f"Règle reprise : {running.rule.name_fr} (version {running.number})",
            f"Rule taken up again: {running.rule.name_en} (version {running.number})", now,
        )  # fmt: skip


def _journal(version: RuleVersion, kind: str, fr: str, en: str, now: dt.datetime) -> None:
    page = open_page(version.rule.site_id)
    about = [("rule", version.rule_id)]
    page.write(Line(kind, now, fr, en, about, details={"rule": version.rule.slug, "version": version.number}))
    live.publish(page)
