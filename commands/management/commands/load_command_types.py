"""`manage.py load_command_types`: brings the catalogue of command types up to date."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from commands import catalogue


class Command(BaseCommand):
    help = "Load the types of commands/types.toml, or of a file of your own; kinds must be loaded. Types changed here are kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", default=catalogue.CATALOGUE, help="TOML as commands/types.toml.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            types = catalogue.read(options["file"])
        except catalogue.BrokenCatalogue as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(types)} types, {catalogue.load(types)} new or changed.")
