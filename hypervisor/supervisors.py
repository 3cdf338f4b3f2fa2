"""Supervisors and their feeds as administrators set them up: made, renamed, and deleted while nothing hangs on them.

What speaks for assets, or has spoken of alarms, is not deleted: a feed is switched off instead, and its history keeps its name.
Each function journals what it does in its own transaction.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Q

from alarms.models import Alarm, MaintenanceWindow
from assets.inventory.version import raise_version
from assets.models import Asset, Feed, Point, Protocol, Site, Supervisor
from assets.refusal import Meaning, Refused
from hypervisor import changes
from journal.actors import Actor
from journal.page import Line

MOST = 500
"""Supervisors of a site, and feeds of a supervisor."""
WITH_TOKEN = frozenset({Protocol.PUSH, Protocol.NGSI_LD})
"""Protocols whose supervisor sends to us: it needs a token, and nothing else to begin."""


def make_supervisor(site: Site, slug: str, name: str, *, by: Actor, now: dt.datetime) -> Supervisor:
    """Raises Refused."""
    name = _name(name)
    if Supervisor.objects.filter(site=site).count() >= MOST:
        raise _many()
    try:
        with transaction.atomic():
            row = Supervisor.objects.create(site=site, slug=slug, name=name)
            _journal(row, "made", "ajouté", "added", by, now)
    except IntegrityError as error:
        raise _taken() from error
    return row


def rename_supervisor(row: Supervisor, name: str, *, by: Actor, now: dt.datetime) -> None:
    """Raises Refused."""
    name, before = _name(name), row.name
    if name == before:
        return
    with transaction.atomic():
        row.name = name
        row.save(update_fields=["name"])
        raise_version([row.site_id])
        _journal(row, "changed", f"renommé (avant : {before})", f"renamed (before: {before})", by, now)


def delete_supervisor(row: Supervisor, *, by: Actor, now: dt.datetime) -> None:
    """Raises Refused while it has feeds, assets, a way for its commands or a planned maintenance."""
    with transaction.atomic():
        Supervisor.objects.select_for_update().get(pk=row.pk)
        if row.feeds.exists():
            raise Refused("has_feeds", "Ses flux d’abord : ce superviseur en a encore.", "Its feeds first: it still has some.")
        if count := Asset.objects.filter(supervisor=row).count():
            raise Refused(
                "has_assets", f"Équipements dont il parle : {count}. Les confier d’abord à un autre superviseur.",
                f"Assets it speaks for: {count}. Give them to another supervisor first.",
            )  # fmt: skip
        if hasattr(row, "connector"):
            raise Refused(
                "has_connector", "Des commandes passent par lui : retirer d’abord son connecteur.",
                "Commands go through it: remove its connector first.",
            )  # fmt: skip
        if MaintenanceWindow.objects.filter(supervisor=row).exists():
            raise _maintained()
        _journal(row, "deleted", "supprimé", "deleted", by, now)
        row.delete()


def make_feed(
    supervisor: Supervisor, slug: str, name: str, protocol: str, address: str, expected_interval: int, private: bool,
    *, mapping: dict[str, object] | None = None, made_from: str = "", by: Actor, now: dt.datetime,
) -> tuple[Feed, str]:  # fmt: skip
    """The feed and the token with which its supervisor sends, shown once; "" where we ask the supervisor. What we ask waits
    switched off until its mapping is written. `made_from`: its entry in the list of protocols. Raises Refused."""
    name, sends = _name(name), protocol in WITH_TOKEN
    if protocol not in Protocol.values:
        raise _wrong("protocol", "Ce protocole n’existe pas.", "There is no such protocol.")
    address = _address(protocol, address)
    if supervisor.feeds.count() >= MOST:
        raise _many()
    try:
        with transaction.atomic():
            row = Feed.objects.create(
                supervisor=supervisor, slug=slug, name=name, protocol=protocol, address=address,
                expected_interval=expected_interval, allow_private_address=private, enabled=sends or bool(mapping),
                mapping=mapping or {}, made_from=made_from,
            )  # fmt: skip
            raise_version([supervisor.site_id])
            _journal_feed(row, "made", "ajouté", "added", by, now)
            token = changes.renew_token(row, by=by, now=now) if sends else ""
    except IntegrityError as error:
        raise _taken() from error
    return row, token


def revoke_token(row: Feed, *, by: Actor, now: dt.datetime) -> None:
    """Whoever has the token of this feed is refused within two seconds. Idempotent."""
    with transaction.atomic():
        if not Feed.objects.filter(pk=row.pk).exclude(token_hash="").update(token_hash="", token_hint=""):
            return
        row.token_hash = row.token_hint = ""
        _journal_feed(row, "token_revoked", "sans jeton désormais", "has no token any more", by, now)


def delete_feed(row: Feed, *, by: Actor, now: dt.datetime) -> None:
    """With the addresses nobody knows and the messages kept of it. Raises Refused while points, alarms, of any time, or a
    maintenance are about it."""
    with transaction.atomic():
        Feed.objects.select_for_update().get(pk=row.pk)
        if count := Point.objects.filter(feed=row).count():
            raise Refused(
                "has_points", f"Points qu’il mesure : {count}. L’arrêter, ou donner d’abord ces points à un autre flux.",
                f"Points it measures: {count}. Switch it off, or give these points to another feed first.",
            )  # fmt: skip
        if Alarm.objects.filter(Q(feed=row) | Q(subject=f"feed:{row.pk}"), site=row.supervisor.site_id).exists():
            raise Refused(
                "has_alarms", "Des alarmes parlent de ce flux : l’arrêter au lieu de le supprimer.",
                "Alarms are about this feed: switch it off instead of deleting it.",
            )  # fmt: skip
        if MaintenanceWindow.objects.filter(feed=row).exists():
            raise _maintained()
        raise_version([row.supervisor.site_id])
        _journal_feed(row, "deleted", "supprimé", "deleted", by, now)
        row.delete()


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise _wrong("name", "Il faut un nom.", "A name is required.")
    return name


def _address(protocol: str, address: str) -> str:
    address = address.strip()
    if address and not address.isprintable():
        raise _wrong("address", "L’adresse a des caractères invisibles.", "The address has characters that cannot be seen.")
    if protocol == Protocol.PULL and address and not address.startswith(("http://", "https://")):
        raise _wrong(
            "address", "L’adresse à interroger commence par http:// ou https://.", "The address begins with http:// or https://."
        )
    return address


def _journal(row: Supervisor, what: str, fr: str, en: str, by: Actor, now: dt.datetime) -> None:
    line = Line(f"supervisor.{what}", now, f"Superviseur {row.name} : {fr}"[:600], f"Supervisor {row.name}: {en}"[:600], (), by,
                {"supervisor": row.slug})  # fmt: skip
    changes.write(row.site_id, line)


def _journal_feed(row: Feed, what: str, fr: str, en: str, by: Actor, now: dt.datetime) -> None:
    line = Line(f"feed.{what}", now, f"Flux {row.name} : {fr}"[:600], f"Feed {row.name}: {en}"[:600], [("feed", row.pk)], by,
                {"feed": row.slug, "supervisor": row.supervisor.slug, "protocol": row.protocol})  # fmt: skip
    changes.write(row.supervisor.site_id, line)


def _wrong(field: str, fr: str, en: str) -> Refused:
    return Refused(f"bad_{field}", fr, en, meaning=Meaning.INVALID, field=field)


def _taken() -> Refused:
    return _wrong("slug", "Ce nom court est déjà pris.", "This short name is taken.")


def _many() -> Refused:
    return Refused("too_many", f"Il y en a {MOST} au plus.", f"There are {MOST} at most.")


def _maintained() -> Refused:
    return Refused(
        "has_maintenance", "Une maintenance le désigne : elle doit d’abord être supprimée.",
        "A maintenance is about it: that must be deleted first.",
    )  # fmt: skip
