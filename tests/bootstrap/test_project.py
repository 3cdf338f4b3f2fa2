"""The project as a whole agrees with itself: models with migrations, rooms with contracts, checks with settings."""

import re
import tomllib
from io import StringIO
from pathlib import Path

import pytest
import yaml
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


def test_the_composition_is_yaml_and_names_files_that_exist():
    folder = ROOT / "docker"
    services = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    assert {"web", "worker", "worker-long", "beat", "correlate", "subscribe", "postgres", "valkey", "mosquitto", "caddy"} <= set(
        services
    )
    mounted = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", []) if volume[0] == "."}
    written_by_the_operator = {"./mosquitto/passwords"}
    assert [path for path in mounted - written_by_the_operator if not (folder / path).exists()] == []


def test_the_composition_asks_for_no_variable_the_example_does_not_explain():
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker" / "compose.yaml").read_text()))
    explained = set(re.findall(r"^(\w+)=", (ROOT / "docker" / ".env.example").read_text(), re.MULTILINE))
    assert asked - explained == {"VIGIE_VERSION"}


def test_the_image_has_nothing_that_only_tests_need():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    removed = set(re.search(r"pip uninstall .*?((?: *\\\n +[-\w ]+)+)", (ROOT / "docker" / "Dockerfile").read_text())[1].split())
    assert {re.match(r"[-\w]+", line)[0] for line in groups["dev"]} - removed == set()
