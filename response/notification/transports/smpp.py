"""SMS through an SMPP 3.4 server (SMSC): a short session for each letter, and one now and then for receipts and answers."""

import logging
import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
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
QUIET, LONGEST = 2.0, 10.0
"""Seconds: a receiving session ends once nothing came for so long, and in any case after so many."""
_ARRIVED, _LOST = {2, "DELIVRD"}, {3, 4, 5, 8, "EXPIRED", "DELETED", "UNDELIV", "REJECTD"}
"""States of a receipt, as a number or a word (SMPP 3.4, 5.2.28 and appendix B); the others say nothing final."""
_RECEIPT, _UCS2 = 0x04, 8
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
    tls: bool = False
    receives: bool = False
    """Whether receipts are asked for, and a session as receiver takes them and people's answers."""
    allow_private_address: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message, by the server's number for it."""

    number: str
    arrived: bool


@dataclass(frozen=True, slots=True)
class Incoming:
    """An SMS that somebody wrote."""

    sender: str
    text: str


Heard = Receipt | Incoming


class _Client(smpplib.client.Client):
    """Connects to the address that was checked, and shows TLS the name."""

    def __init__(self, server: Smpp, to: str) -> None:
        super().__init__(to, server.port, timeout=TIMEOUT, logger_name=_LOGGER, allow_unknown_opt_params=True)
        self._server = server

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), TIMEOUT)
        try:
            made = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=self._server.host) if self._server.tls else plain
            )
        except OSError:
            plain.close()
            raise
        self._socket, self.state = made, smpplib.consts.SMPP_CLIENT_STATE_OPEN

    def wait_at_most(self, seconds: float) -> None:
        self._socket.settimeout(seconds)


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
    client = _Client(server, to)
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
                data_coding=coding, esm_class=type_, registered_delivery=server.receives,
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


def receive(server: Smpp, take: Callable[[Heard], bool], *, allow_private: bool) -> int:
    """Hand on what waits at the server, and tell it so only then; how much there was. What `take` says no to comes again.
    Raises NotSent."""
    try:
        to = resolve(server.host, server.port, allow_private and server.allow_private_address)[0]
        return _receiving(server, to, take)
    except AddressRefused as error:
        raise NotSent("the SMPP server has a private, local or reserved address", for_good=True) from error
    except smpplib.exceptions.PDUError as error:
        raise NotSent(f"the SMPP server refused: {error}"[:200]) from error
    except (smpplib.exceptions.ConnectionError, smpplib.exceptions.UnknownCommandError, OSError, ValueError) as error:
        raise NotSent(f"SMPP: {str(error) or type(error).__name__}"[:200]) from error


def _receiving(server: Smpp, to: str, take: Callable[[Heard], bool]) -> int:
    count = 0

    def received(pdu: Any) -> int:
        nonlocal count
        count += 1
        heard = _heard(pdu)
        taken = heard is None or take(heard)
        return int(smpplib.consts.SMPP_ESME_ROK if taken else smpplib.consts.SMPP_ESME_RX_T_APPN)

    client, until = _Client(server, to), time.monotonic() + LONGEST
    client.set_message_received_handler(received)
    try:
        client.connect()
        client.bind_receiver(system_id=server.system_id, password=server.password)
        client.wait_at_most(QUIET)
        while time.monotonic() < until:
            try:
                client.read_once(auto_send_enquire_link=False)
            except TimeoutError:
                break
        client.wait_at_most(TIMEOUT)
        client.unbind()
    finally:
        client.disconnect()
    return count


def _heard(pdu: Any) -> Heard | None:
    """None: a receipt that says nothing final, or is none we understand."""
    text = _text(pdu)
    if not (pdu.esm_class or 0) & _RECEIPT:
        return Incoming(f"+{_plain(pdu.source_addr).lstrip('+')}", text)
    said = dict(re.findall(r"(id|stat):(\S+)", text))
    number, state = _plain(pdu.receipted_message_id) or said.get("id", ""), pdu.message_state or said.get("stat", "")
    if not number or state not in _ARRIVED | _LOST:
        return None
    return Receipt(number[:120], state in _ARRIVED)


def _text(pdu: Any) -> str:
    content = pdu.short_message or pdu.message_payload or b""
    content = content if isinstance(content, bytes) else str(content).encode()
    return content.decode("utf-16-be" if pdu.data_coding == _UCS2 else "latin-1", "replace")[:500]


def _plain(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
