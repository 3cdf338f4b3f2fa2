"""By which server a site sends mail and SMS, and with which key web push: the only writer of Gateway. Secrets are never shown."""

import datetime as dt
from typing import Any

import msgspec
from django.db import transaction

from assets import tokens
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from response.models import Gateway, Means
from response.notification.sealed import opened, seal
from response.notification.transports import push
from response.notification.transports.mail import Smtp
from response.notification.transports.push import Vapid
from response.notification.transports.smpp import Smpp
from response.notification.transports.sms import HttpSms

Settings = Smtp | HttpSms | Smpp | Vapid
MEANS = (Means.MAIL, Means.SMS, Means.PUSH)
_KINDS: dict[str, Any] = {Means.MAIL: Smtp, Means.SMS: HttpSms | Smpp, Means.PUSH: Vapid}
KEPT = "…"
"""Given in place of a secret: it stays as it is."""
_SECRET = ("password", "headers", "query", "private_key")


def write(site: int, means: str, given: Any, *, by: Actor, now: dt.datetime) -> Gateway:
    """The server as it is given. Raises Refused."""
    with transaction.atomic():
        row = Gateway.objects.select_for_update().filter(site_id=site, means=means).first()
        if row is not None and isinstance(given, dict):
            given = _with_kept(given, msgspec.to_builtins(settings_of(row)))
        try:
            settings = msgspec.convert(given, _KINDS[means], strict=True)
        except (msgspec.ValidationError, RecursionError) as error:
            said = str(error)[:200]
            raise Refused(
                "bad_gateway", f"Réglage inutilisable : {said}", f"Unusable setting: {said}",
                meaning=Meaning.INVALID, field="settings",
            ) from error  # fmt: skip
        if isinstance(settings, Vapid):
            settings = _with_key(settings, row)
        row = row or Gateway(site_id=site, means=means)
        row.settings, row.changed_at, row.changed_by = seal(msgspec.json.encode(settings).decode()), now, by.name
        row.save()
        _journaled(row, "changed", "réglé", "set", by, now)
    return row


def _with_key(given: Vapid, row: Gateway | None) -> Vapid:
    """The key of a site stays, for browsers have subscribed with it, and is never one that somebody else has had."""
    known = settings_of(row) if row is not None else None
    key = known.private_key if isinstance(known, Vapid) else push.new_key()
    return msgspec.structs.replace(given, private_key=key)


def push_key(site: int) -> str:
    """What browsers subscribe with; "": the site sends no web push."""
    settings = of_site(site, Means.PUSH)
    return push.public_key(settings) if isinstance(settings, Vapid) else ""


def takes_answers(site: int) -> bool:
    """Whether an SMS that somebody writes back reaches us."""
    settings = of_site(site, Means.SMS)
    return (isinstance(settings, Smpp) and settings.receives) or (isinstance(settings, HttpSms) and settings.answers is not None)


def delete(row: Gateway, *, by: Actor, now: dt.datetime) -> None:
    with transaction.atomic():
        _journaled(row, "deleted", "supprimé", "deleted", by, now)
        row.delete()


def renew_token(row: Gateway, *, by: Actor, now: dt.datetime) -> str:
    """A token with which the provider sends its receipts; shown once, and the one before opens nothing more."""
    token = tokens.new()
    with transaction.atomic():
        row.token_hash = tokens.digest(token)
        row.save(update_fields=["token_hash"])
        _journaled(row, "token_renewed", ": jeton des accusés renouvelé", ": receipt token renewed", by, now)
    return token


def of_site(site: int, means: str) -> Settings | None:
    """The server's settings; None: the site has none. Raises sealed.Unreadable."""
    row = Gateway.objects.filter(site_id=site, means=means).first()
    return settings_of(row) if row is not None else None


def settings_of(row: Gateway) -> Settings:
    settings: Settings = msgspec.json.decode(opened(row.settings), type=_KINDS[row.means])
    return settings


def shown(row: Gateway) -> dict[str, Any]:
    """The settings with KEPT in place of what is secret."""
    return {name: _hidden(value) if name in _SECRET else value for name, value in msgspec.to_builtins(settings_of(row)).items()}


def _hidden(value: Any) -> Any:
    return dict.fromkeys(value, KEPT) if isinstance(value, dict) else value and KEPT


def _with_kept(given: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """What is given, with the secrets that it leaves as they are; another server is not told them."""
    if any(given.get(name) != known.get(name) for name in ("host", "port", "url") if name in known):
        return given
    made = dict(given)
    for name in _SECRET:
        was, now = known.get(name), given.get(name)
        if now == KEPT:
            made[name] = was
        elif isinstance(now, dict) and isinstance(was, dict):
            made[name] = {key: was.get(key, value) if value == KEPT else value for key, value in now.items()}
    return made


_WORDS: dict[str, tuple[str, str]] = {
    Means.MAIL: ("courriels", "mail"), Means.SMS: ("SMS", "SMS"), Means.PUSH: ("notifications de navigateur", "web push"),
}  # fmt: skip


def _journaled(row: Gateway, verb: str, fr: str, en: str, by: Actor, now: dt.datetime) -> None:
    what_fr, what_en = _WORDS[row.means]
    with live.writing(row.site_id) as page:
        text = f"Envoi des {what_fr} {fr}", f"Gateway for {what_en} {en}"
        page.write(Line(f"gateway.{verb}", now, *text, [("gateway", row.pk)], by))
