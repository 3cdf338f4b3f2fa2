"""Reads a site's whole journal and tells whether every line is there and is what was written."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assets.models import Site
from journal.reading import verify


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("site", nargs="*", help="slugs; all sites when none is given")

    def handle(self, *, site: list[str], **options: object) -> None:
        sites = Site.objects.filter(slug__in=site) if site else Site.objects.all()
        if missing := set(site) - {each.slug for each in sites}:
            raise CommandError(f"No site is called {', '.join(sorted(missing))}.")
        broken = False
        for each in sites:
            flaws = 0
            for flaw in verify(each.id):
                flaws += 1
                self.stdout.write(f"{each.slug}: number {flaw.seq}: {flaw.reason}")
            broken = broken or flaws > 0
            if not flaws:
                self.stdout.write(f"{each.slug}: the journal is whole")
        if broken:
            raise CommandError("A journal does not hold.")
