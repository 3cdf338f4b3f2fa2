"""Steps and announcements that would reach nobody at some time of the next day: found before they are needed, and why. Read only.

Who holds a position later nobody knows: it is taken as it is held now.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from assets.models import Site
from response.models import Contact, EscalationPolicy, Gateway, Means
from response.notification import oncall, plans, spec
from response.notification.staff import Staff

AHEAD = dt.timedelta(days=1)
BY_GATEWAY = (Means.MAIL, Means.SMS, Means.PUSH)
WHY = (
    "nobody_on_call", "position_not_held", "position_gone", "rota_gone", "no_right", "no_contact", "not_confirmed", "gone",
    "other_kinds", "no_gateway",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a target is not reached: one of WHY, and whom or what it names (a user name, or the slug of a rota or position)."""

    code: str
    who: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A step of a policy (`step` from 1), or an announcement (`step` 0), that reaches nobody from one instant to another."""

    plan: str
    name: str
    step: int
    starts: dt.datetime
    ends: dt.datetime
    reasons: tuple[Reason, ...]


def gaps(site: Site, now: dt.datetime) -> list[Gap]:
    """The first time of each within the next day at which it reaches nobody; those that reach nobody now come first."""
    reach = _Reach(site, now)
    found = []
    for row in EscalationPolicy.objects.filter(site=site):
        document = spec.read(spec.Policy, row.document)
        for number, step in enumerate(document.steps, 1):
            found += reach.gap(row.slug, document.name, number, step)
    for announcement in plans.rules_of(site.pk).announcements:
        found += reach.gap("", announcement.name, 0, announcement)
    return sorted(found, key=lambda gap: (gap.starts, gap.name, gap.step))


class _Reach:
    """What is asked again for each step, read once."""

    def __init__(self, site: Site, now: dt.datetime) -> None:
        self._now, self._staff = now, Staff(site)
        self._gateways = set(Gateway.objects.filter(site=site).values_list("means", flat=True))
        contacts = Contact.objects.filter(site=site).values_list("person__username", "verified_at", "gone_at")
        self._contacts: dict[str, list[tuple[bool, bool]]] = {}
        for login, verified_at, gone_at in contacts:
            self._contacts.setdefault(login, []).append((verified_at is not None, gone_at is not None))
        people = get_user_model().objects.filter(is_active=True, grants__site=site)
        self._people = set(people.values_list("username", flat=True))
        self._positions = set(site.positions.filter(retired_at=None).values_list("slug", flat=True))

    def gap(self, plan: str, name: str, number: int, told: spec.Step | spec.Announcement) -> Iterator[Gap]:
        """The first gap of the next day, if there is one."""
        starts: dt.datetime | None = None
        reasons: tuple[Reason, ...] = ()
        for moment in self._moments(told.targets):
            missing = None if self._reaches(told, moment) else tuple(self._reasons(told, moment))
            if missing is not None and starts is None:
                starts, reasons = moment, missing
            elif missing is None and starts is not None:
                yield Gap(plan, name, number, starts, moment, reasons)
                return
        if starts is not None:
            yield Gap(plan, name, number, starts, self._now + AHEAD, reasons)

    def _moments(self, targets: Collection[spec.Target]) -> list[dt.datetime]:
        """Now, and whenever somebody else is on call."""
        marks = {self._now}
        for target in targets:
            if target.rota in self._staff.rotas:
                document, overrides = self._staff.rotas[target.rota]
                watches = oncall.timeline(document, self._staff.zone, overrides, self._now, self._now + AHEAD)
                marks |= {watch.starts for watch in watches}
        return sorted(marks)

    def _reaches(self, told: spec.Step | spec.Announcement, at: dt.datetime) -> bool:
        return any(self._leaves(contact.means) for contact in self._staff.reached(told, at))

    def _leaves(self, means: str) -> bool:
        return means not in BY_GATEWAY or means in self._gateways

    def _reasons(self, told: spec.Step | spec.Announcement, at: dt.datetime) -> Iterator[Reason]:
        for target in told.targets:
            if target.rota and target.rota not in self._staff.rotas:
                yield Reason("rota_gone", target.rota)
            elif target.position and target.position not in self._positions:
                yield Reason("position_gone", target.position)
            elif not (people := self._staff.people([target], at)):
                yield Reason("nobody_on_call" if target.rota else "position_not_held", target.rota or target.position)
            else:
                yield Reason(self._of_person(people[0], told.kinds), people[0])

    def _of_person(self, login: str, kinds: Collection[str]) -> str:
        if login not in self._people:
            return "no_right"
        known = self._contacts.get(login, [])
        if not known:
            return "no_contact"
        if not any(verified for verified, _ in known):
            return "not_confirmed"
        if all(gone for verified, gone in known if verified):
            return "gone"
        means = {contact.means for contact in self._staff.contacts.get(login, ())}
        return "other_kinds" if kinds and not means & set(kinds) else "no_gateway"
