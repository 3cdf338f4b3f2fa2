"""Tells an address of a letter, signed as Standard Webhooks asks for."""

import msgspec

from journal.webhooks.sending import NotDelivered
from journal.webhooks.sending import send as post
from response.notification.letters import Letter
from response.notification.transports.outcome import NotSent


def send(letter: Letter, address: str, *, allow_private: bool) -> str:
    """`address`: the URL, a space, and the secret that signs. Return the letter's number. Raises NotSent."""
    url, _, secret = address.partition(" ")
    told = {
        "type": "notification", "id": letter.id, "site": letter.site, "subject": letter.subject, "text": letter.text,
        "link": letter.link,
    }  # fmt: skip
    try:
        post(url, secret, letter.id, msgspec.json.encode(told), allow_private=allow_private)
    except NotDelivered as failure:
        raise NotSent(str(failure), for_good=failure.gone, gone=failure.gone) from failure
    return letter.id
