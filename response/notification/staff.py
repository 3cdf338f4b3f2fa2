"""Whom a step reaches: the people its targets name at an instant, and their confirmed contacts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import F

from assets.models import Site
from response.models import Contact, Holding, OnCallRota
from response.notification import oncall, spec
from response.notification.oncall import Override


class Staff:
    """The rotas and contacts of a site, read once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.zone = ZoneInfo(site.timezone)

    @cached_property
    def rotas(self) -> dict[str, tuple[spec.Rota, list[Override]]]:
        """Rotas with their overrides, by slug."""
        rows = OnCallRota.objects.filter(site=self._site).prefetch_related("overrides")
        return {
            row.slug: (
                spec.read(spec.Rota, row.document),
                [Override(each.starts_at, each.ends_at, each.person) for each in row.overrides.all()],
            )
            for row in rows
        }

    @cached_property
    def contacts(self) -> dict[str, list[Contact]]:
        """Confirmed contacts of people who have a right on the site, by user name."""
        rows = Contact.objects.filter(
            site=self._site, verified_at__isnull=False, gone_at=None, person__is_active=True, person__grants__site_id=F("site_id")
        )
        found: dict[str, list[Contact]] = defaultdict(list)
        for row in rows.select_related("person").order_by("id"):
            found[row.person.get_username()].append(row)
        return found

    @cached_property
    def holders(self) -> dict[str, str]:
        """User names of who holds a position of the control room, by its slug."""
        held = Holding.objects.filter(site=self._site, until=None)
        return dict(held.values_list("position__slug", "holder"))

    def on_call(self, rota: str, now: dt.datetime) -> str:
        """User name of who is on call; empty: nobody is, or there is no such rota."""
        if rota not in self.rotas:
            return ""
        document, overrides = self.rotas[rota]
        return oncall.on_call(document, self.zone, overrides, now)

    def people(self, targets: Collection[spec.Target], now: dt.datetime) -> list[str]:
        """User names, each once, in the order of the targets."""
        named = [
            self.holders.get(target.position, "") if target.position else target.person or self.on_call(target.rota, now)
            for target in targets
        ]
        return [name for name in dict.fromkeys(named) if name]

    def reached(self, told: spec.Step | spec.Announcement, now: dt.datetime) -> list[Contact]:
        """The contacts that a step or an announcement tells."""
        contacts = [contact for name in self.people(told.targets, now) for contact in self.contacts.get(name, ())]
        return [contact for contact in contacts if not told.kinds or contact.means in told.kinds]
