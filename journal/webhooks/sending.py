"""Sends one signed message to an address, within limits of time and place; a failure says in a sentence what it was."""

import time

import httpcore
import httpx

from assets.feeds.guard import AddressRefused, GuardedTransport
from assets.feeds.request import AGENT
from journal.webhooks import signature

TIMEOUT = 10.0
"""Seconds the other side may take for each step, and twice that for all of it."""


class NotDelivered(Exception):
    """The message did not arrive, and why, in both languages. `gone`: the other side wants none any more (410)."""

    def __init__(self, en: str, fr: str, gone: bool = False) -> None:
        super().__init__(en)
        self.en, self.fr, self.gone = en, fr, gone


def send(url: str, secret: str, id_: str, body: bytes, *, allow_private: bool) -> None:
    """Return when the other side has it (2xx). Raises NotDelivered."""
    transport = GuardedTransport(allow_private)
    transport.deadline.at = time.monotonic() + 2 * TIMEOUT
    signed = signature.headers(secret, id_, int(time.time()), body)
    try:
        with httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client:
            sent = {"user-agent": AGENT, "content-type": "application/json", **signed}
            with client.stream("POST", url, content=body, headers=sent) as response:
                status = response.status_code
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol, UnicodeError) as error:
        raise NotDelivered(f"the address cannot be used: {error}", f"l’adresse est inutilisable : {error}") from error
    except AddressRefused as error:
        raise NotDelivered(
            "it is a private, local or reserved address, which webhooks may not reach",
            "adresse privée, locale ou réservée, interdite aux webhooks",
        ) from error
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise NotDelivered(f"no answer within {TIMEOUT:g} s", f"pas de réponse en {TIMEOUT:g} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, OSError) as error:
        why = str(error) or type(error).__name__
        raise NotDelivered(f"cannot be reached: {why}"[:200], f"injoignable : {why}"[:200]) from error
    if not 200 <= status < 300:
        raise NotDelivered(f"answered {status}", f"réponse {status}", gone=status == 410)
