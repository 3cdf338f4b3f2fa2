"""Some consecutive lines of a site's journal, as encoded rows, and what they are about. Pure."""

from collections.abc import Collection, Mapping
from functools import cached_property

import msgspec
from msgspec import Raw, Struct


class _Spoken(Struct):
    seq: int
    about: dict[str, list[int]] = {}
    kind: str = ""


_rows = msgspec.json.Decoder(list[Raw]).decode
_spoken = msgspec.json.Decoder(_Spoken).decode


class Lines:
    """Lines first..last of a site; `encoded` is the JSON array of their rows. Only the few fields that decide are read."""

    def __init__(self, site: int, first: int, last: int, encoded: bytes) -> None:
        self.site = site
        self.first = first
        self.last = last
        self.encoded = encoded

    @cached_property
    def _each(self) -> list[tuple[Raw, _Spoken]]:
        return [(raw, _spoken(raw)) for raw in _rows(self.encoded)]

    @cached_property
    def _about(self) -> dict[str, set[int]]:
        about: dict[str, set[int]] = {}
        for _, line in self._each:
            for noun, ids in line.about.items():
                about.setdefault(noun, set()).update(ids)
        return about

    def about(self, noun: str, kind: str | None = None) -> set[int]:
        """Ids of the things of a noun that the lines are about; of a kind: that the lines of this kind are about."""
        if kind is None:
            return self._about.get(noun, set())
        return {id_ for _, line in self._each if line.kind == kind for id_ in line.about.get(noun, ())}

    def readable(self, things: Mapping[str, Collection[int]]) -> bytes:
        """Those about one of these things, by noun, as a JSON array. A line that is about nothing is of the whole site."""

        def concerns(line: _Spoken) -> bool:
            return any(id_ in things.get(noun, ()) for noun, ids in line.about.items() for id_ in ids)

        return b"[%s]" % b",".join([raw for raw, line in self._each if concerns(line)])
