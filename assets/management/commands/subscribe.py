"""`manage.py subscribe`: takes in what supervisors publish over MQTT, until it is told to stop."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Subscribe to the MQTT feeds of every site. Run one of it: a second takes the first one's connections away."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        subscribers = [import_string(path)() for path in settings.SUBSCRIBERS]
        threads = [threading.Thread(target=each.run, args=(stop,)) for each in subscribers[1:]]
        for thread in threads:
            thread.start()
        try:
            subscribers[0].run(stop)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
