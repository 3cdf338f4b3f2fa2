"""`manage.py load_site DIR`: makes a real site, with its sectors, the ground of its map, its supervisors and their feeds."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assets.inventory.city import load_site
from assets.inventory.failures import InventoryFailure


class Command(BaseCommand):
    help = "Make or refresh a site from a folder: site.json, supervisors.csv, feeds.json, sectors.geojson, base.geojson."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            site = load_site(options["folder"].resolve(), say=self.stdout.write)
        except InventoryFailure as failure:
            raise CommandError(str(failure)) from failure
        self.stdout.write(f"Next: manage.py import_assets FILE --site {site.slug} --mapping MAPPING, then give people roles.")
