"""Keeps the record of imports (ImportRun): what was compared, who confirmed it, how far it is, how it ended."""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from assets.inventory import described, proposals
from assets.inventory import mapping as mappings
from assets.inventory.compare import Difference
from assets.inventory.failures import InventoryFailure
from assets.inventory.importer import Comparison, apply_file, compare_file
from assets.inventory.mapping import Mapping
from assets.inventory.point_changes import PointDifference
from assets.inventory.points import apply_points, compare_points
from assets.inventory.store import Progress
from assets.models import ImportRun, Site

LONGEST = timedelta(hours=2)
"""How long a run may wait for a worker and be worked on; a million rows take minutes."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Clock = Callable[[], datetime]
Witness = Callable[[Difference], None]


@dataclass(frozen=True, slots=True)
class Order:
    """One import somebody asks for, of assets by `mapping`, or of points when there is none.

    Refused rows are left out, and detections and other units accepted, only when they say so.
    """

    site: Site
    path: Path
    mapping: Mapping | None
    by: str = ""
    accept_detected: bool = False
    accept_units: bool = False
    without_refused: bool = False
    expected: str = ""
    left_out: frozenset[str] | None = None
    """What a reviewer leaves out, by code; None when nobody reviewed it."""

    @property
    def content(self) -> ImportRun.Content:
        return ImportRun.Content.POINTS if self.mapping is None else ImportRun.Content.ASSETS


def announce(order: Order, state: str, clock: Clock, *, name: str = "") -> ImportRun:
    """Record that somebody asked; without an end (`finished_at`) it is still under way. `name`: the file's, as it was sent."""
    return ImportRun.objects.create(
        site=order.site, content=order.content, file_name=(name or order.path.name)[:200], file_path=str(order.path)[:500],
        mapping=mappings.plain(order.mapping) if order.mapping else {}, state=state, started_at=clock(),
        started_by=order.by[:150],
    )  # fmt: skip


def compare(order: Order, *, clock: Clock) -> ImportRun:
    """Dry run: the recorded comparison, in state compared, or refused with the sentence that says why."""
    return comparing(announce(order, ImportRun.State.COMPARED, clock), order, clock=clock)


def comparing(run: ImportRun, order: Order, *, clock: Clock) -> ImportRun:
    """Dry run for a run that is already recorded (a page waits for it)."""
    with _ending(run, clock, "The comparison was interrupted."):
        if order.mapping is None:
            _describe_points(run, compare_points(order.site, order.path))
        else:
            version = Site.objects.values_list("inventory_version", flat=True).get(pk=order.site.pk)
            comparison = compare_file(order.site, order.path, order.mapping)
            _describe(run, comparison)
            proposals.keep(run, comparison.diff, order.mapping.authority)
            run.inventory_version = version
    return run


def apply(order: Order, *, clock: Clock, progress: Progress = lambda done, total: None) -> ImportRun:
    """Import: the recorded run, in state done, or refused or failed with the sentence that says why and nothing written.

    While it runs, `ImportRun.done` follows the rows written, visible to others.
    """
    run = announce(order, ImportRun.State.RUNNING, clock)
    return carry_out(run, order, clock=clock, progress=progress)


def carry_out(
    run: ImportRun,
    order: Order,
    *,
    clock: Clock,
    progress: Progress = lambda done, total: None,
    witness: Witness = lambda written: None,
) -> ImportRun:
    """Import for a run that is already recorded (a page shows its progress); `witness` hears in its transaction what it wrote."""
    with _ending(run, clock, "The import was interrupted; nothing was written."):
        with _Shared(run) as shared:

            def told(done: int, total: int) -> None:
                shared(done)
                progress(done, total)

            _write(run, order, clock(), told, witness)
        run.state = ImportRun.State.DONE
        run.done = run.new + run.changed
    return run


def _write(run: ImportRun, order: Order, now: datetime, progress: Progress, witness: Witness) -> None:
    if order.mapping is None:
        diff = apply_points(
            order.site, order.path, progress=progress, expected=order.expected, without_refused=order.without_refused,
            accept_units=order.accept_units,
        )  # fmt: skip
        _describe_points(run, diff)
    else:
        comparison = apply_file(
            order.site, order.path, order.mapping, now=now, progress=progress, expected=order.expected,
            accept_detected=order.accept_detected, without_refused=order.without_refused, left_out=order.left_out,
            witness=witness,
        )  # fmt: skip
        _describe(run, comparison)


@contextmanager
def _ending(run: ImportRun, clock: Clock, interrupted: str) -> Iterator[None]:
    """Record how a run ends, whatever ends it: a page waits for that. Refusals of the file are its result, all else goes on."""
    try:
        yield
    except InventoryFailure as failure:
        _fail(run, ImportRun.State.REFUSED, failure)
    except BaseException:
        run.state, run.message = ImportRun.State.FAILED, interrupted
        _end(run, clock)
        raise
    _end(run, clock)


def _end(run: ImportRun, clock: Clock) -> None:
    """Save the end of a run; what PostgreSQL cannot keep of a file's words (NUL, half a surrogate pair) becomes U+FFFD."""
    run.finished_at = clock()
    run.message, run.details = _storable(run.message), _storable(run.details)
    run.save()


def _storable(said: Any) -> Any:
    match said:
        case str():
            return _UNSTORABLE.sub("\ufffd", said)
        case dict():
            return {_storable(name): _storable(value) for name, value in said.items()}
        case list() | tuple():
            return [_storable(one) for one in said]
        case float() if not math.isfinite(said):
            return str(said)
    return said


def approved(run: ImportRun, by: str, now: datetime) -> None:
    """Record that a compared run is to be written."""
    ImportRun.objects.filter(pk=run.pk).update(
        state=ImportRun.State.RUNNING, started_at=now, finished_at=None, done=0, message="", approved_by=by[:150], approved_at=now
    )


def again(run: ImportRun, now: datetime) -> bool:
    """Record that a run is to be compared again; False for one that is under way or written."""
    states = (ImportRun.State.COMPARED, ImportRun.State.REFUSED, ImportRun.State.FAILED)
    ended = ImportRun.objects.filter(pk=run.pk, state__in=states, finished_at__isnull=False)
    return ended.update(state=ImportRun.State.COMPARED, started_at=now, finished_at=None, message="", approved_at=None) == 1


def end_lost(clock: Clock) -> int:
    """End the runs that nobody carries out any more, as their worker was killed; returns how many."""
    now = clock()
    return ImportRun.objects.filter(finished_at=None, started_at__lt=now - LONGEST).update(
        state=ImportRun.State.FAILED, finished_at=now, message="The worker stopped before it came to an end; begin again."
    )


def _describe(run: ImportRun, comparison: Comparison) -> None:
    diff = comparison.diff
    run.new, run.changed, run.unchanged = len(diff.new), len(diff.changed), diff.unchanged
    run.gone, run.refused = len(diff.gone), len(diff.refused)
    run.details = described.assets(comparison)


def _describe_points(run: ImportRun, diff: PointDifference) -> None:
    run.new, run.changed, run.unchanged, run.refused = diff.counts.values()
    run.details = described.points(diff)


def _fail(run: ImportRun, state: str, failure: InventoryFailure) -> None:
    run.state, run.message, run.details = state, str(failure), described.failure(failure)


class _Shared:
    """Writes a run's progress through a session of its own: the one that imports shows nothing until it commits."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run

    def __enter__(self) -> "_Shared":
        parameters = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
        parameters.pop("context", None)
        self.session = psycopg.connect(**parameters, autocommit=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def __call__(self, done: int) -> None:
        self.session.execute("UPDATE assets_importrun SET done = %s WHERE id = %s", [done, self.run.pk])
