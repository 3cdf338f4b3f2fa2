"""Compares a YAML file of rules, or a ready-made pack, with a site; --apply writes what differs as new versions."""

import json
from pathlib import Path

from django.core.management.base import CommandParser
from django.utils import timezone

from alarms.rules import rulebook
from assets.book_command import BookCommand


class Command(BookCommand):
    help = __doc__
    book = rulebook

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--language", choices=["fr", "en"], default="fr", help="of notes that are there in both")

    def handle(self, *, site: str, file: Path | None, pack: str | None, apply: bool, language: str, **options: object) -> None:
        found, entries = self.chosen(site, file, pack)
        if apply:
            changes = rulebook.bring_in(found, entries, language=language, now=timezone.now())
        else:
            changes = rulebook.compare(found, entries)
        for change in changes:
            self._tell(change)
        counts = ", ".join(f"{sum(each.kind == kind for each in changes)} {kind}" for kind in ("new", "changed", "same"))
        self.stdout.write(f"{counts}.")
        if not apply:
            self.stdout.write("Nothing was written: this was a comparison. Add --apply to write.")

    def _tell(self, change: rulebook.RuleChange) -> None:
        if change.kind == "same":
            return
        self.stdout.write(f"{change.kind:8}{change.entry.slug}")
        if change.kind == "changed":
            if change.old_name != change.entry.name:
                self.stdout.write(f"    name: {change.old_name.fr} / {change.old_name.en} → "
                                  f"{change.entry.name.fr} / {change.entry.name.en}")  # fmt: skip
            for path, old, new in rulebook.differences(change.old, change.entry.spec):
                self.stdout.write(f"    {path}: {_short(old)} → {_short(new)}")


def _short(value: object) -> str:
    return "—" if value is None else json.dumps(value, ensure_ascii=False)
