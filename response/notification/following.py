"""Follows the journal: an alarm that asks for somebody begins its escalation."""

import datetime as dt

from django.db import transaction

from assets.models import Site
from journal import followers
from journal.followers import Follower
from journal.models import JournalEntry
from response.notification import escalation

NAME = "notification"
BATCH = 500
"""Lines looked at in one go."""
BEGINS = (
    "alarm.raised", "alarm.severity", "alarm.revised", "alarm.unshelved", "alarm.in_service", "alarm.unsuppressed",
    "alarm.withdrawn",
)  # fmt: skip
"""After which an alarm may ask for somebody; whether it does its row says."""


def of_site(site: int) -> list[Follower]:
    return [NotificationFollower(site, NAME)]


class NotificationFollower(Follower):
    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        """Begin escalations of the next lines, and remember the last, in one transaction."""
        upto = min(last, after + BATCH)
        lines = JournalEntry.objects.filter(site_id=self.site, seq__gt=after, seq__lte=upto, kind__in=BEGINS)
        alarms = {id_ for line in lines for id_ in line.ids("alarm")}
        with transaction.atomic():
            escalation.begin(Site.objects.get(pk=self.site), alarms, now)
            followers.move(self.site, self.name, upto, now)
        return upto
