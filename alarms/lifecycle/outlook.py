"""What an act would do to many alarms, without doing it: how many it would move, and why the others would refuse it."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, Q, QuerySet

from alarms.lifecycle.limits import Level
from alarms.lifecycle.moves import check_end
from alarms.lifecycle.table import ACKNOWLEDGED, after
from alarms.models import Alarm
from assets.refusal import Refused

MOST = 5_000
"""Alarms that are acted upon at once."""
IN_OTHER_HANDS = Refused("in_other_hands", "Une autre personne l’a en charge.", "Another person has it in charge.")


class Act(StrEnum):
    """What may be done to all that a filter finds."""

    ACKNOWLEDGE = "acknowledge"
    TAKE = "take"
    SHELVE = "shelve"
    COMMENT = "comment"


SO_ALREADY = {
    Act.ACKNOWLEDGE: Q(state=ACKNOWLEDGED),
    Act.TAKE: Q(pk__in=()),
    Act.SHELVE: Q(shelved_until__isnull=False),
    Act.COMMENT: Q(pk__in=()),
}
"""What needs no act; of those in charge see `outlook`."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """`moved`: ids of those that the act would move, `MOST` at most; `would`: how many there are. `refused`: why, and how
    many."""

    found: int
    would: int
    already: int
    refused: list[tuple[Refused, int]]
    moved: list[int]


def outlook(
    alarms: QuerySet[Alarm], act: Act, *, person: int | None, now: dt.datetime, until: dt.datetime | None, level: Level
) -> Outlook:
    """The outlook of an act of a person on these alarms; `until` is the end of a shelving."""
    so_already = SO_ALREADY[act] | Q(taken_by=person) if act is Act.TAKE else SO_ALREADY[act]
    already = alarms.filter(so_already).count()
    others = alarms.exclude(pk__in=alarms.filter(so_already).values("pk")) if already else alarms
    groups = others.order_by().values_list("site_id", "state", "severity", "taken_by").annotate(Count("pk"))
    would, refused, possible, known = 0, {}, Q(pk__in=()), {}
    for site, state, severity, taken_by, number in groups:
        alike = Alarm(site_id=site, state=state, severity=severity, taken_by_id=taken_by)
        try:
            _check(alike, act, person, now, until, level, known)
        except Refused as refusal:
            before = refused.get(refusal.fr, (refusal, 0))[1]
            refused[refusal.fr] = (refusal, before + number)
        else:
            would += number
            possible |= Q(state=state, severity=severity, taken_by=taken_by)
    moved = list(others.filter(possible).order_by("id").values_list("pk", flat=True)[:MOST]) if would else []
    return Outlook(already + would + sum(number for _, number in refused.values()), would, already, list(refused.values()), moved)


def _check(
    alarm: Alarm,
    act: Act,
    person: int | None,
    now: dt.datetime,
    until: dt.datetime | None,
    level: Level,
    known: dict[int, object],
) -> None:
    """Raises Refused where the alarm does not allow it."""
    if act is Act.ACKNOWLEDGE:
        after(alarm.state, "acknowledge")
    elif act is not Act.COMMENT:
        after(alarm.state, "annotate")
    if act is Act.TAKE and alarm.taken_by_id not in (None, person):
        raise IN_OTHER_HANDS
    if act is Act.SHELVE and until is not None:
        check_end(alarm, until, now, level, known)
