"""`manage.py load_demo DIR`: makes the pretend city of `python -m demo generate` a site, with its accounts and rules."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from alarms import rules
from alarms.engine.spec import SpecError
from assets.inventory import habits
from assets.inventory.city import load_city
from assets.inventory.failures import InventoryFailure
from assets.models import Site
from commands import catalogue
from hypervisor import stand
from hypervisor.models import Grant, Role, User

PASSWORD = "vigie"  # public on purpose: the reason why this command needs DEBUG
ACCOUNTS = {
    "operateur": (Role.OPERATOR, "Camille", "Opérateur"),
    "chef": (Role.SHIFT_SUPERVISOR, "Dominique", "Chef de quart"),
    "admin": (Role.ADMINISTRATOR, "Alex", "Administrateur"),
    "auditeur": (Role.AUDITOR, "Claude", "Auditeur"),
}


class Command(BaseCommand):
    help = "Load a generated demo city: inventory, feeds, rules and the demo accounts. Needs VIGIE_DEBUG."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="What `python -m demo generate --out` wrote.")
        parser.add_argument("--city", default="", help="Base URL of the pretend supervisors, put in the feeds' addresses.")
        parser.add_argument("--mqtt", default="", help="Broker over which the street lighting takes orders; HTTP without one.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo accounts have a public password: they are made only when VIGIE_DEBUG is on.")
        begun = time.perf_counter()
        folder: Path = options["folder"].resolve()
        try:
            with transaction.atomic():
                loaded = load_city(folder, city=options["city"], now=timezone.now(), say=self._say)
                if loaded.fresh:
                    self._rules(loaded.site, folder / "rules.json")
                    habits.load(loaded.site, folder, timezone.now())
                catalogue.load(catalogue.read())
                self._accounts(loaded.site)
                stand.load(loaded.site, folder, options["city"], options["mqtt"], fresh=loaded.fresh, now=timezone.now())
        except (InventoryFailure, stand.BrokenStand) as failure:
            raise CommandError(str(failure)) from failure
        what = "loaded" if loaded.fresh else "already loaded"
        self.stdout.write(f"{loaded.site.name}: {what} in {time.perf_counter() - begun:.1f} s.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _rules(self, site: Site, path: Path) -> None:
        """Every rule of the file, active; the same wording again makes no new version."""
        now = timezone.now()
        try:
            listed = json.loads(path.read_text("utf-8"))
            for rule in listed:
                version = rules.write_rule(site, rule["slug"], rule["name_fr"], rule["name_en"], rule["spec"], now=now)
                rules.activate(version, now=now)
        except (OSError, json.JSONDecodeError, KeyError) as error:
            raise CommandError(f"The rules of the demo cannot be read from {path}: {error}.") from error
        except SpecError as error:
            raise CommandError(f"The rule {rule['slug']} of the demo is refused: {error}") from error

    def _accounts(self, site: Site) -> None:
        for username, (role, first, last) in ACCOUNTS.items():
            user = User.objects.filter(username=username).first()
            if user is None:
                administers = role == Role.ADMINISTRATOR
                user = User(username=username, first_name=first, last_name=last, is_staff=administers, is_superuser=administers)
                user.set_password(PASSWORD)
                user.save()
            Grant.objects.update_or_create(user=user, site=site, defaults={"role": role})
