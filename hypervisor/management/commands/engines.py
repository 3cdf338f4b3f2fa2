"""`manage.py engines`: runs the private PostgreSQL and Valkey in the foreground until Ctrl-C."""

import signal
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hypervisor.embedded import EngineError, Engines, database_url, redis_url


class Command(BaseCommand):
    help = "Run the private PostgreSQL and Valkey of VIGIE_DATA in the foreground."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with Engines(settings.DATA, say=self._say) as engines:
                self._say(f"DATABASE_URL={database_url(settings.DATA)}")
                self._say(f"REDIS_URL={redis_url(settings.DATA)}")
                while all(engine.alive() for engine in engines.members):
                    time.sleep(0.5)
                raise CommandError("An engine ended by itself; its log is under the data directory, in log/.")
        except EngineError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()  # who reads it through a pipe waits for it
