"""Keeps what a compared file would change, asset by asset, until somebody approves it; the only writer of ProposedChange."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q

from assets.inventory import categories, store
from assets.inventory.categories import Proposal
from assets.inventory.compare import Difference
from assets.inventory.mapping import Authority
from assets.models import ImportRun, ProposedChange, Site

_COLUMNS = ("run_id", "category", "code", "name", "kind", "row", "asset", "replaces", "fields", "distance", "left_out")
RETIRES = Q(category=ProposedChange.Category.ABSENT) | ~Q(replaces="")
"""Changes that decommission an asset."""


def keep(run: ImportRun, diff: Difference, authority: Authority) -> None:
    """Keep the changes of a comparison in place of earlier ones of the same run; what was left out then stays so.

    Absent assets are left out at first unless the mapping says that they are to be retired.
    """
    with transaction.atomic():
        earlier = dict(run.changes.order_by().values_list("code", "left_out"))
        run.changes.all().delete()
        kept = authority.gone != "retire"
        store.copy(
            "assets_proposedchange",
            _COLUMNS,
            (
                _row(run, one, earlier.get(one.entry.code, kept and one.category == "absent"))
                for one in categories.proposals(diff, authority)
            ),
        )


def _row(run: ImportRun, one: Proposal, left_out: bool) -> tuple[object, ...]:
    entry = one.entry
    fields = msgspec.json.encode(one.fields).decode()
    return (
        run.pk, one.category, entry.code, entry.name, entry.kind, one.row, one.asset, one.replaces, fields, one.distance,
        left_out,
    )  # fmt: skip


def leave_out(run: ImportRun, wanted: Q, left_out: bool) -> int:
    """Leave changes out of what is to be approved, or take them in again; how many that changes."""
    return run.changes.filter(wanted, left_out=not left_out).update(left_out=left_out)


def left_out(run: ImportRun) -> frozenset[str]:
    """The codes of what is left out."""
    return frozenset(run.changes.filter(left_out=True).order_by().values_list("code", flat=True))


def drop(before: datetime) -> None:
    """Delete the changes of comparisons that began earlier; what was written of them is in the journal."""
    ProposedChange.objects.filter(run__started_at__lt=before).delete()


def retired(run: ImportRun) -> Collection[int]:
    """The ids of the assets that would be decommissioned."""
    told = run.changes.filter(RETIRES, left_out=False).order_by("id").values_list("asset", flat=True)
    return [asset for asset in told if asset is not None]


def meanwhile(run: ImportRun) -> list[dict[str, Any]]:
    """What changed of the assets of a comparison since it was made: `code`, `field`, as it was then, as it stands now."""
    site = Site.objects.get(pk=run.site_id)
    if site.inventory_version == run.inventory_version:
        return []
    existing = store.existing(site, store.words(site))
    changes = run.changes.values_list("category", "code", "fields").iterator()
    told = categories.meanwhile(changes, existing)
    return [{"code": code, "field": field, "then": then, "now": now} for code, field, then, now in told]
