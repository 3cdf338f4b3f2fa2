"""`manage.py subscribe`: takes in what supervisors publish over MQTT, until it is told to stop."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from assets.feeds.subscriber import Subscriber


class Command(BaseCommand):
    help = "Subscribe to the MQTT feeds of every site. Run one of it: a second takes the first one's connections away."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Subscriber().run(stop)
