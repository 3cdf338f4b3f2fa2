"""Sirens of a site: kept by administrators, tried, reached or not; the only writer of Siren.

Whether one is reached is told by a sweep and not by the process that drives it: so a process that is gone is told, too.
"""

import datetime as dt
from typing import Any

import msgspec
from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page, open_page
from response.models import Siren
from response.notification.sealed import opened, seal
from response.siren import spec
from response.siren.spec import Call

KEPT = "…"
"""Given in place of a secret: it stays as it is."""
_SECRET = ("headers", "query")
TEST = dt.timedelta(seconds=5)
LOST_AFTER = dt.timedelta(seconds=20)
"""Since it was last reached, or switched on: then it is told that it is not reached."""
MOST = 20
"""Of one site."""


def keep(
    site: int, slug: str, *, name: str, settings: Any, patterns: Any, enabled: bool, by: Actor, now: dt.datetime
) -> Siren:  # fmt: skip
    """Add a siren, or change how it is driven. Raises Refused."""
    with transaction.atomic():
        known = Siren.objects.select_for_update(no_key=True).filter(site_id=site, slug=slug).first()
        if known is None and Siren.objects.filter(site_id=site).count() >= MOST:
            raise Refused("too_many_sirens", f"{MOST} sirènes au plus.", f"{MOST} sirens at most.")
        if known is not None and isinstance(settings, dict):
            settings = _with_kept(settings, msgspec.to_builtins(settings_of(known)))
        row = known or Siren(site_id=site, slug=slug)
        row.name = name.strip() or slug
        row.settings = seal(msgspec.json.encode(_sound(spec.settings_of, settings, "settings")).decode())
        row.patterns = msgspec.to_builtins(_sound(spec.patterns_of, patterns, "patterns"))
        row.changed_at, row.changed_by = now, by.name
        was_failing = row.failing_since is not None
        row.enabled_at, row.fault = now if enabled else None, ""
        row.test_until = row.reached_at = row.failing_since = None
        row.save()
        page = open_page(site)
        fr, en = (("ajoutée", "added") if known is None else ("réglée", "set")) if enabled else ("arrêtée", "switched off")
        _tell(page, row, "changed", fr, en, by, now, {"enabled": enabled, "patterns": row.patterns, "recovered": was_failing})
        live.publish(page)
    return row


def delete(row: Siren, *, by: Actor, now: dt.datetime) -> None:
    with transaction.atomic():
        page = open_page(row.site_id)
        _tell(page, row, "deleted", "supprimée", "deleted", by, now, {"recovered": row.failing_since is not None})
        live.publish(page)
        row.delete()


def test(id_: int, *, by: Actor, now: dt.datetime) -> Siren:
    """Have it sound and shine for five seconds. Raises Refused."""
    with transaction.atomic():
        row = Siren.objects.select_for_update(no_key=True).get(pk=id_)
        if row.enabled_at is None:
            raise Refused("siren_off", "Cette sirène est arrêtée.", "This siren is switched off.")
        row.test_until = now + TEST
        row.save(update_fields=["test_until"])
        page = open_page(row.site_id)
        _tell(page, row, "tested", "essayée", "tested", by, now, {})
        live.publish(page)
    return row


def reached(id_: int, call: Call, changed_at: dt.datetime, now: dt.datetime) -> None:
    """It took what it was told, as it was set at `changed_at`."""
    Siren.objects.filter(pk=id_, changed_at=changed_at).update(reached_at=now, said=msgspec.to_builtins(call), fault="")


def missed(id_: int, why: str, changed_at: dt.datetime) -> None:
    """It was not reached this time."""
    Siren.objects.filter(pk=id_, changed_at=changed_at).update(fault=why[:300])


def sweep(site: int, now: dt.datetime) -> int:
    """Tell which sirens are not reached any more, and which are again; how many."""
    told = 0
    for id_ in Siren.objects.filter(site_id=site, enabled_at__isnull=False).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Siren.objects.select_for_update(no_key=True).get(pk=id_)
            if row.enabled_at is None or is_lost(row, now) == (row.failing_since is not None):
                continue
            page = open_page(site)
            if row.failing_since is None:
                row.failing_since = now
                why_fr, why_en = spec.fault_words(row.fault or "nobody")
                _tell(page, row, "unreachable", f"injoignable : {why_fr}", f"not reached: {why_en}", SYSTEM, now, {})
            else:
                row.failing_since = None
                _tell(page, row, "reached", "de nouveau jointe", "reached again", SYSTEM, now, {"recovered": True})
            row.save(update_fields=["failing_since"])
            live.publish(page)
            told += 1
    return told


def is_lost(row: Siren, now: dt.datetime) -> bool:
    if row.enabled_at is None:
        return False
    return now - max(row.enabled_at, row.reached_at or row.enabled_at) > LOST_AFTER


def settings_of(row: Siren) -> spec.Settings:
    """Raises sealed.Unreadable."""
    return spec.settings_of(msgspec.json.decode(opened(row.settings)))


def shown(row: Siren) -> dict[str, Any]:
    """The settings with KEPT in place of what is secret."""
    told: dict[str, Any] = msgspec.to_builtins(settings_of(row))
    return {name: dict.fromkeys(value, KEPT) if name in _SECRET and value else value for name, value in told.items()}


def _with_kept(given: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """What is given, with the secrets that it leaves as they are; another relay is not told them."""
    if given.get("url") != known.get("url"):
        return given
    made = dict(given)
    for name in _SECRET:
        if isinstance(told := given.get(name), dict) and isinstance(was := known.get(name), dict):
            made[name] = {key: was.get(key, value) if value == KEPT else value for key, value in told.items()}
    return made


def _sound(read: Any, told: Any, field: str) -> Any:
    try:
        return read(told)
    except spec.Unusable as error:
        fr, en = f"Réglage inutilisable : {error}", f"Unusable setting: {error}"
        raise Refused("bad_siren", fr, en, meaning=Meaning.INVALID, field=field) from error


def _tell(
    page: Page, row: Siren, kind: str, fr: str, en: str, by: Actor, now: dt.datetime, details: dict[str, object]
) -> None:  # fmt: skip
    text = f"Sirène « {row.name} » {fr}"[:600], f"Siren “{row.name}” {en}"[:600]
    page.write(Line(f"siren.{kind}", now, *text, [("siren", row.pk)], by, {"siren": row.slug, **details}))
