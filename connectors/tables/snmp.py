"""What an SNMP agent has, what its objects mean, and what its traps are called. Pure."""

import math
import re
from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta, Struct

_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*", re.ASCII)
Oid = Annotated[str, Meta(pattern=r"^\.?\d{1,10}(\.\d{1,10}){1,127}\Z")]


class NoValue(ValueError):
    """What an object holds is no number; says why."""


class Object(Struct, frozen=True, forbid_unknown_fields=True):
    """One object of an agent, or with `walk` a column of a table: then the index of each row stands below its address."""

    address: Annotated[str, Meta(min_length=1, max_length=120)]
    oid: Oid
    """Of the instance, with its `.0`; of the column with `walk`."""
    walk: bool = False
    scale: float = 1.0
    offset: float = 0.0
    codes: dict[str, float] = {}
    """What is sent, as a text → what it means as a number."""
    writable: bool = False
    syntax: Literal["integer", "unsigned"] = "integer"
    minimum: float = -math.inf
    maximum: float = math.inf
    asset: str = ""
    quantity: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not self.scale or not math.isfinite(self.scale) or not math.isfinite(self.offset):
            raise ValueError(f"{self.address}: `scale` is a number other than 0")
        if self.walk and (self.writable or self.asset):
            raise ValueError(f"{self.address}: the rows of a table are neither written nor points of one asset")

    @property
    def path(self) -> tuple[int, ...]:
        return numbers(self.oid)

    def value(self, raw: int | str) -> float:
        """Raises NoValue."""
        text = str(raw).strip()
        if (code := self.codes.get(text)) is not None:
            return code
        found = _NUMBER.fullmatch(text)
        if found is None:
            raise NoValue(f"{text[:60]!r} is no number, and none of `codes`")
        return float(Fraction(found[1]) * Fraction(repr(self.scale)) + Fraction(repr(self.offset)))

    def written(self, value: float) -> int:
        """What to set for a value. Raises NoValue."""
        if not math.isfinite(value) or not self.minimum <= value <= self.maximum:
            raise NoValue(f"{value:g} is not from {self.minimum:g} to {self.maximum:g}")
        raw = round((Fraction(repr(value)) - Fraction(repr(self.offset))) / Fraction(repr(self.scale)))
        low, high = (-(2**31), 2**31 - 1) if self.syntax == "integer" else (0, 2**32 - 1)
        if not low <= raw <= high:
            raise NoValue(f"{value:g} does not fit into 32 bits")
        return raw


class Trap(Struct, frozen=True, forbid_unknown_fields=True):
    """What a trap is called in the site's log."""

    oid: Oid
    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,59}\Z")]


class Agent(Struct, frozen=True, forbid_unknown_fields=True):
    """One agent. Version 2c has a community, version 3 a user with keys."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    host: str
    object: list[Object]
    trap: list[Trap] = []
    port: Annotated[int, Meta(ge=1, le=65535)] = 161
    version: Literal["2c", "3"] = "2c"
    community: str = ""
    user: str = ""
    auth: Literal["", "md5", "sha", "sha224", "sha256", "sha384", "sha512"] = ""
    auth_key: str = ""
    priv: Literal["", "des", "aes128", "aes192", "aes256"] = ""
    priv_key: str = ""
    engine: Annotated[str, Meta(pattern=r"^([0-9a-fA-F]{2}){5,32}\Z|^\Z")] = ""
    """Its engine's id, without which its traps of version 3 cannot be read."""
    every: Annotated[float, Meta(ge=0.1, le=86400)] = 60.0
    timeout: Annotated[float, Meta(ge=0.1, le=60)] = 2.0
    retries: Annotated[int, Meta(ge=0, le=10)] = 1
    most_rows: Annotated[int, Meta(ge=1, le=10_000)] = 1_000
    """Of a table."""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        names = [one.address for one in self.object]
        if not names:
            raise ValueError(f"{self.name}: it has no `object`")
        if len({*names, "online"}) <= len(names):
            raise ValueError(f"{self.name}: two objects have one address, or one is `online`, which is the agent's own")
        if self.version == "2c" and (not self.community or self.user):
            raise ValueError(f"{self.name}: version 2c needs a `community`, and has no user")
        if self.version == "3" and (not self.user or self.community):
            raise ValueError(f"{self.name}: version 3 needs a `user`, and has no community")
        if bool(self.auth) != bool(self.auth_key) or bool(self.priv) != bool(self.priv_key):
            raise ValueError(f"{self.name}: `auth` and `auth_key` go together, and so do `priv` and `priv_key`")
        if self.priv and not self.auth:
            raise ValueError(f"{self.name}: what is encrypted is authenticated too")
        if any(0 < len(key) < 8 for key in (self.auth_key, self.priv_key)):
            raise ValueError(f"{self.name}: a key has 8 characters or more")

    def kind_of(self, oid: tuple[int, ...]) -> str:
        """What a trap is called; `snmp_trap` unless the file says otherwise."""
        return next((trap.kind for trap in self.trap if numbers(trap.oid) == oid), "snmp_trap")


def numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(number) for number in oid.strip(".").split("."))
