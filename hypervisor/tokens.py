"""Tokens of programs that command, acknowledge, decide passages, move work orders or read; administrators make and revoke them.

The only writer of ApiToken, which is journaled. Of a token its hash alone is kept; it is shown once.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q

from assets import tokens
from assets.models import Site
from assets.refusal import Meaning, Refused
from hypervisor.models import ApiToken, Role
from hypervisor.rights import Right, Rights, Verb
from journal import live
from journal.actors import Actor
from journal.page import Line

MOST = 50
"""Tokens of a site that are in force."""
LONGEST = dt.timedelta(days=366)
SEEN_EVERY = dt.timedelta(minutes=1)
ROLES = (Role.OPERATOR, Role.SHIFT_SUPERVISOR)
VERBS: dict[str, frozenset[Verb]] = {
    ApiToken.May.COMMANDS: frozenset({Verb.SEE, Verb.COMMAND}),
    ApiToken.May.SCENARIOS: frozenset({Verb.SEE, Verb.COMMAND}),
    ApiToken.May.PASSAGES: frozenset({Verb.SEE, Verb.PASSAGES}),
    ApiToken.May.WORK_ORDERS: frozenset({Verb.SEE, Verb.ORDER}),
    ApiToken.May.DATA: frozenset({Verb.SEE}),
    ApiToken.May.ALARMS: frozenset({Verb.SEE, Verb.ACKNOWLEDGE, Verb.COMMENT}),
}
"""What a token for it may, at the addresses that are for it; never a plate in clear."""
_WORDS = {
    ApiToken.May.COMMANDS: ("commandes", "commands"),
    ApiToken.May.SCENARIOS: ("scénarios", "scenarios"),
    ApiToken.May.PASSAGES: ("passages", "passages"),
    ApiToken.May.WORK_ORDERS: ("interventions", "work orders"),
    ApiToken.May.DATA: ("consultation", "reading"),
    ApiToken.May.ALARMS: ("alarmes", "alarms"),
}


@dataclass(frozen=True)
class Program:
    """Who asks with a token, where a person would be `request.user`."""

    token: ApiToken
    is_authenticated = True
    is_active = True

    @property
    def pk(self) -> str:
        return f"token-{self.token.pk}"

    def get_username(self) -> str:
        return f"token {self.token.name}"

    @property
    def actor(self) -> Actor:
        return Actor("token", self.token.name)

    def rights(self) -> Rights:
        site = self.token.site
        only = frozenset().union(*(VERBS[each] for each in self.token.may))
        return Rights({site.pk: Right(site.pk, site.slug, self.token.role, None, only)})


def create(
    site: Site, name: str, may: Collection[str], role: str, ends_at: dt.datetime, *, by: Actor, now: dt.datetime
) -> tuple[ApiToken, str]:
    """The token's row and the token itself, which nobody can show again. Raises Refused."""
    name = check(name, may, role, ends_at, now=now)
    if ApiToken.objects.filter(in_force(now), site=site).count() >= MOST:
        raise Refused("too_many_tokens", f"Le site a {MOST} jetons, le maximum.", f"The site has {MOST} tokens, the most.")
    token = f"vigie_{tokens.new()}"
    row = ApiToken(
        site=site, name=name, may=sorted(may), role=role, ends_at=ends_at, token_hash=tokens.digest(token), token_hint=token[-4:],
        created_at=now, created_by=by.name,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            with live.writing(site.pk) as page:
                page.write(_line(row, "created", *_made(row), now, by))
    except IntegrityError as error:
        raise _wrong("name", "Ce nom est déjà pris.", "This name is taken.") from error
    return row, token


def check(name: str, may: Collection[str], role: str, ends_at: dt.datetime, *, now: dt.datetime) -> str:
    """The name as it is kept, of a token that may be made so. Raises Refused."""
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise _wrong("name", "Il faut un nom.", "A name is required.")
    if not may or set(may) - set(ApiToken.May.values):
        raise _wrong("may", "Dire à quoi il sert.", "Say what it is for.")
    if role not in ROLES:
        raise _wrong("role", "Un jeton n’administre rien.", "A token administers nothing.")
    if not now < ends_at <= now + LONGEST:
        raise _wrong("ends_at", "La fin est à venir, dans un an au plus.", "The end is to come, within a year.")
    return name


def revoke(row: ApiToken, *, by: Actor, now: dt.datetime) -> None:
    """End it at once; again does no harm."""
    with transaction.atomic():
        locked = ApiToken.objects.select_for_update(no_key=True).get(pk=row.pk)
        if locked.revoked_at is not None:
            return
        locked.revoked_at, locked.revoked_by = now, by.name
        locked.save(update_fields=["revoked_at", "revoked_by"])
        with live.writing(locked.site_id) as page:
            page.write(_line(locked, "revoked", "révoqué", "revoked", now, by))


def known(token: str, now: dt.datetime) -> ApiToken | None:
    """The token that is in force, noted as used; found by its hash, so that time tells nothing of it."""
    row = ApiToken.objects.select_related("site").filter(in_force(now), token_hash=tokens.digest(token)).first()
    if row is not None and (row.used_at is None or row.used_at < now - SEEN_EVERY):
        ApiToken.objects.filter(pk=row.pk).update(used_at=now)
    return row


def in_force(now: dt.datetime) -> Q:
    return Q(revoked_at=None, ends_at__gt=now)


def _made(row: ApiToken) -> tuple[str, str]:
    fr, en = (", ".join(_WORDS[each][place] for each in ApiToken.May if each in row.may) for place in (0, 1))
    return f"créé ({fr}) jusqu’au {row.ends_at:%d/%m/%Y}", f"created ({en}) until {row.ends_at:%Y-%m-%d}"


def _line(row: ApiToken, what: str, fr: str, en: str, now: dt.datetime, by: Actor) -> Line:
    details: dict[str, object] = {"token": row.name, "may": list(row.may), "role": row.role, "ends_at": row.ends_at.isoformat()}
    return Line(f"token.{what}", now, f"Jeton d’API « {row.name} » {fr}", f"API token “{row.name}” {en}", (), by, details)


def _wrong(field: str, fr: str, en: str) -> Refused:
    return Refused(f"bad_{field}", fr, en, meaning=Meaning.INVALID, field=field)
