"""A file of assets on its way into the inventory: sent, compared, reviewed, approved, and journaled with what it writes."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping as Words
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import get_valid_filename

from assets.inventory import categories, proposals, runs
from assets.inventory.compare import Difference
from assets.inventory.mapping import Mapping
from assets.models import ImportRun, Site
from assets.refusal import Refused
from assets.tasks import LIMIT, compare_import, order_of
from hypervisor import changes
from journal.actors import Actor
from journal.page import Line

_SAID = {
    "added": ("ajouté", "ajoutés", "added"),
    "moved": ("déplacé", "déplacés", "moved"),
    "replaced": ("remplacé", "remplacés", "replaced"),
    "changed": ("modifié", "modifiés", "changed"),
    "back": ("remis en place", "remis en place", "back"),
    "absent": ("décommissionné", "décommissionnés", "decommissioned"),
}


def begin(site: Site, file: UploadedFile, mapping: Mapping | None, *, by: Actor) -> ImportRun:
    """Keep a file that was sent, and have it compared; without a mapping it holds points."""
    order = runs.Order(site, _kept(site, file), mapping, by=by.name)
    run = runs.announce(order, ImportRun.State.COMPARED, timezone.now, name=file.name or "")
    transaction.on_commit(lambda: compare_import.delay(run_id=run.pk))
    return run


def _kept(site: Site, file: UploadedFile) -> Path:
    """The file where the worker finds it, under a name nobody can guess or collide with."""
    folder = Path(settings.MEDIA_ROOT) / "imports" / site.slug
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}-{get_valid_filename(Path(file.name or 'file').name)[-80:]}"
    with path.open("wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    return path


def leave_out(run: ImportRun, wanted: Q, left_out: bool) -> int:
    """Leave changes out of a change set, or take them in again; how many that changes. Raises Refused."""
    with transaction.atomic():
        _reviewed(run)
        return proposals.leave_out(run, wanted, left_out)


def _reviewed(run: ImportRun) -> None:
    locked = ImportRun.objects.select_for_update().get(pk=run.pk)
    if locked.state != ImportRun.State.COMPARED or locked.finished_at is None:
        raise Refused(
            "not_under_review",
            "Ce jeu de modifications n’est pas à approuver : il est en cours, refusé ou déjà écrit.",
            "This change set is not to be approved: it is under way, refused or written already.",
        )


def approve(run: ImportRun, *, by: Actor, now: dt.datetime, **accepted: bool) -> None:
    """Have what is not left out written, by a worker. Raises Refused. `accepted` as `runs.Order` has them."""
    with transaction.atomic():
        _reviewed(run)
        if run.content == ImportRun.Content.ASSETS and not run.changes.filter(left_out=False).exists():
            raise Refused("nothing_to_write", "Rien n’est à écrire.", "There is nothing to write.")
        runs.approved(run, by.name, now)
        digest = run.details.get("digest", "")
        transaction.on_commit(lambda: carry_out_import.delay(run_id=run.pk, digest=digest, by=asdict(by), **accepted))


@shared_task(soft_time_limit=LIMIT)
def carry_out_import(*, run_id: int, digest: str, by: dict[str, Any], **accepted: bool) -> None:
    """Write the difference that was approved, and no other."""
    run = ImportRun.objects.select_related("site").get(pk=run_id)
    carry_out(run, digest, Actor(**by), accepted)


def compare_again(run: ImportRun, now: dt.datetime) -> None:
    """Compare the file with the inventory as it stands now; what was left out stays so. Raises Refused."""
    with transaction.atomic():
        if not runs.again(run, now):
            raise Refused(
                "not_comparable",
                "Ce fichier ne peut pas être comparé de nouveau : il est en cours ou déjà écrit.",
                "This file cannot be compared again: it is under way or written already.",
            )
        transaction.on_commit(lambda: compare_import.delay(run_id=run.pk))


def carry_out(run: ImportRun, digest: str, by: Actor, accepted: Words[str, bool]) -> None:
    """Write what was approved, and no other difference, with its line in the journal."""
    order = replace(order_of(run), expected=digest, **accepted)
    if run.content == ImportRun.Content.ASSETS:
        order = replace(order, left_out=proposals.left_out(run))

    def witness(written: Difference) -> None:
        changes.write(run.site_id, _line(run, written, len(order.left_out or ()), order, by, timezone.now()))

    runs.carry_out(run, order, clock=timezone.now, witness=witness)


def _line(run: ImportRun, written: Difference, left: int, order: runs.Order, by: Actor, now: dt.datetime) -> Line:
    assert order.mapping is not None
    counts = Counter(one.category for one in categories.proposals(written, order.mapping.authority))
    fr = ", ".join(f"{counts[name]} {words[counts[name] > 1]}" for name, words in _SAID.items() if counts[name])
    en = ", ".join(f"{counts[name]} {words[2]}" for name, words in _SAID.items() if counts[name])
    if left:
        fr += f" ; {left} écarté{'s' if left > 1 else ''}"
        en += f"; {left} left out"
    details: dict[str, Any] = {"file": run.file_name, **counts, "left_out": left}
    return Line("inventory.approved", now, f"Inventaire modifié par {run.file_name} : {fr}"[:600],
                f"Inventory changed by {run.file_name}: {en}"[:600], [("import", run.pk)], by, details)  # fmt: skip
