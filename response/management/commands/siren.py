"""Drives the sirens of all control rooms; spare processes on other machines wait and take over."""

import asyncio
import signal
import threading

from django.core.management.base import BaseCommand

from response.siren.driving import Driving


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options: object) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        asyncio.run(Driving(stop).run())
