"""Addresses of contacts: how each is written, and what may be shown of it. Pure."""

import re
from urllib.parse import urlsplit

import msgspec

from assets.refusal import Meaning, Refused

LONGEST = 1_000
SERVICES = frozenset({
    "brevo", "discord", "freemobile", "gchat", "goalert", "goalerts", "gotify", "gotifys", "matrix", "matrixs",
    "mmost", "mmosts", "nctalk", "nctalks", "ntfy", "ntfys", "octopush", "opsgenie", "pagerduty", "pover", "rocket",
    "rockets", "sfr", "signal", "signals", "slack", "splunk", "tgram", "threema", "twilio", "webex", "whatsapp",
    "workflow", "workflows", "wxteams", "zulip",
})  # fmt: skip
"""Schemes of Apprise that are taken: services that tell people, and none that speaks to a machine of ours, a file or a bus."""
_MAIL = re.compile(
    r"[^\s@<>\"\\,;:()\[\]]{1,64}@(?=.{4,250}\Z)(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}"
)
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


class Subscription(msgspec.Struct, frozen=True):
    """What a browser gives to be told by web push (RFC 8030, RFC 8291)."""

    endpoint: str
    keys: dict[str, str]


def normal(means: str, text: str, *, country: str = "+33") -> str:
    """The address as it is stored. Raises Refused for what is none."""
    text = text.strip()
    if len(text) > LONGEST or not text.isprintable():
        raise _wrong("Cette adresse est trop longue ou illisible.", "This address is too long or unreadable.")
    return _NORMAL[means](text, country)


def hint(means: str, address: str) -> str:
    """What may be shown of an address: enough to know one's own."""
    match means:
        case "mail":
            name, _, host = address.partition("@")
            return f"{name[:1]}…@{host}"[:60]
        case "sms":
            return f"{address[:3]}…{address[-4:]}"
        case "apprise":
            return f"{urlsplit(address).scheme}://…"[:60]
        case "push":
            return urlsplit(msgspec.json.decode(address, type=Subscription).endpoint).hostname or ""
    return f"{urlsplit(address).scheme}://{urlsplit(address).hostname}"[:60]


def _mail(text: str, _country: str) -> str:
    if not _MAIL.fullmatch(text):
        raise _wrong("Écrivez une adresse comme prenom.nom@ville.fr.", "Write an address such as first.last@city.example.")
    return text


def _sms(text: str, country: str) -> str:
    digits = re.sub(r"[\s.()/-]", "", text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"{country}{digits[1:]}"
    if not _NUMBER.fullmatch(digits):
        raise _wrong("Écrivez un numéro comme +33 6 12 34 56 78.", "Write a number such as +33 6 12 34 56 78.")
    return digits


def _webhook(text: str, _country: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(text) > 500:
        raise _wrong("Donnez une adresse http ou https.", "Give an http or https URL.")
    return text


def _push(text: str, _country: str) -> str:
    try:
        given = msgspec.json.decode(text, type=Subscription)
    except msgspec.DecodeError:
        given = Subscription("", {})
    if urlsplit(given.endpoint).scheme != "https" or not {"p256dh", "auth"} <= given.keys.keys():
        raise _wrong("Le navigateur n’a pas donné d’abonnement.", "The browser gave no subscription.")
    return text


def _apprise(text: str, _country: str) -> str:
    if not re.fullmatch(r"[a-z0-9]{2,20}://\S+", text) or text.partition("://")[0] not in SERVICES:
        raise _wrong(
            "Donnez l’adresse Apprise d’un service admis, mmosts://…",
            "Give the Apprise URL of a service that is taken, mmosts://…",
        )
    return text


_NORMAL = {"mail": _mail, "sms": _sms, "webhook": _webhook, "push": _push, "apprise": _apprise}


def _wrong(fr: str, en: str) -> Refused:
    return Refused("bad_address", fr, en, meaning=Meaning.INVALID, field="address")
