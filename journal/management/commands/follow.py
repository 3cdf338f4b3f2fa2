"""Runs what follows the journals of all sites, webhooks first of all; spare ones on other machines wait and take over."""

import signal
import threading

from django.core.management.base import BaseCommand

from journal.following import Following


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options: object) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Following(stop).run()
