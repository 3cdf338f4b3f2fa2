"""Gates and their readers as administrators set them; tokens. The only writer of Gate, Reader and PermitSource."""

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from django.db import transaction

from assets import tokens
from assets.feeds.broker import Broker
from assets.feeds.mapping import BadMapping
from assets.models import Asset, Site
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from passages import lines, opening
from passages.models import Gate, PermitSource, Purpose, Reader
from passages.permits import changes
from passages.recommendation import Policy

FIELDS = (
    "slug",
    "name",
    "asset",
    "area",
    "direction",
    "policy",
    "threshold",
    "zones",
    "purpose",
    "quiet_after",
    "waits",
    "intercom",
    "enabled",
)
READER_FIELDS = ("slug", "name", "source", "direction", "asset", "address", "camera", "enabled")
CALLED_BY = ("sip", "sips", "tel", "https")
"""Schemes of addresses by which a gate is spoken to."""
QUIET, WAITS = (5, 600), (30, 3600)
"""Seconds that a gate's `quiet_after` and `waits` may be."""
INTERVAL = (60, 86_400)
"""Seconds between two pulls of a permit source."""
SOURCE_FIELDS = ("slug", "name", "address", "secret", "interval", "allow_private_address", "enabled")

_POLICIES = {Policy.MANUAL: "manuelle", Policy.ASSISTED: "assistée", Policy.AUTOMATIC: "automatique"}


def save_gate(site: Site, wanted: Mapping[str, object], *, by: Actor, now: dt.datetime, known: Gate | None = None) -> Gate:
    """A gate, new or as it is to be from now on: the fields of `wanted`. Raises Refused."""
    gate = known or Gate(site=site)
    asset, purpose = wanted.get("asset", known and known.asset), wanted.get("purpose", known and known.purpose)
    if not isinstance(asset, Asset) or asset.site_id != site.pk or asset.kind.slug not in opening.TYPES:
        raise _wrong("asset", "Il faut une barrière ou une borne de ce site.", "A barrier or a bollard of this site is needed.")
    if isinstance(purpose, Purpose) and (purpose.site_id != site.pk or purpose.withdrawn_at is not None):
        raise _wrong("purpose", "Cette finalité n’est pas en vigueur ici.", "This purpose is not in force here.")
    if Gate.objects.filter(asset=asset).exclude(pk=gate.pk).exists():
        raise _wrong("asset", "Cette barrière a déjà son accès.", "This barrier has its gate already.")
    if Gate.objects.filter(site=site, slug=wanted.get("slug", gate.slug)).exclude(pk=gate.pk).exists():
        raise _wrong("slug", "Ce nom court est déjà pris.", "This short name is taken.")
    if not is_callable(str(wanted.get("intercom", ""))):
        schemes = ", ".join(f"{each}:" for each in CALLED_BY)
        raise _wrong("intercom", f"L’adresse commence par {schemes}.", f"The address begins with one of {schemes}.")
    before = {name: getattr(gate, name, None) for name in FIELDS} if known else {}
    for name in FIELDS:
        if name in wanted:
            setattr(gate, name, wanted[name])
    changed = sorted(name for name, value in before.items() if value != getattr(gate, name))
    with transaction.atomic():
        gate.save()
        with live.writing(site.pk) as page:
            fr, en = ("accès créé", "gate created") if known is None else ("réglages modifiés", "settings changed")
            if "policy" in changed or (known is None and gate.policy == Policy.AUTOMATIC):
                fr, en = f"{fr}, conduite {_POLICIES[Policy(gate.policy)]}", f"{en}, decisions {gate.policy}"
            purposes: dict[str, object] = {"purpose": gate.purpose_id, "policy": gate.policy, "threshold": gate.threshold}
            purposes["changed"] = changed
            page.write(lines.of_gate(gate, "created" if known is None else "changed", fr, en, now, by, purposes))
    return gate


def is_callable(address: str) -> bool:
    """Whether a browser may be led there to speak to a gate; nothing at all is well, too."""
    try:
        return not address or urlsplit(address).scheme in CALLED_BY
    except ValueError:
        return False


def without_password(address: str) -> str:
    """The address of a reader's broker, or of a source, without who we are there."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if address else ""


def address_kept(known: Reader | PermitSource | None, given: str) -> str:
    """The address that was given for a reader or a source; its password was not shown, and what comes back as shown keeps it."""
    return known.address if known is not None and given == without_password(known.address) else given


def save_reader(gate: Gate, wanted: Mapping[str, object], *, by: Actor, now: dt.datetime, known: Reader | None = None) -> Reader:
    """A reader of a gate, new or as it is to be. Raises Refused."""
    reader = known or Reader(gate=gate)
    if Reader.objects.filter(slug=wanted.get("slug", reader.slug)).exclude(pk=reader.pk).exists():
        raise _wrong("slug", "Ce nom court est déjà pris.", "This short name is taken.")
    asset = wanted.get("asset")
    if isinstance(asset, Asset) and asset.site_id != gate.site_id:
        raise _wrong("asset", "Cet équipement n’est pas de ce site.", "This asset is not of this site.")
    if (address := str(wanted.get("address", ""))) and not _is_broker(address):
        raise _wrong(
            "address",
            "Donnez un courtier et un sujet : mqtt://hôte:1883/sujet.",
            "Give a broker and a topic: mqtt://host:1883/topic.",
        )
    for name in READER_FIELDS:
        if name in wanted:
            setattr(reader, name, wanted[name])
    with transaction.atomic():
        reader.save()
        with live.writing(gate.site_id) as page:
            fr, en = f"lecteur {reader.name} configuré", f"reader {reader.name} set up"
            page.write(lines.of_gate(gate, "reader_set", fr, en, now, by, {"reader": reader.slug, "source": reader.source}))
    return reader


def remove_reader(reader: Reader, *, by: Actor, now: dt.datetime) -> None:
    gate = reader.gate
    with transaction.atomic():
        name, slug = reader.name, reader.slug
        reader.delete()
        with live.writing(gate.site_id) as page:
            fr, en = f"lecteur {name} retiré", f"reader {name} removed"
            page.write(lines.of_gate(gate, "reader_removed", fr, en, now, by, {"reader": slug}))


def save_source(
    site: Site, wanted: Mapping[str, object], *, by: Actor, now: dt.datetime, known: PermitSource | None = None
) -> PermitSource:
    """An access-management system, new or as it is to be; without a `secret` it keeps the one it has. Raises Refused."""
    source = known or PermitSource(site=site)
    if (address := str(wanted.get("address", ""))) and not _is_web(address):
        raise _wrong("address", "Donnez une adresse http ou https.", "Give an http or https address.")
    if not _is_header(str(wanted.get("secret", ""))):
        raise _wrong(
            "secret",
            "Un en-tête n’a que des caractères imprimables, sans accents.",
            "A header has printable characters only, without accents.",
        )
    if PermitSource.objects.filter(slug=wanted.get("slug", source.slug)).exclude(pk=source.pk).exists():
        raise _wrong("slug", "Ce nom court est déjà pris.", "This short name is taken.")
    for name in SOURCE_FIELDS:
        if name in wanted:
            setattr(source, name, wanted[name])
    source.next_at = None
    with transaction.atomic():
        source.save()
        with live.writing(site.pk) as page:
            text = (f"Système d’autorisations {source.name} configuré", f"Access-management system {source.name} set up")
            page.write(
                Line(
                    "permit.source_set", now, *text, (), by, {"source": source.slug, "address": without_password(source.address)}
                )
            )
    return source


def remove_source(source: PermitSource, *, ending: bool, by: Actor, now: dt.datetime) -> None:
    """Take an access-management system away: its permits end, or stay and are people's to change. What it imported is kept."""
    with transaction.atomic():
        source = PermitSource.objects.select_for_update().get(pk=source.pk)
        number = changes.leave(source, ending=ending, by=by, now=now)
        said: dict[str, object] = {"source": source.slug, "permits": number, "ended": ending}
        source.delete()
        with live.writing(source.site_id) as page:
            fate, ending_word = ("terminées", "ended") if ending else ("gardées", "kept")
            fr = f"Système d’autorisations {source.name} retiré ; autorisations {fate} : {number}"
            en = f"Access-management system {source.name} removed; permits {ending_word}: {number}"
            page.write(Line("permit.source_removed", now, fr, en, (), by, said))


def new_token(row: Reader | PermitSource, of: Gate | PermitSource, *, by: Actor, now: dt.datetime, token: str = "") -> str:
    """Give a reader or a source a new token, told once; the old one ends within seconds. `token`: one that was agreed on."""
    token = token or tokens.new()
    row.token_hash, row.token_hint = tokens.digest(token), token[-4:]
    with transaction.atomic():
        row.save(update_fields=["token_hash", "token_hint"])
        with live.writing(of.site_id) as page:
            text = (f"Nouveau jeton de {row.name}", f"New token of {row.name}")
            page.write(Line("gate.token", now, *text, (), by, {"slug": row.slug}))
    return token


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_header(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _is_broker(address: str) -> bool:
    try:
        Broker.of(address)
    except BadMapping:
        return False
    return bool(urlsplit(address).path.strip("/"))


def _wrong(field: str, fr: str, en: str) -> Refused:
    return Refused(f"bad_{field}", fr, en, meaning=Meaning.INVALID, field=field)
