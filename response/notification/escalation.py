"""How far each alarm has been told: begun by the journal's lines, carried on and ended by a sweep; the only writer of Escalation.

The policy is taken as it is when an escalation begins: who changes it changes the next one.
"""

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from alarms.models import SEVERITY_NAMES, Alarm
from assets.models import Site
from journal import live
from journal.page import Line, Page, Thing
from response.models import Contact, Escalation, EscalationPolicy, Message
from response.notification import outbox, plans, spec
from response.notification.staff import Staff

BATCH = 500
LEAST_TURN = dt.timedelta(minutes=1)
"""Between two turns of a policy whose delays all stand at steps with nobody."""
_END = Escalation.End
_TAKEN = ("policy", "document", "severity", "began_at", "next_at", "tells_end", "end_told_at")
"""What an escalation takes when it begins."""
_ASKS = {"state": Alarm.State.UNACKNOWLEDGED, "shelved_until": None, "out_of_service_until": None, "suppressed_by": None}
ASKING = Q(**_ASKS)
"""Alarms that people are to be told of."""
_STILL_ASKING = Q(**{f"alarm__{name}": value for name, value in _ASKS.items()})


def begin(site: Site, alarms: Collection[int], now: dt.datetime) -> int:
    """Begin with those of these alarms that ask for somebody and that a rule applies to; how many were begun.

    One that has ended begins again, unless all its steps were carried out and the alarm is no more severe than then.
    """
    rules = plans.rules_of(site.pk).rules
    if not rules:
        return 0
    asking = Alarm.objects.filter(ASKING, site=site, pk__in=alarms).select_related("asset__kind", "sector", "escalation")
    policies = dict(EscalationPolicy.objects.filter(site=site).values_list("slug", "document"))
    zone, new, again = ZoneInfo(site.timezone), [], []
    for alarm in asking.order_by("pk"):
        rule = next((each for each in rules if each.policy in policies and _applies(each, alarm, now, zone)), None)
        if rule is None:
            continue
        told = {
            "policy": rule.policy, "document": policies[rule.policy], "severity": alarm.severity, "began_at": now, "next_at": now,
            "tells_end": rule.resolved, "end_told_at": None,
        }  # fmt: skip
        row = getattr(alarm, "escalation", None)
        if row is None:
            new.append(Escalation(alarm=alarm, site=site, **told))
        elif row.ended_at is not None and (row.end != _END.EXHAUSTED or alarm.severity < row.severity):
            row.run, row.turn, row.step, row.ended_at, row.end = row.run + 1, 0, 0, None, ""
            for name, value in told.items():
                setattr(row, name, value)
            again.append(row)
    Escalation.objects.bulk_create(new, ignore_conflicts=True)
    if again:
        outbox.cancel_ends([row.pk for row in again], now)
        fields = ["run", "turn", "step", "ended_at", "end", *_TAKEN]
        Escalation.objects.bulk_update(again, fields)
    return len(new) + len(again)


def sweep(site: Site, now: dt.datetime) -> int:
    """End what no alarm asks for any more, carry out what is due, and tell what has ended; how many rows were changed."""
    outbox.cancel_over(site.pk, now)
    return _end_over(site, now) + _carry_on(site, now) + _tell_ends(site, now)


def _applies(rule: spec.Rule, alarm: Alarm, now: dt.datetime, zone: ZoneInfo) -> bool:
    sectors = tuple(alarm.sector.path.split("/")) if alarm.sector is not None else ()
    kind = alarm.asset.kind.slug if alarm.asset is not None else ""
    return rule.applies(SEVERITY_NAMES[alarm.severity], sectors, kind, now, zone)


def _end_over(site: Site, now: dt.datetime) -> int:
    with transaction.atomic():
        going = Escalation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("alarm")
        rows = list(going.filter(~_STILL_ASKING, site=site, ended_at=None).order_by("alarm_id")[:BATCH])
        if not rows:
            return 0
        counts = {row.pk: outbox.cancel([row.pk], _why(row.alarm), now) for row in rows}
        for row in rows:
            row.end, row.ended_at, row.next_at = _why(row.alarm), now, None
        Escalation.objects.bulk_update(rows, ["end", "ended_at", "next_at"])
        with live.writing(site.pk) as page:
            for row in rows:
                _write(page, row, "ended", *_ENDED[_END(row.end)], now, cancelled=counts[row.pk])
    return len(rows)


def _why(alarm: Alarm) -> Escalation.End:
    if alarm.state == Alarm.State.ACKNOWLEDGED:
        return _END.ACKNOWLEDGED
    if alarm.state == Alarm.State.NORMAL:
        return _END.ACKNOWLEDGED if alarm.acknowledged_at == alarm.closed_at else _END.CLOSED
    return _END.RETURNED if alarm.state == Alarm.State.RETURNED else _END.SILENCED


_ENDED = {
    _END.ACKNOWLEDGED: ("arrêtée : alarme acquittée", "ended: alarm acknowledged"),
    _END.RETURNED: ("arrêtée : retour à la normale", "ended: back to normal"),
    _END.CLOSED: ("arrêtée : alarme close", "ended: alarm closed"),
    _END.SILENCED: ("arrêtée : alarme mise en veille, hors service ou expliquée", "ended: alarm silenced"),
    _END.EXHAUSTED: ("terminée sans réponse", "over without an answer"),
}


def _carry_on(site: Site, now: dt.datetime) -> int:
    with transaction.atomic():
        due = Escalation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("alarm")
        rows = list(due.filter(site=site, ended_at=None, next_at__lte=now).order_by("next_at", "alarm_id")[:BATCH])
        if not rows:
            return 0
        staff, messages, lines = Staff(site), list[Message](), list[Line]()
        for row in rows:
            _step(row, staff, messages, lines, now)
        outbox.put_alarms(messages)
        Escalation.objects.bulk_update(rows, ["turn", "step", "next_at", "ended_at", "end"])
        with live.writing(site.pk) as page:
            for line in lines:
                page.write(line)
    return len(rows)


def _tell_ends(site: Site, now: dt.datetime) -> int:
    """Whom an alarm reached is told once that it has ended, if its rule says so, whatever silences it; a message that is being
    sent is waited for."""
    over = Q(tells_end=True, end_told_at=None, alarm__state__in=[Alarm.State.RETURNED, Alarm.State.NORMAL])
    sending = Message.objects.filter(escalation=OuterRef("pk"), kind=Message.Kind.ALARM, state=Message.State.SENDING)
    with transaction.atomic():
        free = Escalation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("alarm")
        rows = list(free.filter(over, ~Exists(sending), site=site).order_by("alarm_id")[:BATCH])
        if not rows:
            return 0
        reached = outbox.reached([row.pk for row in rows])
        told = [(row.pk, run, contact) for row in rows for run, contact in reached.get(row.pk, ()) if run == row.run]
        outbox.put_ends(told, site.pk, now)
        Escalation.objects.filter(pk__in=[row.pk for row in rows]).update(end_told_at=now)
        with live.writing(site.pk) as page:
            for row in rows:
                if count := sum(pk == row.pk for pk, _, _ in told):
                    many = "s" * (count > 1)
                    fr, en = f"fin de l’alarme dite à {count} contact{many}", f"end of the alarm told to {count} contact{many}"
                    _write(page, row, "end_told", fr, en, now, contacts=count)
    return len(rows)


def _step(row: Escalation, staff: Staff, messages: list[Message], lines: list[Line], now: dt.datetime) -> None:
    """The next step that reaches somebody. Those with nobody are passed over at once, and so is a policy of such."""
    policy, passed, told = spec.read(spec.Policy, row.document), 0, False
    while row.next_at is not None:
        if row.step >= len(policy.steps):
            row.turn, row.step = row.turn + 1, 0
            if row.turn > policy.repeat or passed >= len(policy.steps):
                row.end, row.ended_at, row.next_at = _END.EXHAUSTED, now, None
                lines.append(_line(row, "exhausted", *_ENDED[_END.EXHAUSTED], now))
                return
            if told:  # every step with a delay has nobody just now
                row.next_at = now + LEAST_TURN
                return
        step, number = policy.steps[row.step], row.step
        contacts = staff.reached(step, now)
        row.step += 1
        if contacts:
            row.next_at = now + dt.timedelta(minutes=step.delay_minutes)
            messages += [_message(row, number, contact, now) for contact in contacts]
            names = ", ".join(dict.fromkeys(contact.person.get_username() for contact in contacts))
            lines.append(_line(row, "step", f"étape {number + 1} : {names}", f"step {number + 1}: {names}", now, step=number + 1))
            if step.delay_minutes:
                return
            passed, told = 0, True
        else:
            passed += 1
            who = ", ".join(staff.people(step.targets, now))
            fr = f"étape {number + 1} passée : {f'aucun contact confirmé ({who})' if who else 'personne d’astreinte'}"
            en = f"step {number + 1} skipped: {f'no confirmed contact ({who})' if who else 'nobody on call'}"
            lines.append(_line(row, "nobody", fr, en, now, step=number + 1))


def _message(row: Escalation, number: int, contact: Contact, now: dt.datetime) -> Message:
    return Message(
        site_id=row.site_id, contact=contact, kind=Message.Kind.ALARM, escalation=row, run=row.run, turn=row.turn, step=number,
        created_at=now, due_at=now,
    )  # fmt: skip


def _write(page: Page, row: Escalation, kind: str, fr: str, en: str, now: dt.datetime, **details: object) -> None:
    page.write(_line(row, kind, fr, en, now, **details))


def _line(row: Escalation, kind: str, fr: str, en: str, now: dt.datetime, **details: object) -> Line:
    document = spec.read(spec.Policy, row.document)
    about: list[Thing] = [("alarm", row.pk)]
    about += [("asset", row.alarm.asset_id)] if row.alarm.asset_id is not None else []
    text = f"Escalade « {document.name} » {fr}", f"Escalation “{document.name}” {en}"
    told = {"alarm": row.pk, "policy": row.policy, "run": row.run, **details}
    return Line(f"escalation.{kind}", now, text[0][:600], text[1][:600], about, details=told)
