"""What the commands that read a book have in common: a YAML file, or a ready-made pack, for one site."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assets.models import Site


class Book(Protocol):
    """The module that reads such files."""

    BookError: type[Exception]

    def packs(self) -> list[str]: ...
    def pack(self, name: str) -> Sequence[Any]: ...
    def read(self, text: str) -> Sequence[Any]: ...


class BookCommand(BaseCommand):
    book: Book

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("site", help="slug of the site")
        parser.add_argument("file", type=Path, nargs="?", help="the YAML file")
        parser.add_argument("--pack", help=f"instead of a file, a ready-made pack: {', '.join(self.book.packs())}")
        parser.add_argument("--apply", action="store_true", help="write; without it nothing changes")

    def chosen(self, site: str, file: Path | None, pack: str | None) -> tuple[Site, Sequence[Any]]:
        """The site, and the entries of the file or pack that was named. Raises CommandError."""
        if (file is None) == (pack is None):
            raise CommandError("Name a file, or a pack with --pack.")
        row = Site.objects.filter(slug=site).first()
        if row is None:
            raise CommandError(f"There is no site {site}.")
        try:
            return row, self.book.pack(pack or "") if file is None else self.book.read(file.read_text("utf-8"))
        except (self.book.BookError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
