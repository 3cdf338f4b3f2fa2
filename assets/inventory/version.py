"""Raises the version of a site's inventory, which feeds, engine and tiles follow, in the transaction that changes it."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import F
from django.db.transaction import TransactionManagementError

from assets.models import Site


def raise_version(sites: Iterable[int]) -> None:
    """Raises TransactionManagementError outside of a transaction: a follower would find the new version and the old inventory."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("The version of an inventory is raised in the transaction that changes it.")
    Site.objects.filter(pk__in=list(sites)).update(inventory_version=F("inventory_version") + 1)
