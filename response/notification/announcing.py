"""Follows the journal: maintenance that is announced, begins, ends or is cancelled is told to whom the site's rules name."""

import datetime as dt

import msgspec
from django.db import transaction

from alarms.models import MaintenanceWindow
from assets.models import Site
from journal import followers
from journal.followers import Follower
from journal.models import JournalEntry
from response.notification import outbox, plans
from response.notification.staff import Staff

NAME = "announcements"
BATCH = 500
"""Lines looked at in one go."""
OF_WINDOWS = ("maintenance.announced", "maintenance.started", "maintenance.ended", "maintenance.cancelled")
OF_POSITIONS = ("position.closure_announced", "position.closed", "position.reopened")


def of_site(site: int) -> list[Follower]:
    return [Announcements(site, NAME)]


class Announcements(Follower):
    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        """Make the messages of the next lines, and remember the last, in one transaction."""
        upto = min(last, after + BATCH)
        lines = JournalEntry.objects.filter(site_id=self.site, seq__gt=after, seq__lte=upto, kind__in=OF_WINDOWS + OF_POSITIONS)
        found = list(lines.order_by("seq"))
        with transaction.atomic():
            if found:
                tell(Site.objects.get(pk=self.site), found, now)
            followers.move(self.site, self.name, upto, now)
        return upto


def tell(site: Site, lines: list[JournalEntry], now: dt.datetime) -> int:
    """Messages of these lines for whom they concern, each contact once a line; how many."""
    announcements = plans.rules_of(site.pk).announcements
    if not announcements:
        return 0
    abouts, staff, told = _abouts(lines), Staff(site), dict[tuple[int, int], None]()
    for line in lines:
        about = abouts.get(line.seq)
        for announcement in announcements:
            if about is not None and (not announcement.about or about in announcement.about):
                told |= dict.fromkeys((line.seq, contact.pk) for contact in staff.reached(announcement, now))
    outbox.put_lines(list(told), site.pk, now)
    return len(told)


def _abouts(lines: list[JournalEntry]) -> dict[int, str]:
    """By number of a line what its maintenance is of; nothing of windows of which nobody is to be told."""
    numbers = {line.seq: msgspec.json.decode(line.details)["maintenance"] for line in lines if line.kind in OF_WINDOWS}
    rows = MaintenanceWindow.objects.filter(pk__in=set(numbers.values()), announce_minutes__isnull=False)
    about = rows.values_list("pk", "feed", "supervisor")
    kinds = {pk: "feeds" if feed or supervisor else "assets" for pk, feed, supervisor in about}
    found = {seq: kinds[window] for seq, window in numbers.items() if window in kinds}
    return found | {line.seq: "positions" for line in lines if line.kind in OF_POSITIONS}
