"""What a feed's mapping may say: the members, their types, and what of them cannot be used together.

Pure. `forms.mapped` is a mapping at work. docs/feeds/mapping.md is the reference.
"""

from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec


class BadMapping(ValueError):
    """The mapping cannot be used as written; the message names the member."""


class Quality(msgspec.Struct, forbid_unknown_fields=True):
    field: str
    map: dict[str, str] = {}
    otherwise: str = "good"


class Bytes(msgspec.Struct, forbid_unknown_fields=True):
    """A number among the bytes of a payload: at a place, or behind the tag that announces it."""

    type: Literal["u8", "i8", "u16", "i16", "u24", "i24", "u32", "i32", "u64", "i64", "f32", "f64"]
    place: int = 0
    """Of its first byte, from 0; negative from the end. Behind a tag, from there."""
    tag: str = ""
    """In hexadecimal; one of `tags`."""
    little: bool = False
    """The lowest byte comes first."""


class Tags(msgspec.Struct, forbid_unknown_fields=True):
    """A payload of pieces, each with the tag that says what it is, and as many bytes as that tag has."""

    lengths: dict[str, int]
    """Tag in hexadecimal → bytes that follow it. All tags are equally long."""


class Value(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One value of an item: where it stands and what is made of it. What is not said here is as the mapping says for all."""

    path: str = ""
    codes: dict[str, float] | None = None
    scale: Decimal | None = None
    offset: Decimal | None = None
    unit: str | None = None
    to: str | None = None
    decimal_comma: bool | None = None
    absent: float | None = None
    bits: int | tuple[int, int] | None = None
    bytes: Bytes | None = None


class Basic(msgspec.Struct, tag="basic", forbid_unknown_fields=True):
    user: str
    password: str


class ApiKey(msgspec.Struct, tag="key", forbid_unknown_fields=True):
    """A key that is sent with each request: in a header, or as a parameter of the URL."""

    key: str
    header: str = ""
    parameter: str = ""


class ClientCredentials(msgspec.Struct, tag="oauth2", forbid_unknown_fields=True, frozen=True):
    """OAuth 2.0 client credentials (RFC 6749, 4.4): the token is asked for, kept while it lasts, and asked for again."""

    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""
    audience: str = ""
    in_body: bool = False
    """Whether id and secret are members of the body; else they are HTTP Basic."""


class Certificate(msgspec.Struct, tag="mtls", forbid_unknown_fields=True):
    """A client certificate with its chain, and its key, as PEM texts."""

    certificate: str
    key: str


class StandardWebhook(msgspec.Struct, tag="standard", forbid_unknown_fields=True):
    """Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`."""

    secret: str
    """In Base64, behind `whsec_`."""


class Hmac(msgspec.Struct, tag="hmac", forbid_unknown_fields=True):
    """A header holds the HMAC of the body, behind `prefix`."""

    secret: str
    header: str
    hash: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    number: str = ""
    """Header that names the message, if there is one: a message that comes again is taken once."""


Signature = StandardWebhook | Hmac
Credentials = Basic | ApiKey | ClientCredentials | Certificate


class Cursor(msgspec.Struct, tag="cursor", forbid_unknown_fields=True):
    """The next page is the same URL with what stands at `path` as this parameter."""

    path: str
    parameter: str


class Offset(msgspec.Struct, tag="offset", forbid_unknown_fields=True):
    """The next page is the same URL with a greater number: by the items of a page, or by `step` (1 for numbers of pages)."""

    parameter: str
    start: int = 0
    step: int = 0
    full: int = 0
    """Items of a full page: a page of fewer is the last. 0: an empty one is."""


class Declared(msgspec.Struct, forbid_unknown_fields=True):
    """The members a mapping of documents may have."""

    form: str = "json"
    delimiter: str = ""
    columns: list[str] = []
    """Names of the columns of a CSV body that has no line of names."""
    address: str = ""
    value: str | Value = ""
    values: dict[str, str | Value] = {}
    """quantity → path, for documents that hold several values in one item; the address has `{quantity}` then."""
    when: dict[str, str | list[str]] = {}
    """path → the text, or one of several, that must stand there: other items are passed over. `*` is anything, "" nothing."""
    encoding: Literal["base64", "hex"] = "base64"
    """How the payload of a value with `bytes` is written."""
    tags: Tags | None = None
    items: str = ""
    lists: bool = False
    """What stands at `items` is an object of equally long lists: each place of them is an item."""
    also: list[dict[str, object]] = []
    """More that is read from the same document: members that take the place of these."""
    at: str = ""
    at_format: str = "rfc3339"
    interval: str = ""
    timezone: str = ""
    quality: Quality | None = None
    codes: dict[str, float] = {}
    scale: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    unit: str = ""
    to: str = ""
    decimal_comma: bool = False
    absent: float | None = None
    next: str = ""
    paging: Cursor | Offset | None = None
    most_pages: int = 20
    parameters: dict[str, str] = {}
    headers: dict[str, str] = {}
    credentials: Credentials | None = None
    signature: Signature | None = None
    """How a pushed message proves itself without the feed's token."""
    timeout: float = 20.0
    broker: str = ""


def declared(written: bytes) -> Declared:
    """The members of a mapping as JSON. Raises BadMapping."""
    try:
        return msgspec.json.decode(written, type=Declared)
    except msgspec.ValidationError as error:
        raise BadMapping(str(error)) from error


def zone_named(timezone: str) -> ZoneInfo | None:
    """The clock that a mapping declares, None for none. Raises BadMapping."""
    try:
        return ZoneInfo(timezone) if timezone else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadMapping(f"`timezone` {timezone!r} is not known.") from error
