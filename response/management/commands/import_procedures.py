"""Reads a YAML file of procedures, or a ready-made pack; --apply writes what differs as new versions."""

from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from alarms.engine.faults import SpecError
from assets.book_command import BookCommand
from assets.refusal import Refused
from journal.actors import SYSTEM
from response.procedures import book


class Command(BookCommand):
    help = __doc__
    book = book

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--activate", action="store_true", help="with --apply: bring what was written into force")

    def handle(self, *, site: str, file: Path | None, pack: str | None, apply: bool, activate: bool, **options: object) -> None:
        found, entries = self.chosen(site, file, pack)
        if not apply:
            self.stdout.write(f"{len(entries)} procedures can be used. Nothing was written: add --apply to write.")
            return
        try:
            versions = book.bring_in(found, entries, activate=activate, by=SYSTEM, now=timezone.now())
        except (Refused, SpecError) as error:
            raise CommandError(str(error)) from error
        for version in versions:
            self.stdout.write(f"{version.procedure.slug} version {version.number}")
        self.stdout.write(f"{len(versions)} new, {len(entries) - len(versions)} as they were.")
