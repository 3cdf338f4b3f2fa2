"""What a mapping would ask of a supervisor for one command, and what an answer would mean: tried, and never sent."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from assets.models import Asset
from assets.refusal import Meaning, Refused
from commands import connectors, offers
from commands.mapping import BadAnswerMapping, CannotAsk, Declared, Http, Order, Said, compiled, message, read, request

KEY = "00000000-0000-4000-8000-000000000000"
"""The key of a command that is not there."""
STANDS = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """`where` is a path below the connector's address, or a topic; values of headers that the mapping gives are hidden."""

    verb: str
    where: str
    headers: Mapping[str, str]
    body: str
    answered_on: str = ""


def declared(mapping: Mapping[str, object]) -> Declared:
    """A mapping as it would be used. Raises Refused."""
    try:
        return compiled(mapping)
    except BadAnswerMapping as error:
        raise Refused("bad_mapping", error.said.fr, error.said.en, meaning=Meaning.INVALID, field="mapping") from error


def asked(how: Declared, asset: Asset, slug: str, parameters: Mapping[str, object], now: dt.datetime) -> Asked:
    """What would be asked for a command of this asset. Raises Refused: it has no such command, or the mapping lacks a value."""
    offer = offers.find(asset, slug)
    order = Order(
        0, KEY, slug, asset.code, offer.point.address if offer.point else "", asset.attributes, offer.type.filled(parameters),
        (now + STANDS).isoformat() if offer.type.stands else "",
    )  # fmt: skip
    try:
        if isinstance(how, Http):
            wanted = request(how, order)
            hidden = {name: connectors.HIDDEN if name in how.headers else value for name, value in wanted.headers.items()}
            return Asked(wanted.method, wanted.path, hidden, (wanted.body or b"").decode())
        published = message(how, order)
    except CannotAsk as error:
        raise Refused("cannot_ask", error.said.fr, error.said.en, meaning=Meaning.INVALID, field="mapping") from error
    return Asked("PUBLISH", published.topic, {}, published.body.decode(), published.answer_topic)


def understood(how: Declared, status: int, body: str) -> Said:
    """What an answer would mean; over MQTT there is no status."""
    return read(how.answer, status if isinstance(how, Http) else (how.answer.statuses or (200,))[0], body.encode())
