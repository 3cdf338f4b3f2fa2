"""The rules that the house brings along: their alarms come from rows that say what is set aside, and not from the engine."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from alarms.engine import spec as specs
from alarms.engine.evidence import Evidence
from alarms.engine.transitions import SubjectKind, Transition
from alarms.models import Alarm, Rule, RuleVersion
from alarms.rules import stored_form
from alarms.site.running import built_in_rules
from alarms.site.survey import Survey, subject_parts
from assets.instants import microseconds

OPEN = (Alarm.State.UNACKNOWLEDGED, Alarm.State.ACKNOWLEDGED)


def with_rule(survey: Survey, slug: str, names: tuple[str, str], spec: dict[str, object], now: dt.datetime) -> Survey:
    """The same, with a built-in rule, which is made when it is needed first. `names`: in French and English."""
    if slug in survey.built_in:
        return survey
    rule, made = Rule.objects.get_or_create(
        site=survey.site, slug=slug, defaults={"name_fr": names[0], "name_en": names[1], "built_in": True}
    )
    if made:
        RuleVersion.objects.create(rule=rule, number=1, spec=stored_form(specs.decode(spec)), created_at=now)
    return survey.with_built_in(built_in_rules(survey.site.pk))


def moves(
    survey: Survey, slug: str, wanted: Mapping[tuple[SubjectKind, int | str], Evidence], now: dt.datetime
) -> list[Transition]:
    """What brings the alarms of a built-in rule in line with those that are wanted."""
    rule = survey.built_in[slug]
    alarms = Alarm.objects.filter(rule=rule.rule, is_open=True, state__in=OPEN).values_list("subject", "raised_at", "evidence")
    standing = {subject_parts(subject): (raised_at, evidence) for subject, raised_at, evidence in alarms}
    learned = microseconds(now)
    told = [
        Transition("raise", rule.version, *subject, "critical", None, evidence.at, evidence.at, learned, evidence)
        for subject, evidence in wanted.items()
        if subject not in standing
    ]
    for subject, (raised_at, document) in standing.items():
        if subject not in wanted:
            evidence, since = msgspec.convert(document, Evidence), microseconds(raised_at)
            told.append(Transition("clear", rule.version, *subject, "critical", "critical", learned, since, learned, evidence))
    return told
