"""`manage.py load_kinds`: brings the catalogue of asset kinds up to date."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assets.inventory.failures import BrokenCatalogue
from assets.inventory.kinds import CATALOGUE, load_kinds, read_catalogue


class Command(BaseCommand):
    help = "Load the kinds of assets/kinds.toml, or of a file of your own: new ones are made, changed ones updated, others kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", default=CATALOGUE, help="TOML as assets/kinds.toml.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kinds = read_catalogue(options["file"])
        except BrokenCatalogue as error:
            raise CommandError(str(error)) from error
        written = load_kinds(kinds)
        self.stdout.write(f"{len(kinds)} kinds, {written} new or changed.")
