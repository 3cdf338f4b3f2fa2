"""What is done to incidents: open, take charge, comment, merge, split, close; each one transaction, journaled.

Locks are taken in one order: alarms by id, then incidents by id, then the ledger. All raise IllegalMove (nothing changed) and
Incident.DoesNotExist.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Max

from alarms import live
from alarms.engine.wording import Bilingual
from alarms.incidents.lines import merged, opened, said
from alarms.journal import Line, Page, open_page, was_said
from alarms.lifecycle import membership
from alarms.lifecycle.membership import Member
from alarms.lifecycle.table import NORMAL, IllegalMove
from alarms.models import Alarm, Incident

_CLOSED = IllegalMove("Cet incident est clos.", "This incident is closed.")


@contextmanager
def _page(site: int) -> Iterator[Page]:
    page = open_page(site)
    yield page
    live.publish(page)


def _locked(ids: Collection[int]) -> list[Incident]:
    found = list(Incident.objects.select_for_update(no_key=True, of=("self",)).filter(id__in=ids).order_by("id"))
    if len(found) != len(set(ids)):
        raise Incident.DoesNotExist("One of these incidents does not exist.")
    return found


def _move(id_: int, by, now: dt.datetime, desk: str, act: Callable[[Incident], tuple[str, str, str] | None]) -> Incident:
    """Lock, act, journal, save. `act` changes the incident and answers (kind, fr, en), or None when it was so already."""
    with transaction.atomic():
        (incident,) = _locked([id_])
        told = act(incident)
        if told is not None:
            with _page(incident.site_id) as page:
                kind, fr, en = told
                line = said(incident, kind, fr, en, now, by.username, desk)
                if kind == "incident.commented":
                    line = Line(kind, now, fr, en, None, by.username, desk, {"comment": fr}, incident.pk)
                incident.seq = page.write(line)
                incident.save(update_fields=["state", "owner", "owned_at", "closed_at", "comments", "seq"])
    return incident


def _alive(incident: Incident) -> None:
    if incident.state == Incident.State.CLOSED:
        raise _CLOSED


def take_charge(id_: int, *, by, now: dt.datetime, desk: str = "") -> Incident:
    """Somebody looks after it; taking over from another is journaled as such."""

    def act(incident: Incident) -> tuple[str, str, str] | None:
        _alive(incident)
        if incident.owner_id == by.pk:
            return None
        over = incident.owner_id is not None
        incident.state, incident.owner, incident.owned_at = Incident.State.IN_HAND, by, now
        fr, en = ("repris en charge", "taken over") if over else ("pris en charge", "taken in charge")
        return "incident.taken", f"{fr} par {by.username}", f"{en} by {by.username}"

    return _move(id_, by, now, desk, act)


def release(id_: int, *, by, now: dt.datetime, desk: str = "") -> Incident:
    def act(incident: Incident) -> tuple[str, str, str] | None:
        _alive(incident)
        if incident.owner_id is None:
            return None
        incident.state, incident.owner, incident.owned_at = Incident.State.OPEN, None, None
        return "incident.released", "rendu", "released"

    return _move(id_, by, now, desk, act)


def close(id_: int, *, by, now: dt.datetime, desk: str = "", comment: str = "") -> Incident:
    """The matter is settled. Refused while one of its alarms is open: nothing that stands goes out of sight. Idempotent."""

    def act(incident: Incident) -> tuple[str, str, str] | None:
        if incident.state == Incident.State.CLOSED:
            return None
        if count := incident.alarms.exclude(state=NORMAL).count():
            raise IllegalMove(
                f"Il a encore {count} alarme{'s' if count > 1 else ''} ouverte{'s' if count > 1 else ''}.",
                f"It still has {count} open alarm{'s' if count > 1 else ''}.",
            )
        incident.state, incident.closed_at = Incident.State.CLOSED, now
        incident.comments += bool(comment)
        tail = f" — {comment}" if comment else ""
        return "incident.closed", f"clos{tail}", f"closed{tail}"

    return _move(id_, by, now, desk, act)


def add_comment(id_: int, *, text: str, by, now: dt.datetime, desk: str = "") -> Incident:
    """A remark of somebody, at any time, also on a closed incident. Idempotent for a minute."""
    if not text.strip():
        raise IllegalMove("Le commentaire est vide.", "The comment is empty.")

    def act(incident: Incident) -> tuple[str, str, str] | None:
        if was_said("incident.commented", text, by.username, now, incident_id=incident.pk):
            return None
        incident.comments += 1
        return "incident.commented", text, text

    return _move(id_, by, now, desk, act)


def open_by_hand(site: int, alarms: Collection[int], *, title: str = "", by, now: dt.datetime, desk: str = "") -> Incident:
    """Make an incident of these open alarms that have none. Raises IllegalMove."""
    with transaction.atomic():
        members = [each for each in membership.lock(ids=alarms) if each.site_id == site]
        if len(members) != len(set(alarms)):
            raise IllegalMove("Une de ces alarmes n'existe pas.", "One of these alarms does not exist.")
        if any(each.state == NORMAL for each in members):
            raise IllegalMove("Une de ces alarmes est close.", "One of these alarms is closed.")
        if any(each.incident_id is not None for each in members):
            raise IllegalMove("Une de ces alarmes a déjà un incident.", "One of these alarms has an incident already.")
        with _page(site) as page:
            return _open(site, members, title, page, now, by.username, desk)


def _open(site: int, members: list[Member], title: str, page: Page, now: dt.datetime, actor: str, desk: str) -> Incident:
    worst = min(members, key=lambda each: (each.severity, each.id))
    last = Incident.objects.filter(site_id=site).aggregate(last=Max("number"))["last"] or 0
    incident = Incident.objects.create(
        site_id=site, number=last + 1, key="", title_fr=title or worst.sentence_fr, title_en=title or worst.sentence_en,
        rule_id=worst.rule_id, opened_at=now, joined_at=now, seq=0,
    )  # fmt: skip
    incident.seq = page.write(opened(incident, [each.id for each in members], now, actor, desk))
    incident.save(update_fields=["seq"])
    membership.attach(members, incident, page, now, actor, desk)
    return incident


def merge(
    into: int, others: Collection[int], *, by=None, now: dt.datetime, desk: str = "", why: Bilingual | None = None
) -> Incident:
    """Bring the alarms of other incidents into this one, and close those. `by` None: it happens by itself, for the reason `why`,
    and to none that somebody has in hand."""
    actor = by.username if by else ""
    sources = set(others) - {into}
    with transaction.atomic():
        members, incidents = _held(into, sources)
        target = incidents.pop(into)
        for incident in (target, *incidents.values()):
            _alive(incident)
        if by is None and any(incident.owner_id is not None for incident in incidents.values()):
            raise IllegalMove("Quelqu'un l'a pris en charge.", "Somebody has it in hand.")
        if not sources or any(incident.site_id != target.site_id for incident in incidents.values()):
            raise IllegalMove("Il faut d'autres incidents du même site.", "Other incidents of the same site are needed.")
        with _page(target.site_id) as page:
            for incident in incidents.values():
                mine = [each for each in members if each.incident_id == incident.pk]
                merged(incident, target, page, now, actor, desk, why)
                membership.attach(mine, target, page, now, actor, desk)
                incident.save(update_fields=["state", "closed_at", "merged_into", "seq"])
            Incident.objects.filter(merged_into_id__in=sources).update(merged_into=target)  # locked already
            target.joined_at = now
            fr, en = (", ".join(str(incident.number) for incident in incidents.values()),) * 2
            target.seq = page.write(said(target, "incident.joined", f"réunit aussi {fr}", f"now includes {en}", now, actor, desk))
            target.save(update_fields=["joined_at", "seq"])
    return target


class _Grew(Exception):
    pass


def _held(into: int, sources: Collection[int]) -> tuple[list[Member], dict[int, Incident]]:
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


def split(id_: int, alarms: Collection[int], *, title: str = "", by, now: dt.datetime, desk: str = "") -> Incident:
    """Make another incident of some of its alarms; answers the new one."""
    with transaction.atomic():
        members = [each for each in membership.lock(ids=alarms) if each.incident_id == id_]
        (incident,) = _locked([id_])
        _alive(incident)
        if not members or len(members) != len(set(alarms)):
            raise IllegalMove("Une de ces alarmes n'est pas de cet incident.", "One of these alarms is not of this incident.")
        if not incident.alarms.exclude(id__in=alarms).exists():
            raise IllegalMove("Il ne lui resterait aucune alarme.", "No alarm would be left to it.")
        with _page(incident.site_id) as page:
            made = _open(incident.site_id, members, title, page, now, by.username, desk)
            told = said(incident, "incident.split", f"{len(members)} alarmes vont à l'incident {made.number}",
                        f"{len(members)} alarms go to incident {made.number}", now, by.username, desk)  # fmt: skip
            incident.seq = page.write(told)
            incident.save(update_fields=["seq"])
    return made
