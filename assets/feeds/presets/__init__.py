"""Ready mappings: how well-known suppliers' messages are read, one file for each, with messages and the readings they give."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

HERE = Path(__file__).parent


class Example(msgspec.Struct, frozen=True):
    """A message of a supplier: what it was written after, where it was published, and the `[address, value, at?]` it gives."""

    origin: str
    topic: str
    message: object
    readings: list[list[object]]

    @property
    def body(self) -> str:
        return self.message if isinstance(self.message, str) else json.dumps(self.message, ensure_ascii=False, indent=1)


class Preset(msgspec.Struct, frozen=True):
    """A mapping with the address that goes with it: a topic template, or a URL to complete."""

    name: str
    protocol: str
    address: str
    mapping: dict[str, object]
    recordings: list[Example]
    slug: str = ""


@functools.cache
def presets() -> Sequence[Preset]:
    """All of them, by name."""
    found = [
        msgspec.structs.replace(msgspec.json.decode(path.read_bytes(), type=Preset), slug=path.stem)
        for path in HERE.glob("*.json")
    ]
    return tuple(sorted(found, key=lambda preset: preset.name.casefold()))
