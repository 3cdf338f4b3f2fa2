"""Keeps the record of imports (ImportRun): what was compared, who confirmed it, how far it is, how it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from assets.inventory import mapping as mappings
from assets.inventory.compare import Difference
from assets.inventory.entries import Entry
from assets.inventory.failures import InventoryFailure, Refusal
from assets.inventory.importer import Comparison, apply_file, compare_file
from assets.inventory.mapping import Mapping
from assets.inventory.store import Progress
from assets.models import ImportRun, Site

SAMPLES = 20
"""How many rows of each class of difference are shown."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Order:
    """One import somebody asks for. `refused rows` may be left out and detections accepted only when they say so."""

    site: Site
    path: Path
    mapping: Mapping
    by: str = ""
    accept_detected: bool = False
    without_refused: bool = False
    expected: str = ""


def announce(order: Order, state: str, clock: Clock) -> ImportRun:
    """Record that somebody asked; without an end (`finished_at`) it is still under way."""
    return ImportRun.objects.create(
        site=order.site, file_name=order.path.name[:200], file_path=str(order.path)[:500], mapping=mappings.plain(order.mapping),
        state=state, started_at=clock(), started_by=order.by[:150],
    )  # fmt: skip


def compare(order: Order, *, clock: Clock) -> ImportRun:
    """Dry run: the recorded comparison, in state compared, or refused with the sentence that says why."""
    return comparing(announce(order, ImportRun.State.COMPARED, clock), order, clock=clock)


def comparing(run: ImportRun, order: Order, *, clock: Clock) -> ImportRun:
    """Dry run for a run that is already recorded (a page waits for it)."""
    try:
        _describe(run, compare_file(order.site, order.path, order.mapping))
    except InventoryFailure as failure:
        _fail(run, ImportRun.State.REFUSED, failure)
    except BaseException:  # else the page would wait for it for ever
        run.state, run.message, run.finished_at = ImportRun.State.FAILED, "The comparison was interrupted.", clock()
        run.save()
        raise
    run.finished_at = clock()
    run.save()
    return run


def apply(order: Order, *, clock: Clock, progress: Progress = lambda done, total: None) -> ImportRun:
    """Import: the recorded run, in state done, or refused or failed with the sentence that says why and nothing written.

    While it runs, `ImportRun.done` follows the rows written, visible to others.
    """
    run = announce(order, ImportRun.State.RUNNING, clock)
    return carry_out(run, order, clock=clock, progress=progress)


def carry_out(run: ImportRun, order: Order, *, clock: Clock, progress: Progress = lambda done, total: None) -> ImportRun:
    """Import for a run that is already recorded (a page shows its progress)."""
    try:
        with _Shared(run) as shared:

            def told(done: int, total: int) -> None:
                shared(done)
                progress(done, total)

            comparison = apply_file(
                order.site, order.path, order.mapping, now=clock(), progress=told, expected=order.expected,
                accept_detected=order.accept_detected, without_refused=order.without_refused,
            )  # fmt: skip
        run.state = ImportRun.State.DONE
        run.done = len(comparison.diff.new) + len(comparison.diff.changed)
        _describe(run, comparison)
    except InventoryFailure as failure:
        _fail(run, ImportRun.State.REFUSED, failure)
    except BaseException:
        run.state, run.message, run.finished_at = (
            ImportRun.State.FAILED,
            "The import was interrupted; nothing was written.",
            clock(),
        )
        run.save()
        raise
    run.finished_at = clock()
    run.save()
    return run


def described(comparison: Comparison) -> dict[str, Any]:
    """Samples of each class of difference and what was detected, as JSON."""
    diff = comparison.diff
    return {
        "digest": comparison.digest,
        "detected": [
            {"what": one.what, "value": one.value, "write": one.write, "confirm": one.confirm} for one in comparison.read.detected
        ],
        "new": [{"row": row, **_shown(entry)} for row, entry in diff.new[:SAMPLES]],
        "changed": [
            {
                "row": one.row,
                "code": one.after.code,
                "fields": {
                    name: {"before": getattr(one.before, name, None), "after": getattr(one.after, name, None)}
                    for name in one.fields
                },
            }
            for one in diff.changed[:SAMPLES]
        ],
        "gone": [_shown(one.entry) for one in diff.gone[:SAMPLES]],
        "refused": [refused(one) for one in diff.refused[:SAMPLES]],
        "reasons": reasons(diff),
        "far": [{"row": row, "code": code, "km": round(km, 1)} for row, code, km in comparison.read.far[:SAMPLES]],
        "far_count": len(comparison.read.far),
        "shapes": comparison.read.shapes,
    }


def refused(refusal: Refusal) -> dict[str, Any]:
    """A refusal as JSON: the sentence, and its parts for an interface that translates it."""
    fields = {name: str(value) for name, value in refusal.fields.items()}
    return {
        "row": refusal.row,
        "code": refusal.code,
        "sentence": refusal.sentence,
        "reason": refusal.reason.name,
        "fields": fields,
    }


def reasons(diff: Difference) -> dict[str, int]:
    """How many rows are refused for each reason."""
    counts: dict[str, int] = {}
    for refusal in diff.refused:
        counts[refusal.reason.name] = counts.get(refusal.reason.name, 0) + 1
    return counts


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "name": entry.name,
        "kind": entry.kind,
        "sector": entry.sector,
        "longitude": entry.longitude,
        "latitude": entry.latitude,
    }


def _describe(run: ImportRun, comparison: Comparison) -> None:
    diff = comparison.diff
    run.new, run.changed, run.unchanged = len(diff.new), len(diff.changed), diff.unchanged
    run.gone, run.refused = len(diff.gone), len(diff.refused)
    run.details = described(comparison)


def _fail(run: ImportRun, state: str, failure: InventoryFailure) -> None:
    run.state, run.message = state, str(failure)
    run.details = {
        "failure": type(failure).__name__,
        "fields": {name: str(value) for name, value in failure.fields.items()},
    }


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
