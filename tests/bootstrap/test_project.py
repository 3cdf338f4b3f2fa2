"""The project as a whole agrees with itself: models with migrations, rooms with contracts, checks with settings."""

import tomllib
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.django_db
def test_every_model_change_has_a_migration():
    said = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said)
    except SystemExit:
        pytest.fail(said.getvalue())


@pytest.mark.django_db
def test_django_finds_nothing_to_warn_of():
    call_command("check", fail_level="WARNING", stderr=StringIO())


def test_every_package_is_under_the_import_contracts():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
    assert packages - {"tests", "bench"} == set(configured)
