"""What an import would change: the file's entries against the site's, dependencies followed, nothing written.

Pure: existing assets come in as words, the difference goes out.
"""

from collections.abc import Mapping as Words
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from assets.inventory.entries import Entries, Entry
from assets.inventory.failures import Reason, Refusal
from assets.inventory.mapping import Authority

COMPARED = ("name", "kind", "sector", "depends_on", "supervisor", "longitude", "latitude", "level", "attributes")


class Existing(NamedTuple):
    """An asset of the site: its primary key, its words, and whether it was retired."""

    id: int
    entry: Entry
    retired: bool


class AssetChange(NamedTuple):
    """An asset that the file describes otherwise; `fields` are their names, "retired" when it comes back."""

    id: int
    row: int
    before: Entry
    after: Entry
    fields: tuple[str, ...]


class Fresh(NamedTuple):
    row: int
    entry: Entry


class Gone(NamedTuple):
    id: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Difference:
    """What to write. `refused` holds the rows that cannot be; the others do not depend on them."""

    new: list[Fresh] = field(default_factory=list)
    changed: list[AssetChange] = field(default_factory=list)
    unchanged: int = 0
    gone: list[Gone] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.new or self.changed or self.gone)


def difference(read: Entries, existing: Words[str, Existing], authority: Authority) -> Difference:
    """Compare what was read with the assets of the site, by code."""
    described = {entry.code for entry in read.entries} | {refusal.code for refusal in read.refused if refusal.code}
    entries = read.entries
    if read.silent:
        entries = [_completed(entry, existing.get(entry.code), read.silent) for entry in entries]
    wanted = {entry.code: (row, entry) for row, entry in zip(read.row, entries, strict=True)}
    refused = list(read.refused)
    if not authority.kind_changes:
        _refuse_other_kinds(wanted, existing, refused)
    _refuse_dependencies(wanted, existing, refused)
    result = Difference(refused=sorted(refused, key=lambda refusal: refusal.row))
    if authority.kinds == "file":
        authority = msgspec.structs.replace(authority, kinds=sorted({entry.kind for entry in entries}))
    unchanged = 0
    for code, (row, entry) in wanted.items():
        known = existing.get(code)
        if known is None:
            result.new.append(Fresh(row, entry))
        elif known.entry == entry and not known.retired:
            unchanged += 1
        else:
            result.changed.append(AssetChange(known.id, row, known.entry, entry, _changed_fields(known, entry)))
    gone = [
        Gone(known.id, known.entry)
        for code, known in existing.items()
        if code not in described and not known.retired and _in_scope(known.entry, authority)
    ]
    return Difference(result.new, result.changed, unchanged, gone, result.refused)


def _completed(entry: Entry, known: Existing | None, silent: frozenset[str]) -> Entry:
    """The entry with what the file says nothing about taken from the existing asset."""
    if known is None:
        return entry
    return entry._replace(**{name: getattr(known.entry, name) for name in silent})


def _changed_fields(known: Existing, entry: Entry) -> tuple[str, ...]:
    fields = tuple(name for name in COMPARED if getattr(known.entry, name) != getattr(entry, name))
    return (*fields, "retired") if known.retired else fields


def _in_scope(entry: Entry, authority: Authority) -> bool:
    if not (authority.kinds or authority.supervisor):
        return False
    return (not authority.kinds or entry.kind in authority.kinds) and (
        not authority.supervisor or entry.supervisor == authority.supervisor
    )


Wanted = dict[str, tuple[int, Entry]]


def _drop(wanted: Wanted, asset: str, refused: list[Refusal], reason: Reason, **fields: object) -> None:
    row, _ = wanted.pop(asset)
    refused.append(Refusal(row, reason, fields, asset))


def _refuse_other_kinds(wanted: Wanted, existing: Words[str, Existing], refused: list[Refusal]) -> None:
    """Two files that number their assets alike would overwrite each other: a code keeps its kind."""
    clashes = [code for code, (_, entry) in wanted.items() if code in existing and existing[code].entry.kind != entry.kind]
    for code in clashes:
        _drop(wanted, code, refused, Reason.CODE_OF_ANOTHER, code=code, kind=existing[code].entry.kind)


def _refuse_dependencies(wanted: Wanted, existing: Words[str, Existing], refused: list[Refusal]) -> None:
    """Drop what depends on itself, on nothing we know, or on what was dropped, until nothing more must be."""
    while True:
        before = len(wanted)
        for circle in circles(wanted, existing):
            shown = " → ".join([*circle[:6], "…"] if len(circle) > 6 else [*circle, circle[0]])
            for code in circle:
                if code in wanted:
                    _drop(wanted, code, refused, Reason.CYCLE, codes=shown)
        _refuse_orphans(wanted, existing, refused)
        if len(wanted) == before:
            return


def _refuse_orphans(wanted: Wanted, existing: Words[str, Existing], refused: list[Refusal]) -> None:
    dropped = {refusal.code for refusal in refused if refusal.code}
    lost = [code for code, (_, entry) in wanted.items() if entry.depends_on]
    while lost := [code for code in lost if (above := wanted[code][1].depends_on) not in wanted and above not in existing]:
        for code in lost:
            above = wanted[code][1].depends_on
            reason = Reason.REFUSED_DEPENDENCY if above in dropped else Reason.UNKNOWN_DEPENDENCY
            _drop(wanted, code, refused, reason, code=above[:80])
        dropped.update(lost)
        lost = [code for code, (_, entry) in wanted.items() if entry.depends_on in dropped]


def circles(wanted: Wanted, existing: Words[str, Existing]) -> list[list[str]]:
    """Every circle of dependencies as they would be after the import, each asset in at most one."""

    def above(code: str) -> str:
        if code in wanted:
            return wanted[code][1].depends_on
        return existing[code].entry.depends_on if code in existing else ""

    settled: set[str] = {""}
    circles = []
    for start in wanted:
        path: dict[str, None] = {}
        code = start
        while code not in settled and code not in path:
            path[code] = None
            code = above(code)
        if code not in settled:
            walked = list(path)
            circles.append(walked[walked.index(code) :])
        settled.update(path)
    return circles
