"""What rules command by themselves: a follower of the journal that gives, for each alarm that is raised, what was set up for it.

Only what the site lets leave by itself is given, once per alarm, and only while the alarm is fresh: a follower that was away for
a minute commands nothing for what happened meanwhile. What is not given is journaled with its reason.

The only writer of Reaction.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from assets.models import Asset, Site
from assets.refusal import Meaning, Refused
from commands import moves, offers
from commands.models import CommandType, Reaction, Scenario
from commands.scenarios import moves as scenarios
from commands.spec import Type
from commands.states import Reason
from commands.wording import Words
from journal import followers, live, nouns
from journal.actors import Actor
from journal.followers import Follower
from journal.models import JournalEntry
from journal.page import Line

NAME = "commands.reactions"
BATCH = 500
FRESH = dt.timedelta(seconds=60)
"""An alarm that was told longer ago is no reason any more."""


def of_site(site: int) -> list[Follower]:
    """None where no rule commands anything."""
    return [ReactionFollower(site, NAME)] if Reaction.objects.filter(site=site, enabled=True).exists() else []


class ReactionFollower(Follower):
    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        """Give what the alarms raised by the next lines bring about. Killed in between it does so again: the database gives it
        once per cause."""
        upto = min(last, after + BATCH)
        raised = JournalEntry.objects.filter(site=self.site, seq__gt=after, seq__lte=upto, kind="alarm.raised").order_by("seq")
        told = {id_: line.at for line in raised for id_ in line.ids("alarm")}
        known = {each.rule: each for each in Reaction.objects.filter(site=self.site, enabled=True).select_related("scenario")}
        for row in sorted(nouns.rows("alarm", sorted(told)), key=lambda each: each["id"]):
            if (reaction := known.get(row["rule"])) is not None:
                _react(reaction, row, told[row["id"]], now)
        followers.move(self.site, self.name, upto, now)
        return upto


def write(
    site: Site, rule: str, *, by: Actor, now: dt.datetime, type: str = "", parameters: Mapping[str, Any] | None = None,
    minutes: int | None = None, scenario: str = "", enabled: bool = True,
) -> Reaction:  # fmt: skip
    """Set up what a rule commands, or set it up anew; journaled. Raises Refused."""
    found = Scenario.objects.filter(site=site, slug=scenario).first() if scenario else None
    if bool(type) == bool(scenario) or (scenario and found is None):
        fr, en = "Un type de commande ou un scénario du site.", "A type of command or a scenario of the site."
        raise Refused("type_or_scenario", fr, en, meaning=Meaning.INVALID, field="scenario" if scenario else "type")
    if type:
        _check(site, type, parameters or {}, minutes)
    values = {"type": type, "parameters": dict(parameters or {}), "minutes": minutes, "scenario": found, "enabled": enabled}
    with transaction.atomic():
        reaction, _ = Reaction.objects.update_or_create(site=site, rule=rule, defaults=values)
        what = type or scenario
        words = Words(f"commande « {what} » d’elle-même", f"commands “{what}” by itself")
        if not enabled:
            words = Words(f"ne commande plus « {what} »", f"no longer commands “{what}”")
        with live.writing(site.pk) as page:
            page.write(_line(reaction, "changed", words, now, by))
    return reaction


def _check(site: Site, type: str, parameters: Mapping[str, Any], minutes: int | None) -> None:
    """Whether assets of the site have a type that could be given so; which of them an alarm will be about nobody knows yet.

    Raises Refused.
    """
    kinds = Asset.objects.filter(site=site, retired_at=None).order_by().values("kind").distinct()
    rows = CommandType.objects.filter(slug=type, enabled=True, kind__in=kinds)
    if not rows:
        fr, en = "Aucun équipement du site n’a cette commande.", "No asset of the site has this command."
        raise Refused("unknown_type", fr, en, meaning=Meaning.INVALID, field="type")
    refusals = []
    for row in rows:
        try:
            _check_terms(offers.type_of(row), parameters, minutes)
        except Refused as refusal:
            refusals.append(refusal)
    if len(refusals) == len(rows):
        raise refusals[0]


def _check_terms(type_: Type, parameters: Mapping[str, Any], minutes: int | None) -> None:
    type_.filled(parameters)
    stands = type_.stands
    if stands is None and minutes is not None:
        raise _wrong(
            "Cette commande ne se maintient pas : aucune durée à donner.", "This command does not last: it takes no time."
        )
    if stands is not None and minutes is None:
        raise _wrong("Cette commande se maintient : dire combien de minutes.", "This command lasts: say for how many minutes.")
    if stands is not None and minutes is not None and minutes * 60 > stands.longest:
        most = int(stands.longest // 60)
        raise _wrong(f"{most} minutes au plus.", f"{most} minutes at most.")


def _wrong(fr: str, en: str) -> Refused:
    return Refused("bad_minutes", fr, en, meaning=Meaning.INVALID, field="minutes")


def remove(reaction: Reaction, *, by: Actor, now: dt.datetime) -> None:
    with transaction.atomic(), live.writing(reaction.site_id) as page:
        page.write(_line(reaction, "deleted", Words("ne commande plus rien", "commands nothing any more"), now, by))
        reaction.delete()


def _react(reaction: Reaction, alarm: nouns.Row, at: dt.datetime, now: dt.datetime) -> None:
    by, cause = Actor("rule", reaction.rule), f"alarm:{alarm['id']}"
    try:
        if now - at > FRESH:
            raise offers.refused(Reason.TIME_LIMIT_OVER)
        until = None if reaction.minutes is None else now + dt.timedelta(minutes=reaction.minutes)
        if reaction.scenario is not None:
            scenarios.run(reaction.scenario, by=by, role=None, now=now, cause=cause, because=reaction.rule, until=until)
            return
        told = alarm["asset"] and Asset.objects.select_related("site", "sector", "kind").filter(pk=alarm["asset"]["id"]).first()
        if not told:
            raise Refused("no_asset", "L’alarme n’a pas d’équipement.", "The alarm has no asset.")
        moves.request(
            told, reaction.type, reaction.parameters, by=by, now=now, cause=cause, because=reaction.rule, until=until
        )  # fmt: skip
    except Refused as refusal:
        if refusal.code == "once_per_cause":
            return  # it was given before this was interrupted, or the alarm came again
        with transaction.atomic(), live.writing(reaction.site_id) as page:
            words = Words(f"rien n’est commandé : {refusal.fr}", f"nothing is commanded: {refusal.en}")
            page.write(_line(reaction, "refused", words, now, by, [("alarm", alarm["id"])]))


def _line(
    reaction: Reaction, kind: str, words: Words, now: dt.datetime, by: Actor, about: list[tuple[str, int]] | None = None
) -> Line:
    fr, en = f"Règle « {reaction.rule} » : {words.fr}"[:600], f"Rule “{reaction.rule}”: {words.en}"[:600]
    return Line(f"reaction.{kind}", now, fr, en, about or [], by, {"rule": reaction.rule})
