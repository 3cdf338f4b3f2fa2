"""What is done to incidents: open, take charge, comment, merge, split, close; each one transaction, journaled.

Locks are taken in one order: alarms by id, then incidents by id, then the ledger. All raise Refused; nothing was changed then.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Max

from alarms.engine.wording import Bilingual
from alarms.incidents import keepers
from alarms.incidents.lines import merged, opened, said
from alarms.incidents.places import NOWHERE, follow_members
from alarms.lifecycle import membership
from alarms.lifecycle.membership import MemberAlarm
from alarms.lifecycle.reasons import Reason, by_hand
from alarms.lifecycle.table import NORMAL
from alarms.models import Alarm, Incident, Rule
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page, open_page
from journal.reading import was_said


@contextmanager
def _page(site: int) -> Iterator[Page]:
    page = open_page(site)
    yield page
    live.publish(page)


def _locked(ids: Collection[int]) -> list[Incident]:
    found = list(Incident.objects.select_for_update(no_key=True, of=("self",)).filter(id__in=ids).order_by("id"))
    if len(found) != len(set(ids)):
        raise Refused(
            "no_such_incident", "Un de ces incidents n’existe pas.", "One of these incidents does not exist.",
            meaning=Meaning.NOT_FOUND,
        )  # fmt: skip
    return found


def _move(id_: int, by: Actor, now: dt.datetime, act: Callable[[Incident], tuple[str, str, str] | None]) -> Incident:
    """Lock, act, journal, save. `act` changes the incident and answers (kind, fr, en), or None when it was so already."""
    with transaction.atomic():
        (incident,) = _locked([id_])
        told = act(incident)
        if told is not None:
            with _page(incident.site_id) as page:
                kind, fr, en = told
                line = said(incident, kind, fr, en, now, by)
                if kind == "incident.commented":
                    line = Line(kind, now, fr, en, [("incident", incident.pk)], by, {"comment": fr})
                incident.seq = page.write(line)
                incident.save(update_fields=["state", "owner", "owned_at", "closed_at", "comments", "seq"])
    return incident


def _alive(incident: Incident) -> None:
    if incident.state == Incident.State.CLOSED:
        raise Refused("incident_closed", "Cet incident est clos.", "This incident is closed.")


def take_charge(id_: int, *, by: Actor, now: dt.datetime) -> Incident:
    """Somebody looks after it; taking over from another is journaled as such."""

    def act(incident: Incident) -> tuple[str, str, str] | None:
        _alive(incident)
        if incident.owner_id == by.person:
            return None
        over = incident.owner_id is not None
        incident.state, incident.owner_id, incident.owned_at = Incident.State.IN_HAND, by.person, now
        fr, en = ("repris en charge", "taken over") if over else ("pris en charge", "taken in charge")
        return "incident.taken", fr, en

    return _move(id_, by, now, act)


def release(id_: int, *, by: Actor, now: dt.datetime) -> Incident:
    def act(incident: Incident) -> tuple[str, str, str] | None:
        _alive(incident)
        if incident.owner_id is None:
            return None
        incident.state, incident.owner, incident.owned_at = Incident.State.OPEN, None, None
        return "incident.released", "rendu", "released"

    return _move(id_, by, now, act)


def close(id_: int, *, by: Actor, now: dt.datetime, comment: str = "") -> Incident:
    """The matter is settled. Refused while one of its alarms is open: nothing that stands goes out of sight. Idempotent.

    While another room has something to do about it, it takes a reason.
    """

    def act(incident: Incident) -> tuple[str, str, str] | None:
        if incident.state == Incident.State.CLOSED:
            return None
        if count := incident.alarms.filter(is_open=True).count():
            raise Refused(
                "has_open_alarms",
                f"Il a encore {count} alarme{'s' if count > 1 else ''} ouverte{'s' if count > 1 else ''}.",
                f"It still has {count} open alarm{'s' if count > 1 else ''}.",
            )
        if not comment.strip() and (kept := keepers.keep([incident.pk]).get(incident.pk)) is not None:
            raise Refused(
                "something_to_do", f"Il reste à faire : {kept.fr}. Pour clore quand même, écrivez pourquoi en conclusion.",
                f"Still to be done: {kept.en}. To close it all the same, write why in the conclusion.", field="comment",
            )  # fmt: skip
        incident.state, incident.closed_at = Incident.State.CLOSED, now
        incident.comments += bool(comment)
        tail = f" — {comment}" if comment else ""
        return "incident.closed", f"clos{tail}", f"closed{tail}"

    return _move(id_, by, now, act)


def add_comment(id_: int, *, text: str, by: Actor, now: dt.datetime) -> Incident:
    """A remark of somebody, at any time, also on a closed incident. Idempotent for a minute."""
    if not text.strip():
        raise Refused("empty_comment", "Le commentaire est vide.", "The comment is empty.")

    def act(incident: Incident) -> tuple[str, str, str] | None:
        if was_said("incident.commented", text, by, now, incident.site_id, ("incident", incident.pk)):
            return None
        incident.comments += 1
        return "incident.commented", text, text

    return _move(id_, by, now, act)


def open_by_hand(site: int, alarms: Collection[int], *, title: str = "", by: Actor, now: dt.datetime) -> Incident:
    """Make an incident of these open alarms that have none. Raises Refused."""
    with transaction.atomic():
        members = [each for each in membership.lock(ids=alarms) if each.site_id == site]
        if len(members) != len(set(alarms)):
            raise Refused(
                "no_such_alarm", "Une de ces alarmes n’existe pas.", "One of these alarms does not exist.",
                meaning=Meaning.NOT_FOUND,
            )  # fmt: skip
        if any(each.state == NORMAL for each in members):
            raise Refused("alarm_closed", "Une de ces alarmes est close.", "One of these alarms is closed.")
        if any(each.incident_id is not None for each in members):
            raise Refused(
                "has_incident", "Une de ces alarmes a déjà un incident.", "One of these alarms has an incident already."
            )
        with _page(site) as page:
            return _open(site, members, title, page, now, by)


def _open(site: int, members: list[MemberAlarm], title: str, page: Page, now: dt.datetime, by: Actor) -> Incident:
    worst = min(members, key=lambda each: (each.severity, each.id))
    last = Incident.objects.filter(site_id=site).aggregate(last=Max("number"))["last"] or 0
    incident = Incident.objects.create(
        site_id=site, number=last + 1, key="", title_fr=title or worst.sentence_fr, title_en=title or worst.sentence_en,
        rule_id=worst.rule_id, opened_at=now, joined_at=now, seq=0, first_id=worst.id,
        sectors=list(dict.fromkeys(each.sector_id or NOWHERE for each in members)),
    )  # fmt: skip
    incident.seq = page.write(opened(incident, [each.id for each in members], now, by))
    incident.save(update_fields=["seq"])
    membership.attach(members, incident, lambda _: by_hand(by.name), page, now, by)
    return incident


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why incidents are merged by themselves: in words, and for each member."""

    words: Bilingual
    of: Callable[[MemberAlarm], Reason]


def merge(into: int, others: Collection[int], *, by: Actor = SYSTEM, now: dt.datetime, why: Grounds | None = None) -> Incident:
    """Bring the alarms of other incidents into this one, and close those. What the target is about stays; places are added.

    The system merges on the grounds `why`, and none that somebody has in hand."""
    reasons = why.of if why else lambda _: by_hand(by.name)
    sources = set(others) - {into}
    with transaction.atomic():
        members, incidents = _held(into, sources)
        target = incidents.pop(into)
        for incident in (target, *incidents.values()):
            _alive(incident)
        if by == SYSTEM and any(incident.owner_id is not None for incident in incidents.values()):
            raise Refused("in_other_hands", "Quelqu’un l’a pris en charge.", "Somebody has it in hand.")
        if not sources or any(incident.site_id != target.site_id for incident in incidents.values()):
            raise Refused(
                "no_other_incident", "Il faut d’autres incidents du même site.", "Other incidents of the same site are needed."
            )
        with _page(target.site_id) as page:
            for incident in incidents.values():
                mine = [each for each in members if each.incident_id == incident.pk]
                merged(incident, target, page, now, by, why and why.words)
                membership.attach(mine, target, reasons, page, now, by)
                incident.save(update_fields=["state", "closed_at", "merged_into", "seq"])
            Incident.objects.filter(merged_into_id__in=sources).update(merged_into=target)  # locked already
            target.joined_at = now
            target.rule_id = _advising([target, *incidents.values()])
            follow_members(target, incidents.values())
            fr, en = (", ".join(str(incident.number) for incident in incidents.values()),) * 2
            target.seq = page.write(said(target, "incident.joined", f"réunit aussi {fr}", f"now includes {en}", now, by))
            target.save(update_fields=["joined_at", "rule", "title_fr", "title_en", "sectors", "seq"])
    return target


def _advising(incidents: list[Incident]) -> int | None:
    """The rule of the first of these that gives advice; of none, that of the first."""
    specs = dict(Rule.objects.filter(pk__in=[each.rule_id for each in incidents]).values_list("pk", F("active_version__spec")))
    advice = (each.rule_id for each in incidents if _advises(specs.get(each.rule_id)))
    return next(advice, incidents[0].rule_id)


def _advises(spec: dict | None) -> bool:
    return bool(spec and (spec.get("procedure") or spec.get("suggested_action")))


class _Grew(Exception):
    pass


def _held(into: int, sources: Collection[int]) -> tuple[list[MemberAlarm], dict[int, Incident]]:
    """Lock the alarms of `sources`, then all these incidents, and those that went into `sources` before.

    Between the two an alarm may have joined. Its lock comes before those of incidents, so these are let go (by the savepoint)
    and it begins again; once the incidents are locked, nothing joins.
    """
    before = Incident.objects.filter(merged_into_id__in=sources)
    while True:
        try:
            with transaction.atomic():
                members = membership.lock(incidents=sources)
                locked = {incident.pk: incident for incident in _locked({into, *sources, *before.values_list("id", flat=True)})}
                if Alarm.objects.filter(incident_id__in=sources).exclude(id__in=[each.id for each in members]).exists():
                    raise _Grew
                if before.exclude(id__in=locked).exists():
                    raise _Grew
                return members, {id_: locked[id_] for id_ in (into, *sources)}
        except _Grew:
            continue


def split(id_: int, alarms: Collection[int], *, title: str = "", by: Actor, now: dt.datetime) -> Incident:
    """Make another incident of some of its alarms; answers the new one."""
    with transaction.atomic():
        members = [each for each in membership.lock(ids=alarms) if each.incident_id == id_]
        (incident,) = _locked([id_])
        _alive(incident)
        if not members or len(members) != len(set(alarms)):
            raise Refused(
                "not_of_this_incident", "Une de ces alarmes n’est pas de cet incident.",
                "One of these alarms is not of this incident.",
            )  # fmt: skip
        if not incident.alarms.exclude(id__in=alarms).exists():
            raise Refused("none_would_be_left", "Il ne lui resterait aucune alarme.", "No alarm would be left to it.")
        with _page(incident.site_id) as page:
            made = _open(incident.site_id, members, title, page, now, by)
            told = said(incident, "incident.split", f"{len(members)} alarmes vont à l'incident {made.number}",
                        f"{len(members)} alarms go to incident {made.number}", now, by)  # fmt: skip
            incident.seq = page.write(told)
            incident.save(update_fields=["seq"])
    return made
