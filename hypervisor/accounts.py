"""How an account gets its password: from its owner alone, through a link that works once.

Whoever makes an account, or helps a person who forgot their password, hands over a link and never learns the password.
"""

import datetime as dt

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from hypervisor import approvals, changes, rights, sessions
from hypervisor.models import User
from hypervisor.rights import Verb
from journal.actors import Actor
from journal.page import Line


def may_help(helper: User, user: User) -> bool:
    """Whether one person may make a link to another's account: whoever rules all the sites of that account, or a superuser."""
    if helper.is_superuser:
        return True
    if user.is_staff or user.is_superuser or not user.is_active:
        return False
    held = rights.what(helper).by_site
    sites = {*user.grants.values_list("site", flat=True), *user.grant_requests.values_list("site", flat=True)}
    return all(site in held and held[site].may(Verb.USERS) for site in sites)


def make_link(user: User, *, by: Actor, now: dt.datetime) -> str:
    """The path at which the owner of an account chooses its password, once, within two days. Raises PermissionDenied.

    A link to an account that is in use already suspends what it may approve (`approvals.suspend`).
    """
    if not may_help(User.objects.get(pk=by.person), user):
        raise PermissionDenied
    with transaction.atomic():
        if user.has_usable_password():
            approvals.suspend(user, by=by, now=now)
        _journal(user, "account.link_made", "Lien de mot de passe remis pour {}", "Password link made for {}", by, now)
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("choose_password", args=[uid, default_token_generator.make_token(user)])


def password_chosen(user: User, *, now: dt.datetime, kept: str | None = None) -> None:
    """Journal that a person chose their password, and end their sessions but the one with the key `kept`."""
    with transaction.atomic():
        sessions.end_others(user, kept)
        _journal(user, "account.password_chosen", "Mot de passe choisi par {}", "Password chosen by {}", Actor.of(user), now)


def _journal(user: User, kind: str, fr: str, en: str, by: Actor, now: dt.datetime) -> None:
    name = user.get_username()
    for site in user.grants.order_by("site").values_list("site", flat=True):
        changes.write(site, Line(kind, now, fr.format(name), en.format(name), (), by, {"person": name}))
