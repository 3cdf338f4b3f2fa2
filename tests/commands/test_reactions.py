"""What rules command by themselves: once per alarm, only what may leave by itself, and only while the alarm is fresh."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from assets.refusal import Refused
from commands import catalogue, reactions
from commands.models import Command, ScenarioRun
from commands.reactions import ReactionFollower
from commands.scenarios import moves as scenarios
from journal import live
from journal.models import JournalEntry
from journal.page import Line, open_page
from tests.commands.field import CHIEF, type_of
from tests.factories import make_alarm, make_rule


@pytest.fixture
def raised(field):
    """raised(at): an alarm of the gate that is told at an instant; the number before its line."""
    rule = make_rule(field.site, "barriere-bloquee")

    def tell(at: dt.datetime) -> int:
        before = live.state(field.site.pk)
        alarm = make_alarm(rule, field.gate)
        with transaction.atomic():
            page = open_page(field.site.pk)
            page.write(Line("alarm.raised", at, "Bloquée", "Blocked", [("alarm", alarm.pk)]))
            page.close()
        return before

    return tell


def allow(field, slug: str = "open") -> None:
    catalogue.choose(field.site.pk, type_of(slug), enabled=True, automatic=True, by=CHIEF, now=timezone.now())


def react(field, after: int) -> None:
    ReactionFollower(field.site.pk, reactions.NAME).deal(after, live.state(field.site.pk), timezone.now())


def refusals(field) -> list[str]:
    return list(JournalEntry.objects.filter(site=field.site, kind="reaction.refused").values_list("text_en", flat=True))


def test_an_alarm_brings_its_command_about_once_also_when_the_follower_was_killed(field, raised):
    allow(field)
    reactions.write(field.site, "barriere-bloquee", type="open", by=CHIEF, now=timezone.now())
    before = raised(timezone.now())
    react(field, before)
    Command.objects.update(state="confirmed", ended_at=timezone.now())
    react(field, before)
    command = Command.objects.get()
    assert (command.actor_kind, command.actor, command.origin) == ("rule", "barriere-bloquee", "rule")
    assert command.cause.startswith("alarm:")
    assert refusals(field) == []


def test_what_the_site_does_not_allow_is_not_given_and_the_journal_says_why(field, raised):
    reactions.write(field.site, "barriere-bloquee", type="open", by=CHIEF, now=timezone.now())
    react(field, raised(timezone.now()))
    assert not Command.objects.exists()
    assert len(refusals(field)) == 1
    assert "by itself" in refusals(field)[0]


def test_an_alarm_of_long_ago_is_no_reason_any_more(field, raised):
    allow(field)
    reactions.write(field.site, "barriere-bloquee", type="open", by=CHIEF, now=timezone.now())
    react(field, raised(timezone.now() - dt.timedelta(minutes=2)))
    assert not Command.objects.exists()
    assert "time is over" in refusals(field)[0]


def test_a_rule_runs_a_scenario(field, raised):
    steps = [{"target": {"assets": ["B-1"]}, "type": "open"}]
    now = timezone.now()
    scenarios.write(field.site.pk, "sortie", "Sortie", "Way out", steps, by=CHIEF, now=now, automatic=True)
    reactions.write(field.site, "barriere-bloquee", scenario="sortie", by=CHIEF, now=now)
    before = raised(timezone.now())
    react(field, before)
    react(field, before)
    assert ScenarioRun.objects.get().origin == "rule"


def test_only_sites_whose_rules_command_something_are_followed(field):
    assert reactions.of_site(field.site.pk) == []
    reaction = reactions.write(field.site, "barriere-bloquee", type="open", by=CHIEF, now=timezone.now())
    assert len(reactions.of_site(field.site.pk)) == 1
    reactions.remove(reaction, by=CHIEF, now=timezone.now())
    assert reactions.of_site(field.site.pk) == []


@pytest.mark.parametrize("told", [{}, {"type": "open", "scenario": "x"}, {"scenario": "none"}])
def test_it_is_a_type_or_a_scenario_that_is_there(field, told):
    with pytest.raises(Refused, match="A type of command or a scenario"):
        reactions.write(field.site, "barriere-bloquee", by=CHIEF, now=timezone.now(), **told)
