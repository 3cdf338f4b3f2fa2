"""`manage.py asyncapi`: writes the AsyncAPI description of the live socket, webhooks and MQTT, as docs/asyncapi.yaml has it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from hypervisor.api import asyncapi


class Command(BaseCommand):
    help = "Write the AsyncAPI description."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, help="Where to; without it, to standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] is None:
            self.stdout.write(asyncapi.text(), ending="")
        else:
            options["file"].write_text(asyncapi.text(), "utf-8")
