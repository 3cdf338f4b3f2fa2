"""What a Modbus device has, and what its registers mean: read in as few requests as they allow, decoded, encoded. Pure."""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta, Struct

Kind = Literal["coil", "discrete", "input", "holding"]
Type = Literal["bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"]

MOST: Mapping[str, int] = MappingProxyType({"coil": 2000, "discrete": 2000, "input": 125, "holding": 125})
"""How many one request may ask for."""
_FORMATS: Mapping[str, str] = MappingProxyType(
    {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}
)
_BITS = frozenset({"coil", "discrete"})


class OutOfRange(ValueError):
    """A value that the register does not take; says why."""


class Register(Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a device: where it stands and what is made of it."""

    address: Annotated[str, Meta(min_length=1, max_length=120)]
    """Its name at Vigie, below that of the device."""
    at: Annotated[int, Meta(ge=0, le=65535)]
    """From 0, as on the wire: 40001 of a manual is the holding register 0."""
    kind: Kind = "holding"
    type: Type = "u16"
    words: Literal["big", "little"] = "big"
    """Which of several registers comes first: the high word, or the low one."""
    bytes: Literal["big", "little"] = "big"
    bits: int | tuple[int, int] | None = None
    scale: float = 1.0
    offset: float = 0.0
    codes: dict[str, float] = {}
    """Raw number as a text → what it means as a number."""
    writable: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    multiple: bool = False
    """Written by function 16 (15) also where it is a single one."""
    asset: str = ""
    quantity: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.kind in _BITS and (self.bits is not None or self.type not in ("u16", "bool")):
            raise ValueError(f"{self.address}: a {self.kind} is one bit, and has neither type nor bits")
        if self.kind not in _BITS and self.type == "bool":
            raise ValueError(f"{self.address}: of a register, say which of its `bits`")
        if self.bits is not None and self.type[0] == "f":
            raise ValueError(f"{self.address}: a floating point number has no bits")
        low, high = self.field
        if not 0 <= low <= high < 16 * self.count:
            raise ValueError(f"{self.address}: `bits` are from 0 to {16 * self.count - 1}")
        if self.writable and (self.kind in ("discrete", "input") or self.bits is not None):
            raise ValueError(f"{self.address}: only a coil or a whole holding register can be written")
        if not self.scale or not math.isfinite(self.scale) or not math.isfinite(self.offset):
            raise ValueError(f"{self.address}: `scale` is a number other than 0")
        if self.at + self.count > 65536:
            raise ValueError(f"{self.address}: it ends beyond register 65535")

    @property
    def count(self) -> int:
        """Registers it takes, or bits."""
        return 1 if self.kind in _BITS else struct.calcsize(_FORMATS[self.type]) // 2

    @property
    def field(self) -> tuple[int, int]:
        """Its lowest and its highest bit."""
        if self.bits is None:
            return 0, 16 * self.count - 1
        return (self.bits, self.bits) if isinstance(self.bits, int) else self.bits

    def value(self, words: Sequence[int | bool]) -> float:
        """What stands in its registers, as sent to Vigie."""
        raw: int | float = int(words[0]) if self.kind in _BITS else self._number(words)
        if self.bits is not None:
            low, high = self.field
            raw = int(raw) % (1 << 16 * self.count) >> low & (1 << high - low + 1) - 1
        if self.codes and (code := self.codes.get(str(raw))) is not None:
            return code
        if isinstance(raw, float) and not math.isfinite(raw):
            return raw
        return float(Fraction(raw) * _exact(self.scale) + _exact(self.offset))

    def _number(self, words: Sequence[int]) -> int | float:
        ordered = words if self.words == "big" else list(reversed(words))
        order = ">" if self.bytes == "big" else "<"
        # Within a word the bytes are swapped, the words among themselves are not.
        packed = b"".join(struct.pack(f"{order}H", word) for word in ordered)
        number: int | float = struct.unpack(f">{_FORMATS[self.type]}", packed)[0]
        return number

    def written(self, value: float) -> list[int]:
        """What to write for a value. Raises OutOfRange."""
        if not math.isfinite(value) or not self.minimum <= value <= self.maximum:
            raise OutOfRange(f"{value:g} is not from {self.minimum:g} to {self.maximum:g}")
        raw = (Fraction(repr(value)) - _exact(self.offset)) / _exact(self.scale)
        if self.kind == "coil":
            if raw not in (0, 1):
                raise OutOfRange(f"{value:g} is neither 0 nor 1")
            return [int(raw)]
        try:
            packed = struct.pack(f">{_FORMATS[self.type]}", float(raw) if self.type[0] == "f" else round(raw))
        except (struct.error, OverflowError) as error:
            raise OutOfRange(f"{value:g} does not fit into {self.type}") from error
        order = ">" if self.bytes == "big" else "<"
        words = [struct.unpack(f"{order}H", packed[at : at + 2])[0] for at in range(0, len(packed), 2)]
        return words if self.words == "big" else words[::-1]


class Device(Struct, frozen=True, forbid_unknown_fields=True):
    """One device, or one of several behind a gateway."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    host: str
    register: list[Register]
    port: Annotated[int, Meta(ge=1, le=65535)] = 502
    unit: Annotated[int, Meta(ge=0, le=255)] = 1
    every: Annotated[float, Meta(ge=0.1, le=86400)] = 10.0
    """Seconds from one reading to the next."""
    timeout: Annotated[float, Meta(ge=0.1, le=60)] = 3.0
    bridge: Annotated[int, Meta(ge=0, le=100)] = 0
    """Registers that mean nothing and may be read along, to save a request."""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        names = [register.address for register in self.register]
        if not names:
            raise ValueError(f"{self.name}: it has no `register`")
        if len({*names, "online"}) <= len(names):
            raise ValueError(f"{self.name}: two registers have one address, or one is `online`, which is the device's own")

    def address(self, name: str) -> str:
        return f"{self.name}/{name}"


@dataclass(frozen=True, slots=True)
class Block:
    """What one request asks for."""

    kind: Kind
    at: int
    count: int
    registers: tuple[Register, ...]

    def values(self, found: Sequence[int | bool]) -> list[tuple[Register, float]]:
        return [(one, one.value(found[one.at - self.at : one.at - self.at + one.count])) for one in self.registers]


def blocks(registers: Sequence[Register], bridge: int = 0) -> list[Block]:
    """The requests that read all of them: neighbours together, as far as one request reaches."""
    found: list[Block] = []
    for one in sorted(registers, key=lambda each: (each.kind, each.at, each.count)):
        last = found[-1] if found else None
        if last is not None and last.kind == one.kind and one.at <= last.at + last.count + bridge:
            count = max(last.count, one.at + one.count - last.at)
            if count <= MOST[one.kind]:
                found[-1] = Block(one.kind, last.at, count, (*last.registers, one))
                continue
        found.append(Block(one.kind, one.at, one.count, (one,)))
    return found


def _exact(number: float) -> Fraction:
    """0.1 as a tenth: scales are decimals."""
    return Fraction(repr(number))
