"""The messages that leave: put, bound into letters, claimed, sent, tried again, given up, cancelled; the only writer of Message.

A letter is what one contact gets at once, of one message or many. It keeps its number at every try, so that a mail which arrives
twice can be known as one. A worker claims the messages of a letter for a while; what one that died had is tried again.
"""

import datetime as dt
import secrets
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet

from alarms.models import Alarm
from response.models import Contact, Escalation, Means, Message
from response.notification import limits
from response.notification.sealed import seal

CLAIMED_FOR = dt.timedelta(seconds=60)
"""How long a worker has to send a letter; longer than any transport may take."""
LOST_AFTER = dt.timedelta(seconds=5)
ANSWERED_WITHIN = dt.timedelta(days=1)
"""For how long the link and the code of a letter are good."""
MOST_TRIES = 6
FIRST_RETRY, LAST_RETRY = dt.timedelta(seconds=10), dt.timedelta(minutes=10)
BATCH = 2_000
_STATE = Message.State
LIMITED = (Message.Kind.ALARM, Message.Kind.MAINTENANCE, Message.Kind.ENDED)
"""What a contact gets no more of than its limit, in this order when not all can leave; each kind in letters of its own."""

WANTED = (
    Q(escalation=None)
    | Q(kind=Message.Kind.ENDED)
    | (
        Q(escalation__alarm__state=Alarm.State.UNACKNOWLEDGED)
        & Q(escalation__alarm__shelved_until=None)
        & Q(escalation__alarm__out_of_service_until=None)
        & Q(escalation__alarm__suppressed_by=None)
    )
)
"""Messages whose alarm still asks for somebody, as its row says; that it has ended is told whatever it does now."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that a worker may send now."""

    letter: uuid.UUID
    contact: Contact | None
    """None: of the canary."""
    messages: tuple[Message, ...]


def put_alarms(messages: Collection[Message]) -> None:
    """Messages of steps; one that is there already stays as it is, so that a step carried out twice tells nobody twice."""
    _put(messages)


def put_ends(told: Collection[tuple[int, int, int]], site: int, now: dt.datetime) -> None:
    """That alarms have ended, to whom they reached: (escalation, its run, contact)."""
    kind = Message.Kind.ENDED
    _put([
        Message(site_id=site, kind=kind, escalation_id=escalation, run=run, contact_id=contact, created_at=now, due_at=now)
        for escalation, run, contact in told
    ])  # fmt: skip


def put_lines(told: Collection[tuple[int, int]], site: int, now: dt.datetime) -> None:
    """Lines of the journal on maintenance, to contacts: (number of the line, contact)."""
    kind = Message.Kind.MAINTENANCE
    _put([
        Message(site_id=site, kind=kind, line=line, contact_id=contact, created_at=now, due_at=now) for line, contact in told
    ])  # fmt: skip


def reached(escalations: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """By escalation the runs and contacts that were told of its alarm."""
    rows = Message.objects.filter(escalation__in=escalations, kind=Message.Kind.ALARM, state__in=[_STATE.SENT, _STATE.DELIVERED])
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for escalation, *told in rows.order_by("contact").values_list("escalation", "run", "contact").distinct():
        found[escalation].append((told[0], told[1]))
    return found


def _put(messages: Collection[Message]) -> None:
    Message.objects.bulk_create(messages, ignore_conflicts=True, batch_size=1000)


def put_code(contact: Contact, code: str, now: dt.datetime) -> None:
    """Send a code in place of any that waits."""
    waiting = Message.objects.filter(contact=contact, kind=Message.Kind.CODE, state=_STATE.PENDING)
    waiting.update(state=_STATE.CANCELLED, cancelled_at=now, reason="another_code", body="")
    Message.objects.create(
        site_id=contact.site_id, contact=contact, kind=Message.Kind.CODE, body=seal(code), created_at=now, due_at=now
    )


def put_test(contact: Contact, now: dt.datetime) -> None:
    """Send a test, unless one waits already."""
    if not Message.objects.filter(contact=contact, kind=Message.Kind.TEST, state=_STATE.PENDING).exists():
        Message.objects.create(site_id=contact.site_id, contact=contact, kind=Message.Kind.TEST, created_at=now, due_at=now)


def put_canary(site: int, now: dt.datetime) -> None:
    """A message for nobody, in place of those before it; one that a worker has stays until it is done with."""
    Message.objects.filter(site_id=site, kind=Message.Kind.CANARY).exclude(state=_STATE.SENDING).delete()
    Message.objects.create(site_id=site, kind=Message.Kind.CANARY, created_at=now, due_at=now)


def cancel(escalations: Collection[int], reason: str, now: dt.datetime) -> int:
    """Nothing more of these escalations leaves; how many messages waited."""
    waiting = Message.objects.filter(escalation__in=escalations, kind=Message.Kind.ALARM, state=_STATE.PENDING)
    return waiting.update(state=_STATE.CANCELLED, cancelled_at=now, reason=reason)


def cancel_over(site: int, now: dt.datetime) -> int:
    """Withdraw what came back from a worker after its escalation had ended; how many messages."""
    ended = Q(escalation__ended_at__isnull=False) & ~Q(escalation__end=Escalation.End.EXHAUSTED)
    waiting = Message.objects.filter(ended, site_id=site, kind=Message.Kind.ALARM, state=_STATE.PENDING)
    found = list(waiting.values_list("pk", "escalation__end"))
    for pk, end in found:
        Message.objects.filter(pk=pk, state=_STATE.PENDING).update(state=_STATE.CANCELLED, cancelled_at=now, reason=end)
    return len(found)


def cancel_ends(escalations: Collection[int], now: dt.datetime) -> int:
    """Nobody is told any more that these alarms have ended: they are back."""
    waiting = Message.objects.filter(escalation__in=escalations, kind=Message.Kind.ENDED, state=_STATE.PENDING)
    return waiting.update(state=_STATE.CANCELLED, cancelled_at=now, reason="back")


def bind(site: int, now: dt.datetime) -> list[uuid.UUID]:
    """Bind what is due into letters, one for each contact, and hold back what is beyond its limit; the letters that may leave."""
    _give_back(site, now)
    with transaction.atomic():
        due = Message.objects.select_for_update(skip_locked=True, of=("self",)).select_related("contact")
        rows = list(due.filter(site_id=site, state=_STATE.PENDING, due_at__lte=now).order_by("due_at", "id")[:BATCH])
        again = {row.letter for row in rows if row.letter is not None}
        fresh: dict[int, list[Message]] = defaultdict(list)
        for row in rows:
            if row.letter is None:
                fresh[row.contact_id].append(row)
        sent = _sent(fresh, now)
        changed: list[Message] = []
        for contact, its in fresh.items():
            changed += _bound(its, sent[contact], now)
        Message.objects.bulk_update(changed, ["letter", "answer_code", "held_since", "due_at"], batch_size=1000)
        leaving = again | {row.letter for row in changed if row.letter is not None}
        bound = Message.objects.filter(letter__in=leaving, state=_STATE.PENDING)
        bound.update(due_at=now + LOST_AFTER)  # should no worker take it until then, it is ordered again
    return sorted(leaving, key=str)


@dataclass(frozen=True, slots=True)
class Held:
    """How many messages of a contact its limit holds back, and when the next letter may leave."""

    contact: int
    count: int
    next_at: dt.datetime


def held(site: int, contacts: Collection[int] | None = None) -> list[Held]:
    """By contact, whoever waits the least first; None: of all contacts of the site. One query."""
    rows = Message.objects.filter(site_id=site, state=_STATE.PENDING, held_since__isnull=False, letter=None)
    if contacts is not None:
        rows = rows.filter(contact__in=contacts)
    counted = rows.order_by().values_list("contact").annotate(Count("pk"), Min("due_at"))
    return [Held(contact, count, due_at) for contact, count, due_at in counted.order_by("due_at__min", "contact")]


def _bound(rows: Sequence[Message], sent: Sequence[dt.datetime], now: dt.datetime) -> list[Message]:
    """A code, a test and the canary leave alone and whatever the limit; what is limited together with its kind, or later."""
    for row in rows:
        if row.kind not in LIMITED:
            row.letter = uuid.uuid4()
    left = list(sent)
    for kind in LIMITED:
        its = [row for row in rows if row.kind == kind]
        if not its:
            continue
        code = _answer_code(its[0], now) if kind == Message.Kind.ALARM else ""
        free, letter = limits.free_at(its[0].contact.means, left, now), uuid.uuid4()
        for row in its:
            if free <= now:
                row.letter, row.answer_code = letter, code
            else:
                row.held_since, row.due_at = row.held_since or now, free
        left.append(max(free, now))
    return list(rows)


def _answer_code(row: Message, now: dt.datetime) -> str:
    """By which an SMS is answered: four digits that this contact was not given of late."""
    if row.contact is None or row.contact.means != Means.SMS:
        return ""
    given = Message.objects.filter(contact=row.contact_id, letter__isnull=False, due_at__gt=now - ANSWERED_WITHIN)
    taken = set(given.values_list("answer_code", flat=True))
    return next(code for code in iter(lambda: f"{secrets.randbelow(10_000):04d}", "") if code not in taken)


def _sent(contacts: Iterable[int], now: dt.datetime) -> dict[int, list[dt.datetime]]:
    """When limited letters left, by contact, as far back as a limit looks; one that is under way has left."""
    rows = Message.objects.filter(contact__in=contacts, kind__in=LIMITED, letter__isnull=False)
    rows = rows.filter(due_at__gt=now - limits.LONGEST).exclude(state=_STATE.CANCELLED)
    left: dict[int, dict[object, dt.datetime]] = defaultdict(dict)
    for contact, letter, sent_at, due_at in rows.values_list("contact", "letter", "sent_at", "due_at"):
        left[contact][letter] = sent_at or due_at
    return defaultdict(list, {contact: list(letters.values()) for contact, letters in left.items()})


def _give_back(site: int, now: dt.datetime) -> None:
    """What dead workers had claimed is tried again, under the same letter."""
    lost = Message.objects.filter(site_id=site, state=_STATE.SENDING, claimed_until__lte=now)
    lost.update(state=_STATE.PENDING, claimed_until=None, due_at=now, reason="worker_lost")


def claim(letter: uuid.UUID, now: dt.datetime) -> Claimed | None:
    """Take what of a letter still is to leave; None: nothing is, or another worker has it.

    The rows of the alarms are locked with those of the messages: while somebody acknowledges one its message is passed over, and
    afterwards it is not wanted. So nothing is claimed once an acknowledgement is committed.
    """
    with transaction.atomic():
        rows = Message.objects.filter(letter=letter, state=_STATE.PENDING)
        ids = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
        escalations = Message.objects.filter(pk__in=ids).values("escalation_id")
        alarms = Alarm.objects.filter(pk__in=escalations).select_for_update(skip_locked=True, no_key=True)
        asking = set(alarms.values_list("pk", flat=True))
        open_to_us = Q(escalation=None) | Q(escalation__in=asking) | Q(kind=Message.Kind.ENDED)
        free = Message.objects.filter(open_to_us, WANTED, pk__in=ids)
        messages = tuple(free.select_related("contact__person", "contact__site", "escalation__alarm").order_by("id"))
        taken = [row.pk for row in messages]
        # The rest leave with another letter, if at all; not what was tried and is only locked: its number tells a second copy.
        Message.objects.filter(Q(tries=0) | open_to_us, pk__in=set(ids) - set(taken)).update(letter=None)
        if not messages:
            return None
        Message.objects.filter(pk__in=taken).update(
            state=_STATE.SENDING, claimed_until=now + CLAIMED_FOR, tries=messages[0].tries + 1
        )
    return Claimed(letter, messages[0].contact, messages)


def sent(claimed: Claimed, provider_id: str, now: dt.datetime) -> None:
    """The transport has taken it."""
    _claimed(claimed).update(
        state=_STATE.SENT, sent_at=now, claimed_until=None, provider_id=provider_id[:120], reason="", body=""
    )


def try_again(claimed: Claimed, reason: str, now: dt.datetime) -> bool:
    """It did not leave; whether it is tried again."""
    tries = claimed.messages[0].tries
    if tries + 1 >= MOST_TRIES:
        return False
    pause = min(FIRST_RETRY * 2**tries, LAST_RETRY)
    _claimed(claimed).update(state=_STATE.PENDING, claimed_until=None, due_at=now + pause, reason=reason[:200])
    return True


def give_up(claimed: Claimed, reason: str, now: dt.datetime) -> None:
    _claimed(claimed).update(state=_STATE.FAILED, failed_at=now, claimed_until=None, reason=reason[:200], body="")


def receipt(site: int, means: str, provider_id: str, arrived: bool, now: dt.datetime) -> list[Message]:
    """What a provider says of what it took; never back from delivered. The messages it changed."""
    rows = Message.objects.select_for_update().filter(site_id=site, contact__means=means, provider_id=provider_id)
    with transaction.atomic():
        messages = list(rows.filter(state=_STATE.SENT))
        for row in messages:
            row.state = _STATE.DELIVERED if arrived else _STATE.FAILED
            row.delivered_at, row.failed_at = (now, None) if arrived else (None, now)
            row.reason = "" if arrived else "not_delivered"
        Message.objects.bulk_update(messages, ["state", "delivered_at", "failed_at", "reason"])
    return messages


def is_sending(site: int, means: str) -> bool:
    """Whether a message is with a worker just now."""
    return Message.objects.filter(site_id=site, contact__means=means, state=_STATE.SENDING).exists()


def answered(letter: uuid.UUID, now: dt.datetime) -> bool:
    """Note that a letter was answered; False: it had been already."""
    return bool(Message.objects.filter(letter=letter, answered_at=None).update(answered_at=now))


def _claimed(claimed: Claimed) -> QuerySet[Message]:
    """What this worker still has: a letter that was taken for lost belongs to another by now."""
    ids = [row.pk for row in claimed.messages]
    return Message.objects.filter(pk__in=ids, state=_STATE.SENDING, tries=claimed.messages[0].tries + 1)
