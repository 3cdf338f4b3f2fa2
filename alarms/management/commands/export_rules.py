"""Writes the rules of a site, the newest version of each, as a YAML file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from alarms.models import Rule
from alarms.rules.rulebook import dump
from assets.models import Site


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("site", help="slug of the site")
        parser.add_argument("--rule", help="only the rule of this slug")
        parser.add_argument("--to", type=Path, help="file to write; the standard output unless given")

    def handle(self, *, site: str, rule: str | None, to: Path | None, **options: object) -> None:
        if not Site.objects.filter(slug=site).exists():
            raise CommandError(f"There is no site {site}.")
        rules = Rule.objects.filter(site__slug=site, built_in=False).order_by("slug")
        if rule is not None:
            rules = rules.filter(slug=rule)
            if not rules:
                raise CommandError(f"The site {site} has no rule {rule}.")
        text = dump(rules)
        if to is None:
            self.stdout.write(text, ending="")
        else:
            to.write_text(text, "utf-8")
