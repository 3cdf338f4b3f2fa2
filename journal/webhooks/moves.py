"""What people do to webhooks, and giving one up; the only writer of their settings. Each is one transaction, journaled."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from assets.refusal import Refused
from journal import followers, live
from journal.actors import SYSTEM, Actor
from journal.models import Webhook
from journal.page import Line, open_page
from journal.webhooks.signature import new_secret

MOST = 50
"""Webhooks of a site."""


def name_of(webhook: int) -> str:
    """What a webhook is called as a follower."""
    return f"webhook.{webhook}"


def is_web(url: str) -> bool:
    """Whether messages can be sent there at all."""
    return url.lower().startswith(("http://", "https://"))


def create(
    site: int, name: str, url: str, *, nouns: Collection[str] = (), severities: Collection[str] = (), by: Actor, now: dt.datetime
) -> Webhook:
    """Tell an address of what comes from now on. Raises Refused."""
    with transaction.atomic():
        page = open_page(site)
        if Webhook.objects.filter(site_id=site).count() >= MOST:
            raise Refused(
                "too_many_webhooks", f"Le site a {MOST} webhooks, le maximum.",
                f"The site has {MOST} webhooks, as many as it may.",
            )  # fmt: skip
        hook = Webhook.objects.create(
            site_id=site, name=name, url=url, secret=new_secret(), nouns=sorted(nouns), severities=sorted(severities),
            created_at=now, created_by=by.name,
        )  # fmt: skip
        followers.move(site, name_of(hook.pk), page.seq, now)
        page.write(_line("created", hook, "ajouté", "added", now, by))
        live.publish(page)
    return hook


def change(hook: Webhook, *, by: Actor, now: dt.datetime, **values: object) -> None:
    """Another name, address or choice of lines; what is under way still goes out as it was signed, to the new address."""
    changed = {name: value for name, value in values.items() if getattr(hook, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(hook, name, value)
    _journaled(hook, sorted(changed), "changed", "modifié", "changed", now, by)


def switch(hook: Webhook, on: bool, *, by: Actor, now: dt.datetime) -> None:
    """Switch it on, from where it stopped, or off. Switched on again it has a day anew."""
    if hook.enabled == on:
        return
    hook.enabled, hook.died_at, hook.failures, hook.failing_since, hook.next_try_at = on, None, 0, None, None
    what = ("remis en marche", "switched on") if on else ("arrêté", "switched off")
    fields = ["enabled", "died_at", "failures", "failing_since", "next_try_at"]
    _journaled(hook, fields, "switched_on" if on else "switched_off", *what, now, by)


def renew_secret(hook: Webhook, *, by: Actor, now: dt.datetime) -> str:
    """Another secret; messages are signed with it from the next one on, tries of one under way included."""
    hook.secret = new_secret()
    _journaled(hook, ["secret"], "secret_renewed", ": secret renouvelé", ": secret renewed", now, by)
    return hook.secret


def delete(hook: Webhook, *, by: Actor, now: dt.datetime) -> None:
    with transaction.atomic():
        page = open_page(hook.site_id)
        page.write(_line("deleted", hook, "supprimé", "deleted", now, by))
        followers.forget(hook.site_id, name_of(hook.pk))
        hook.delete()
        live.publish(page)


def give_up(id_: int, why_fr: str, why_en: str, now: dt.datetime) -> None:
    """Nothing arrived for a day, or the other side wants none any more: switch it off, and say so."""
    with transaction.atomic():
        hook = Webhook.objects.select_for_update().filter(pk=id_, enabled=True).first()
        if hook is None:
            return
        hook.enabled, hook.died_at, hook.last_error, hook.next_try_at = False, now, why_en[:200], None
        fields = ["enabled", "died_at", "last_error", "next_try_at"]
        _journaled(hook, fields, "given_up", f"abandonné ({why_fr})", f"given up ({why_en})", now, SYSTEM)


def _journaled(hook: Webhook, fields: list[str], kind: str, fr: str, en: str, now: dt.datetime, by: Actor) -> None:
    with transaction.atomic():
        hook.save(update_fields=fields)
        page = open_page(hook.site_id)
        page.write(_line(kind, hook, fr, en, now, by))
        live.publish(page)


def _line(kind: str, hook: Webhook, fr: str, en: str, now: dt.datetime, by: Actor) -> Line:
    """The address stays out of the journal: it may carry a secret of its own."""
    text = f"Webhook « {hook.name} » {fr}"[:600], f"Webhook “{hook.name}” {en}"[:600]
    return Line(f"webhook.{kind}", now, *text, [("webhook", hook.pk)], by)
