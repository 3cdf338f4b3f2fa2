"""Whether the engines answer from here and, if asked, each site is followed: for the health checks of containers."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from assets.models import Site
from hypervisor import health


class Command(BaseCommand):
    help = "Exits with 0 when PostgreSQL and Valkey answer and, with --correlators, when every site has one."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--correlators", action="store_true", help="Whether a correlator follows every site.")

    def handle(self, *_: object, **options: object) -> None:
        if missing := health.missing():
            raise CommandError(f"no answer: {', '.join(missing)}")
        if options["correlators"]:
            sites = list(Site.objects.values_list("id", flat=True))
            if left := len(sites) - health.correlators(sites):
                raise CommandError(f"{left} of {len(sites)} site(s) have no correlator")
        self.stdout.write("well")
