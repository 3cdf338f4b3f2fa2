"""`manage.py load_kinds`: brings the catalogue of asset kinds up to date."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assets.inventory.failures import BrokenCatalogue
from assets.inventory.kinds import load_kinds, read_catalogue


class Command(BaseCommand):
    help = "Load the kinds of assets/kinds.toml: new ones are made, changed ones updated, others kept."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kinds = read_catalogue()
        except BrokenCatalogue as error:
            raise CommandError(str(error)) from error
        written = load_kinds(kinds)
        self.stdout.write(f"{len(kinds)} kinds, {written} new or changed.")
