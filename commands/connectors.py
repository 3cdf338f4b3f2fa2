"""How a supervisor is reached with commands: the only writer of Connector, and what a worker needs of one."""

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from assets import tokens
from assets.models import Supervisor
from assets.refusal import Meaning, Refused
from commands.failures import CannotLeave
from commands.mapping import BadAnswerMapping, Declared, Http, Order, compiled
from commands.models import Command, Connector
from commands.wording import Words
from journal import live
from journal.actors import Actor
from journal.page import Line

HIDDEN = "***"
"""Stands for a secret wherever one is shown."""


def set_up(
    supervisor: Supervisor, address: str, mapping: Mapping[str, object], *, by: Actor, now: dt.datetime,
    enabled: bool = True, allow_private_address: bool = False,
) -> Connector:  # fmt: skip
    """Say how a supervisor is reached, or say it otherwise; journaled without the address, which may hold a password.

    Raises Refused.
    """
    try:
        declared = compiled(mapping)
    except BadAnswerMapping as error:
        raise Refused("bad_mapping", error.said.fr, error.said.en, meaning=Meaning.INVALID, field="mapping") from error
    schemes = ("http://", "https://") if isinstance(declared, Http) else ("mqtt://", "mqtts://")
    if not address.lower().startswith(schemes):
        raise Refused(
            "bad_address", f"L’adresse commence par {' ou '.join(schemes)}.", f"The address begins with {' or '.join(schemes)}.",
            meaning=Meaning.INVALID, field="address",
        )  # fmt: skip
    told = {
        "address": address, "mapping": dict(mapping), "enabled": enabled, "allow_private_address": allow_private_address,
    }  # fmt: skip
    with transaction.atomic():
        connector, new = Connector.objects.update_or_create(supervisor=supervisor, defaults=told)
        with live.writing(supervisor.site_id) as page:
            fr, en = ("ajouté", "added") if new else ("modifié", "changed")
            text = f"Connecteur de commande de {supervisor.name} {fr}", f"Command connector of {supervisor.name} {en}"
            page.write(Line("connector.changed", now, *text, [("supervisor", supervisor.pk)], by))
    return connector


def without_password(address: str) -> str:
    """An address as it may be shown."""
    try:
        password = urlsplit(address).password
    except ValueError:
        return address
    return address.replace(f":{password}@", f":{HIDDEN}@") if password else address


def without_secrets(mapping: Mapping[str, object]) -> dict[str, object]:
    """Headers carry credentials: their names are shown, their values are not."""
    headers = mapping.get("headers")
    return dict(mapping) | ({"headers": dict.fromkeys(headers, HIDDEN)} if isinstance(headers, dict) else {})


def with_secrets(
    known: Connector | None, address: str, mapping: Mapping[str, object]
) -> tuple[str, dict[str, object]]:  # fmt: skip
    """An address and a mapping that were given: what comes back as it was shown, without its secrets, has them again."""
    if known is None:
        return address, dict(mapping)
    if address == without_password(known.address):
        address = known.address
    headers, before = mapping.get("headers"), known.mapping.get("headers")
    if isinstance(headers, dict) and isinstance(before, dict):
        kept = {name: before.get(name, value) if value == HIDDEN else value for name, value in headers.items()}
        return address, dict(mapping) | {"headers": kept}
    return address, dict(mapping)


def remove(connector: Connector, *, by: Actor, now: dt.datetime) -> None:
    supervisor = connector.supervisor
    with transaction.atomic():
        connector.delete()
        with live.writing(supervisor.site_id) as page:
            text = (
                f"Connecteur de commande de {supervisor.name} supprimé", f"Command connector of {supervisor.name} deleted",
            )  # fmt: skip
            page.write(Line("connector.deleted", now, *text, [("supervisor", supervisor.pk)], by))


def new_token(connector: Connector, *, by: Actor, now: dt.datetime) -> str:
    """Give a supervisor a new token to answer with, told once; the old one ends at once."""
    token, supervisor = tokens.new(), connector.supervisor
    connector.token_hash, connector.token_hint = tokens.digest(token), token[-4:]
    with transaction.atomic():
        connector.save(update_fields=["token_hash", "token_hint"])
        with live.writing(supervisor.site_id) as page:
            text = (f"Nouveau jeton de réponse de {supervisor.name}", f"New answer token of {supervisor.name}")
            page.write(Line("connector.token", now, *text, [("supervisor", supervisor.pk)], by))
    return token


def of_token(site: str, supervisor: str, token: str) -> Connector | None:
    """The connector whose supervisor answers with this token."""
    rows = Connector.objects.select_related("supervisor")
    row = rows.filter(supervisor__site__slug=site, supervisor__slug=supervisor).first()
    return row if tokens.opens(token, row.token_hash if row is not None else None) else None


def of_command(command: Command) -> tuple[Connector, Declared]:
    """The connector that carries a command. Raises CannotLeave."""
    rows = Connector.objects.select_related("supervisor__site")
    connector = rows.filter(supervisor=command.asset.supervisor_id, enabled=True).first()
    if connector is None:
        raise CannotLeave(Words("aucun superviseur ne la transmet", "no supervisor carries it"))
    try:
        return connector, compiled(connector.mapping)
    except BadAnswerMapping as error:
        raise CannotLeave(error.said) from error


def may_reach_privately(connector: Connector) -> bool:
    """As for pulls: the connector asks for it, and its site or the installation allows it."""
    allowed = connector.supervisor.site.allow_private_pull or settings.ALLOW_PRIVATE_PULL
    return connector.allow_private_address and allowed


def order_of(command: Command) -> Order:
    """What the supervisor is told of a command."""
    return Order(
        command.pk, command.key, command.type.slug, command.asset.code, command.point.address if command.point else "",
        command.asset.attributes, command.parameters, command.until.isoformat() if command.until else "",
    )  # fmt: skip
