"""What an OPC UA server has: nodes with values, methods to be called by order, and whether its conditions are wanted. Pure."""

import math
from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta, Struct

NodeName = Annotated[str, Meta(pattern=r"^(ns=\d{1,5};|nsu=[^;]{1,300};)?[isgb]=.{1,300}\Z")]
"""`ns=2;s=Pump.Level`, or by the URI of its namespace, whose number may change: `nsu=urn:maker:plc;s=Pump.Level`."""
Argument = Literal["", "Boolean", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double"]


class NoValue(ValueError):
    """What a node holds is no number, or it does not take one; says why."""


class Node(Struct, frozen=True, forbid_unknown_fields=True):
    """A variable."""

    address: Annotated[str, Meta(min_length=1, max_length=120)]
    node: NodeName
    scale: float = 1.0
    offset: float = 0.0
    codes: dict[str, float] = {}
    writable: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    asset: str = ""
    quantity: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not self.scale or not math.isfinite(self.scale) or not math.isfinite(self.offset):
            raise ValueError(f"{self.address}: `scale` is a number other than 0")

    def value(self, raw: object) -> float:
        """Raises NoValue."""
        text = str(raw).lower() if isinstance(raw, bool) else str(raw)
        if (code := self.codes.get(text)) is not None:
            return code
        if not isinstance(raw, bool | int | float):
            raise NoValue(f"{text[:60]!r} is no number, and none of `codes`")
        if isinstance(raw, float) and not math.isfinite(raw):
            return raw
        return float(Fraction(repr(raw) if isinstance(raw, float) else int(raw)) * self._scale + self._offset)

    def written(self, value: float) -> Fraction:
        """What to write for a value. Raises NoValue."""
        if not math.isfinite(value) or not self.minimum <= value <= self.maximum:
            raise NoValue(f"{value:g} is not from {self.minimum:g} to {self.maximum:g}")
        return (Fraction(repr(value)) - self._offset) / self._scale

    @property
    def _scale(self) -> Fraction:
        return Fraction(repr(self.scale))

    @property
    def _offset(self) -> Fraction:
        return Fraction(repr(self.offset))


class Method(Struct, frozen=True, forbid_unknown_fields=True):
    """What an order to this address calls; with `argument`, the value of the order is its one argument."""

    address: Annotated[str, Meta(min_length=1, max_length=120)]
    object: NodeName
    method: NodeName
    argument: Argument = ""


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    url: Annotated[str, Meta(pattern=r"^opc\.tcp://[^\s/]+")]
    node: list[Node]
    method: list[Method] = []
    conditions: bool = False
    """Whether its alarms and conditions are told."""
    user: str = ""
    password: str = ""
    security: Literal["", "Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"] = ""
    mode: Literal["Sign", "SignAndEncrypt"] = "SignAndEncrypt"
    certificate: str = ""
    """File of our certificate, which the server is told to trust; beside it the key, and that of the server."""
    key: str = ""
    server_certificate: str = ""
    every: Annotated[float, Meta(ge=0.1, le=86400)] = 5.0
    timeout: Annotated[float, Meta(ge=0.5, le=60)] = 5.0

    def __post_init__(self) -> None:
        """Raises ValueError."""
        names = [one.address for one in self.node] + [one.address for one in self.method]
        if not self.node:
            raise ValueError(f"{self.name}: it has no `node`")
        if len({*names, "online"}) <= len(names):
            raise ValueError(f"{self.name}: two nodes or methods have one address, or one is `online`, which is the server's own")
        if bool(self.security) != bool(self.certificate and self.key):
            raise ValueError(f"{self.name}: `security` needs `certificate` and `key`, and they need it")
        if self.password and not self.user:
            raise ValueError(f"{self.name}: a `password` is a user's")
