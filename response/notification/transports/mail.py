"""Sends a letter by mail, through the SMTP server of the site, within limits of time and place."""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from assets.feeds.guard import AddressRefused, resolve
from response.notification.letters import Letter
from response.notification.transports.outcome import NotSent

TIMEOUT = 5.0
"""Seconds for each step of the conversation."""


class Smtp(Struct, frozen=True, forbid_unknown_fields=True, tag_field="protocol", tag="smtp"):
    """The server of a site, and in whose name it sends."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    sender: Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^\s<>]+@[^\s<>]+\Z")]
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Annotated[str, Meta(max_length=200)] = ""
    password: Annotated[str, Meta(max_length=400)] = ""
    allow_private_address: bool = False


class Attached(Struct, frozen=True):
    """A file that goes along."""

    name: str
    media_type: str
    content: bytes


def send(letter: Letter, address: str, server: Smtp, *, allow_private: bool, attached: Sequence[Attached] = ()) -> str:
    """Return the Message-ID once the server has taken it. Raises NotSent."""
    message = written(letter, address, server)
    for each in attached:
        kind, _, subtype = each.media_type.partition("/")
        message.add_attachment(each.content, maintype=kind, subtype=subtype, filename=each.name)
    try:
        to = resolve(server.host, server.port, allow_private and server.allow_private_address)[0]
        with _connected(server, to) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except AddressRefused as error:
        raise NotSent("the mail server has a private, local or reserved address", for_good=True) from error
    except smtplib.SMTPRecipientsRefused as error:
        code = max(code for code, _said in error.recipients.values())
        raise NotSent(f"the mail server refused the recipient: {code}", for_good=code >= 500) from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"the mail server answered {error.smtp_code}", for_good=error.smtp_code >= 550) from error
    except (smtplib.SMTPException, OSError, MessageError, ValueError) as error:
        raise NotSent(f"mail: {str(error) or type(error).__name__}"[:200]) from error
    return str(message["Message-ID"])


def written(letter: Letter, address: str, server: Smtp) -> EmailMessage:
    """The mail; its Message-ID is the letter's, at each try."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = server.sender, address, " ".join(letter.subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = f"<{letter.id}@{server.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.urgent:
        message["Importance"] = "high"
    message.set_content(letter.text)
    return message


class _ToAddress(smtplib.SMTP):
    """Connects to the address that was checked, and shows TLS the name."""

    to = ""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self.to, port), timeout)


class _ToAddressByTls(smtplib.SMTP_SSL):
    to = ""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((self.to, port), timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


def _connected(server: Smtp, to: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    kind = _ToAddressByTls(timeout=TIMEOUT, context=context) if server.security == "tls" else _ToAddress(timeout=TIMEOUT)
    kind.to = to
    kind._host = server.host  # type: ignore[union-attr]  # what STARTTLS asks the certificate for
    code, said = kind.connect(server.host, server.port)
    if code != 220:
        kind.close()
        raise smtplib.SMTPConnectError(code, said)
    if server.security == "starttls":
        kind.starttls(context=context)
    return kind


def read(document: bytes) -> Smtp:
    """Raises msgspec.ValidationError."""
    return msgspec.json.decode(document, type=Smtp)
