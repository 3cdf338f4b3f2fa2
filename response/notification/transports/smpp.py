"""Sends a letter as SMS through an SMPP 3.4 server (SMSC), by one short session for each letter."""

import logging
from typing import Annotated, Any

import smpplib.client
import smpplib.command
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm
from msgspec import Meta, Struct

from assets.feeds.guard import AddressRefused, resolve
from response.notification.letters import Letter
from response.notification.transports.outcome import NotSent

TIMEOUT = 8
"""Seconds for each answer."""
MOST_READ = 10
"""What a server may say before it answers."""
_TEMPORARY = {
    smpplib.consts.SMPP_ESME_RMSGQFUL, smpplib.consts.SMPP_ESME_RTHROTTLED, smpplib.consts.SMPP_ESME_RSYSERR,
    smpplib.consts.SMPP_ESME_RBINDFAIL, smpplib.consts.SMPP_ESME_RINVPASWD, smpplib.consts.SMPP_ESME_RINVSYSID,
}  # fmt: skip
"""Statuses that pass, or that an administrator mends."""
_LOGGER = "response.smpp"
logging.getLogger(_LOGGER).setLevel(logging.CRITICAL)  # the library logs texts and numbers


class Smpp(Struct, frozen=True, forbid_unknown_fields=True, tag_field="protocol", tag="smpp"):
    """The server of a site. `sender` is a number or a name of up to 11 letters."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    system_id: Annotated[str, Meta(max_length=15)]
    password: Annotated[str, Meta(max_length=8)]
    sender: Annotated[str, Meta(max_length=20)] = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 2775
    allow_private_address: bool = False


def send(letter: Letter, number: str, server: Smpp, *, allow_private: bool) -> str:
    """Return the server's number of the first part once all are taken. Raises NotSent."""
    try:
        to = resolve(server.host, server.port, allow_private and server.allow_private_address)[0]
        return _session(letter, number, server, to)
    except AddressRefused as error:
        raise NotSent("the SMPP server has a private, local or reserved address", for_good=True) from error
    except smpplib.exceptions.PDUError as error:
        status = error.args[1] if len(error.args) > 1 else 0
        raise NotSent(f"the SMPP server answered {status}", for_good=status not in _TEMPORARY) from error
    except (smpplib.exceptions.ConnectionError, smpplib.exceptions.UnknownCommandError, OSError, ValueError) as error:
        raise NotSent(f"SMPP: {str(error) or type(error).__name__}"[:200]) from error


def _session(letter: Letter, number: str, server: Smpp, to: str) -> str:
    parts, coding, type_ = smpplib.gsm.make_parts(letter.short)
    taken: list[str] = []
    client = smpplib.client.Client(to, server.port, timeout=TIMEOUT, logger_name=_LOGGER, allow_unknown_opt_params=True)
    client.set_message_sent_handler(lambda pdu: taken.append(_number(pdu)))
    client.set_error_pdu_handler(_refuse)
    try:
        client.connect()
        client.bind_transmitter(system_id=server.system_id, password=server.password)
        for part in parts:
            client.send_message(
                source_addr_ton=smpplib.consts.SMPP_TON_ALNUM if not server.sender.isdigit() else smpplib.consts.SMPP_TON_INTL,
                source_addr=server.sender, dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
                dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN, destination_addr=number.removeprefix("+"), short_message=part,
                data_coding=coding, esm_class=type_, registered_delivery=False,
            )  # fmt: skip
            _answered(client, taken, len(taken) + 1)
        client.unbind()
    finally:
        client.disconnect()
    return taken[0]


def _answered(client: smpplib.client.Client, taken: list[str], count: int) -> None:
    """Read until the server has taken so many parts; it may ask something else in between."""
    for _ in range(MOST_READ):
        if len(taken) >= count:
            return
        client.read_once(auto_send_enquire_link=False)
    raise ValueError("the server does not say whether it took the message")


def _refuse(pdu: Any) -> None:
    raise smpplib.exceptions.PDUError("refused", pdu.status)


def _number(pdu: Any) -> str:
    found = getattr(pdu, "message_id", b"") or b""
    return found.decode("ascii", "replace") if isinstance(found, bytes) else str(found)
