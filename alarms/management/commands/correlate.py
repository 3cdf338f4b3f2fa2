"""Runs the correlator of every site, or of the sites named; spare ones on other machines wait and take over."""

import signal
import threading

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.utils import OperationalError

from alarms.correlation.correlator import Correlator
from assets import durability, log
from assets.models import Site

NEW_SITES_PERIOD = 5.0


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", action="append", default=[], metavar="SLUG", help="only this site; may be repeated")

    def handle(self, *, site: list[str], **options: object) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.warn()
        threads: dict[int, threading.Thread] = {}
        failed: list[str] = []
        while not stop.is_set():
            for id_, slug in self._sites(site):
                if id_ not in threads:
                    threads[id_] = threading.Thread(target=self._follow, args=(id_, slug, stop, failed), name=slug)
                    threads[id_].start()
            stop.wait(NEW_SITES_PERIOD)
        for thread in threads.values():
            thread.join()
        if failed:
            raise CommandError(f"The correlator of {', '.join(failed)} failed; see the trace above.")

    def warn(self) -> None:
        """Say what may be lost of what is acknowledged; an engine that is away is waited for later."""
        try:
            flaws = durability.of_valkey(log.shared().redis) + durability.of_postgresql()
        except (redis.RedisError, OperationalError):
            connection.close()
            return
        for flaw in flaws:
            self.stderr.write(f"{flaw.text} {flaw.hint}")

    def _sites(self, slugs: list[str]) -> list[tuple[int, str]]:
        try:
            found = list(Site.objects.values_list("id", "slug"))
        except OperationalError as error:
            self.stderr.write(f"The database does not answer: {str(error).strip()}")
            connection.close()
            return []
        missing = set(slugs) - {slug for _, slug in found}
        if missing:
            raise CommandError(f"No site is called {', '.join(sorted(missing))}.")
        return [(id_, slug) for id_, slug in found if not slugs or slug in slugs]

    @staticmethod
    def _follow(site: int, slug: str, stop: threading.Event, failed: list[str]) -> None:
        """A defect in one site's loop ends the whole process, which its supervisor starts anew: no silent half-life."""
        finished = False
        try:
            Correlator(site, stop).run()
            finished = True
        finally:
            if not finished:
                failed.append(slug)
                stop.set()
