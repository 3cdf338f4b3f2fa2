"""What is decided of a passage, once, by a person or by an automatic gate; and the command that carries it out.

One transaction: the passage is locked, the decision stored (the database knows only one per passage), the command asked for. The
second person is told who decided. Raises Refused, and nothing was changed then.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Page
from passages import lines, opening, reasons
from passages.models import Decision, Passage, Permit
from passages.recommendation import Policy, Recommendation, Verdict, may_open_by_itself

LONGEST_REASON = 300


def decide(
    id_: int, verdict: Verdict, *, by: Actor, role: str | None, now: dt.datetime, reason: str = "", permit: int | None = None
) -> Passage:
    """Open for a vehicle or refuse it.

    role     of a person, at the gate (None: nobody's)
    reason   why, by its name in passages.reasons or in other words; needed to refuse, and to open against the recommendation
    permit   which of the candidates it is, when the recommendation could not tell
    """
    reason = " ".join(reason.split())[:LONGEST_REASON]
    with transaction.atomic():
        passage = locked(id_)
        made = Decision.objects.filter(passage=passage).first()
        if made is not None:
            if (made.verdict, made.actor_kind, made.actor) == (verdict, by.kind, by.name):
                return passage  # they asked twice: the answer was lost
            raise decided(made, passage.gate.site.timezone)
        if passage.state != Passage.State.WAITING:
            raise Refused("gone", "Ce véhicule n’est plus là.", "This vehicle is not there any more.")
        if not reason and (verdict is Verdict.REFUSE or passage.verdict == Verdict.REFUSE):
            raise Refused("reason_missing", "Il faut un motif.", "A reason is required.", meaning=Meaning.INVALID, field="reason")
        chosen = _permit(passage, permit)
        Decision.objects.create(
            passage=passage, verdict=verdict, reason=reason, recommended=passage.verdict, permit_id=chosen, at=now,
            actor_kind=by.kind, actor=by.name, desk=by.desk,
        )  # fmt: skip
        passage.permit_id = chosen if chosen is not None else passage.permit_id
        passage.judge_at = None
        passage.state = Passage.State.OPENING if verdict is Verdict.OPEN else Passage.State.REFUSED
        if verdict is Verdict.OPEN:
            passage.command_id = opening.ask(passage, by=by, role=role, now=now, reason=reasons.said(reason)[0])
        with live.writing(passage.site_id) as page:
            _tell(page, passage, verdict, reason, now, by)
            passage.save()
    return passage


def open_again(id_: int, *, by: Actor, role: str | None, now: dt.datetime) -> Passage:
    """Ask for the opening anew, when its command ended without one. No second decision, and no second command under way."""
    with transaction.atomic():
        passage = locked(id_)
        if passage.state != Passage.State.OPENING:
            raise Refused("not_opening", "Aucune ouverture n’est en cours.", "No opening is under way.")
        if not opening.ended_in_vain(passage.command_id):
            raise Refused("under_way", "L’ordre d’ouverture suit son cours.", "The command to open is under way.")
        passage.command_id = opening.ask(passage, by=by, role=role, now=now)
        with live.writing(passage.site_id) as page:
            lines.write(page, passage, "opened_again", "ouverture redemandée", "opening asked for again", now, by=by)
            passage.save()
    return passage


def locked(id_: int) -> Passage:
    """One passage, locked until the transaction ends. Raises Refused."""
    rows = Passage.objects.select_for_update(no_key=True, of=("self",)).select_related("gate__asset", "gate__site", "permit")
    passage = rows.filter(pk=id_).first()
    if passage is None:
        raise Refused("no_such_passage", "Ce passage n’existe pas.", "There is no such passage.", meaning=Meaning.NOT_FOUND)
    return passage


def decided(made: Decision, zone: str) -> Refused:
    """What the second person is told."""
    who = made.actor or ("l’accès automatique", "the automatic gate")
    fr, en = (who, who) if isinstance(who, str) else who
    what = {"open": ("ouvert", "opened"), "refuse": ("refusé", "refused")}[made.verdict]
    at = f"{made.at.astimezone(ZoneInfo(zone)):%H:%M:%S}"
    desk = f" ({made.desk})" if made.desk else ""
    return Refused("decided", f"Déjà {what[0]} par {fr}{desk} à {at}.", f"Already {what[1]} by {en}{desk} at {at}.")


def opens_by_itself(passage: Passage) -> bool:
    """Whether an automatic gate opens for a passage as it is recommended now."""
    if passage.state != Passage.State.WAITING or passage.closed_at is not None:
        return False
    said = Recommendation(Verdict(passage.verdict), (), passage.permit_id, passage.confidence, by_itself=passage.by_itself)
    return may_open_by_itself(said, Policy(passage.gate.policy), passage.gate.threshold)


def _permit(passage: Passage, asked: int | None) -> int | None:
    if asked is None:
        return passage.permit_id if passage.verdict == Verdict.OPEN else None
    of_vehicle = {passage.permit_id, *(each["permit"] for each in passage.candidates)}
    if asked not in of_vehicle or not Permit.objects.filter(pk=asked, site_id=passage.site_id).exists():
        raise Refused(
            "no_such_permit",
            "Cette autorisation n’est pas une de celles que la plaque peut avoir.",
            "This permit is none of those that the plate may have.",
            meaning=Meaning.INVALID,
            field="permit",
        )
    return asked


def _tell(page: Page, passage: Passage, verdict: Verdict, reason: str, now: dt.datetime, by: Actor) -> None:
    permit = passage.permit
    fr, en = (f" (autorisation {permit.reference})", f" (permit {permit.reference})") if permit else ("", "")
    said_fr, said_en = reasons.said(reason)
    why_fr, why_en = (f" : {said_fr}", f": {said_en}") if reason else ("", "")
    details: dict[str, object] = {"recommended": passage.verdict, "against": passage.verdict not in (verdict, Verdict.CHECK)}
    details |= {"permit": permit.pk} if permit else {}
    if verdict is Verdict.OPEN:
        automatic = by == SYSTEM
        who = ("ouverture automatique", "opened by itself") if automatic else ("ouverture validée", "opening validated")
        details |= {"command": passage.command_id, "automatic": automatic}
        lines.write(page, passage, "opened", f"{who[0]}{fr}{why_fr}", f"{who[1]}{en}{why_en}", now, by=by, **details)
    else:
        lines.write(
            page, passage, "refused", f"passage refusé{fr}{why_fr}", f"passage refused{en}{why_en}", now, by=by, **details
        )
