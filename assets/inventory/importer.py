"""The one way into the inventory: compare a file with a site, show it, write all of it or nothing."""

import gc
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec
from django.db import IntegrityError

from assets.inventory import categories, codes, compare, files, reading, store, table, templates
from assets.inventory.compare import Difference
from assets.inventory.entries import Detected, Entries
from assets.inventory.failures import (
    ConcurrentChange,
    InventoryMoved,
    RefusedRows,
    UnconfirmedDetection,
    UnknownScope,
    UnnamedRefusals,
)
from assets.inventory.mapping import Mapping
from assets.inventory.store import Progress, Words
from assets.inventory.version import raise_version
from assets.models import Site


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an import would do. `digest` stands for exactly this difference, so that one is confirmed and no other."""

    read: Entries
    diff: Difference
    digest: str
    remarks: list[codes.Remark] = field(default_factory=list)

    @property
    def unconfirmed(self) -> list[Detected]:
        return [detected for detected in self.read.detected if detected.confirm]

    def require_applicable(self, *, accept_detected: bool, without_refused: bool, retire: bool) -> None:
        """Raises UnconfirmedDetection, RefusedRows, UnnamedRefusals."""
        if self.unconfirmed and not accept_detected:
            raise UnconfirmedDetection(detected=", ".join(map(str, self.unconfirmed)))
        if not self.diff.refused:
            return
        if not without_refused:
            raise RefusedRows(count=len(self.diff.refused))
        unnamed = sum(not refusal.code for refusal in self.diff.refused)
        if unnamed and retire and self.diff.gone:
            raise UnnamedRefusals(count=unnamed)


def compare_file(site: Site, path: Path, mapping: Mapping) -> Comparison:
    """Read a file and compare it; nothing is written. Raises an InventoryFailure."""
    with _no_collection():
        words = store.words(site)
        read = _read(path, mapping, words)
        existing = store.existing(site, words)
        return _compared(read, compare.difference(read, existing, mapping.authority), existing)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without it the collector walks hundreds of thousands of rows that all live, again and again: a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def apply_file(
    site: Site,
    path: Path,
    mapping: Mapping,
    *,
    now: datetime,
    progress: Progress = lambda done, total: None,
    expected: str = "",
    accept_detected: bool = False,
    without_refused: bool = False,
    left_out: Collection[str] | None = None,
    witness: Callable[[Difference], None] = lambda written: None,
) -> Comparison:
    """Read a file, compare it and write the difference in one transaction, or raise an InventoryFailure and write nothing.

    `expected` is the digest of the comparison somebody confirmed; another difference raises InventoryMoved. `left_out` are the
    codes that whoever reviewed it leaves out: then what is absent and not left out is retired, whatever the mapping says.
    `witness` hears in the transaction, last of all, what was written.
    """
    retire = mapping.authority.gone == "retire" or left_out is not None
    try:
        with _no_collection(), store.alone(site):
            words = store.words(site)
            read = _read(path, mapping, words)
            existing = store.existing(site, words)
            comparison = _compared(read, compare.difference(read, existing, mapping.authority), existing)
            if expected and comparison.digest != expected:
                raise InventoryMoved()
            if left_out is not None:
                comparison = replace(comparison, diff=categories.without(comparison.diff, left_out, existing, mapping.authority))
            comparison.require_applicable(accept_detected=accept_detected, without_refused=without_refused, retire=retire)
            diff = comparison.diff
            ids = {code: known.id for code, known in existing.items()}
            fresh = store.write(site, diff, words, ids, retire, now, progress)
            if mapping.points:
                templates.make_points(site, diff.new, fresh, mapping.points)
            if diff.new or diff.changed or (retire and diff.gone):
                raise_version([site.pk])
            witness(diff)
    except IntegrityError as error:
        raise ConcurrentChange() from error
    return comparison


def _read(path: Path, mapping: Mapping, words: Words) -> Entries:
    _check_scope(mapping, words)
    read = reading.build(files.parse(table.load(path), mapping), mapping, words.known)
    if mapping.fields.sector is None:
        sectors = words.polygons.of([one.longitude for one in read.entries], [one.latitude for one in read.entries])
    else:
        sectors = [one.sector for one in read.entries]
        lost = [index for index, sector in enumerate(sectors) if not sector]
        found = words.polygons.of(
            [read.entries[index].longitude for index in lost], [read.entries[index].latitude for index in lost]
        )
        for index, sector in zip(lost, found, strict=True):
            sectors[index] = sector
    read.entries[:] = [
        entry if entry.sector == sector else entry._replace(sector=sector)
        for entry, sector in zip(read.entries, sectors, strict=True)
    ]
    return read


def _check_scope(mapping: Mapping, words: Words) -> None:
    for kind in mapping.authority.kinds if mapping.authority.kinds != "file" else ():
        if kind not in words.kinds:
            raise UnknownScope(what="the kind", slug=kind)
    if (supervisor := mapping.authority.supervisor) and supervisor not in words.supervisors:
        raise UnknownScope(what="the supervisor", slug=supervisor)


def _compared(read: Entries, diff: Difference, existing: Iterable[str]) -> Comparison:
    said = msgspec.json.encode(
        [
            [one.entry for one in diff.new],
            [(one.id, one.before, one.after) for one in diff.changed],
            [one.id for one in diff.gone],
            [(refusal.row, refusal.reason) for refusal in diff.refused],
        ]
    )
    described = zip(read.row, (entry.code for entry in read.entries), strict=True)
    return Comparison(read, diff, hashlib.sha256(said).hexdigest(), codes.remarks(described, existing))
