"""The version of a site's inventory: it is raised with what it stands for, or not at all."""

from pathlib import Path

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from assets.inventory.version import raise_version
from assets.models import Site

ROOT = Path(__file__).parents[2]


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_it_is_refused_and_stays():
    site = Site.objects.create(slug="quai", name="Quai")
    with pytest.raises(TransactionManagementError):
        raise_version([site.pk])
    site.refresh_from_db()
    assert site.inventory_version == 1
    with transaction.atomic():
        raise_version([site.pk])
    site.refresh_from_db()
    assert site.inventory_version == 2


def test_nothing_else_raises_it():
    rooms = ("assets", "journal", "alarms", "hypervisor")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    raising = [file for file in files if 'F("inventory_version")' in file.read_text()]
    assert raising == [ROOT / "assets/inventory/version.py"]
