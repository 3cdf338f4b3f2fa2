"""Who may approve rules on a site that asks for two people is named by two people: one asks, another administrator confirms.

Without this the first person could invent the second: make an account, give it the role, approve with it what they wrote.
Each function journals what it does in its own transaction.
"""

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from assets.models import Sector, Site
from assets.refusal import Refused
from hypervisor import changes
from hypervisor.models import Grant, GrantRequest, Role, User
from journal.actors import Actor
from journal.page import Line


def approves(role: str, sectors: Collection[Sector]) -> bool:
    """Whether a grant of this role lets a person activate rules: an administrator's, on the whole site."""
    return role == Role.ADMINISTRATOR and not sectors


def approvers(site: Site) -> int:
    """How many people may activate rules on a site."""
    return Grant.objects.filter(site=site, role=Role.ADMINISTRATOR, confined=False, user__is_active=True).count()


def needs_two(user: User, site: Site, role: str, sectors: Collection[Sector]) -> bool:
    """Whether this grant must be confirmed by a second administrator; one that the person has already need not."""
    if not site.rules_need_second_person or not approves(role, sectors):
        return False
    return not Grant.objects.filter(user=user, site=site, role=Role.ADMINISTRATOR, confined=False).exists()


def give(user: User, site: Site, role: str, sectors: Collection[Sector], *, by: Actor, now: dt.datetime) -> Grant | GrantRequest:
    """Give a role, or ask for it where another administrator must confirm it. Another role takes back what was asked for."""
    if needs_two(user, site, role, sectors):
        return _ask(user, site, by=by, now=now)
    with transaction.atomic():
        GrantRequest.objects.filter(user=user, site=site).delete()
        return changes.give(user, site, role, sectors, by=by, now=now)


def _ask(user: User, site: Site, *, by: Actor, now: dt.datetime) -> GrantRequest:
    name = user.get_username()
    with transaction.atomic():
        request, new = GrantRequest.objects.get_or_create(
            user=user, site=site, defaults={"asked_by_id": by.person, "asked_at": now}
        )
        if new:
            fr = f"Rôle demandé pour {name} : administrateur, tout le site ; une autre personne doit confirmer"
            en = f"Role asked for {name}: administrator, whole site; another person must confirm"
            changes.write(site.pk, Line("grant.asked", now, fr, en, (), by, {"person": name}))
    return request


def confirm(request: GrantRequest, *, by: Actor, now: dt.datetime) -> Grant:
    """Give the role that somebody else asked for. Raises Refused."""
    if by.person in (request.asked_by_id, request.user_id):
        raise Refused(
            "needs_second_person",
            "Une autre personne que celle qui a demandé ce rôle, ou qui le recevra, doit le confirmer.",
            "Somebody else than whoever asked for this role, or is to have it, must confirm it.",
        )
    with transaction.atomic():
        request.delete()
        return changes.give(request.user, request.site, Role.ADMINISTRATOR, (), by=by, now=now)


def refuse(request: GrantRequest, *, by: Actor, now: dt.datetime) -> None:
    """Drop what was asked for."""
    name = request.user.get_username()
    line = Line("grant.refused", now, f"Rôle refusé à {name} : administrateur", f"Role refused to {name}: administrator", (),
                by, {"person": name})  # fmt: skip
    with transaction.atomic():
        request.delete()
        changes.write(request.site_id, line)


def suspend(user: User, *, by: Actor, now: dt.datetime) -> None:
    """Turn a person's grants to approve into requests: whoever holds a link to their account could act as them."""
    grants = Grant.objects.filter(user=user, role=Role.ADMINISTRATOR, confined=False, site__rules_need_second_person=True)
    for grant in grants.exclude(user_id=by.person).select_related("user", "site").order_by("site"):
        with transaction.atomic():
            changes.withdraw(grant, by=by, now=now)
            _ask(user, grant.site, by=by, now=now)
