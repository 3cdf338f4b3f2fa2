"""Follows the journal and keeps every annunciation with what became of it. The only writer of Annunciation."""

import datetime as dt
from typing import Any

import msgspec
from django.db import transaction

from alarms.models import Alarm
from journal import followers
from journal.followers import Follower
from journal.models import JournalEntry
from reports import packing
from reports.models import Annunciation
from reports.story import Annunciated, Details, Story, Told

NAME = "reports"
BATCH = 2000
"""Lines of the journal dealt with in one transaction."""
_STATE = [name for name in Annunciated.__struct_fields__ if name not in ("id", "alarm")]
_LINE = ("seq", "at", "kind", "about", "actor_kind", "actor", "details")
_about = msgspec.json.Decoder(list[tuple[str, int]]).decode
_details = msgspec.json.Decoder(Details).decode


class AnnunciationFollower(Follower):
    """Begins with the first line of the journal: what happened before the reports were there is counted too."""

    from_the_first_line = True

    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        upto = min(last, after + BATCH)
        with transaction.atomic():
            followers.hold(self.site, self.name)
            told = _lines(self.site, after, upto)
            if told:
                _write(self.site, told)
            followers.move(self.site, self.name, upto, now)
        return upto


def of_site(site: int) -> list[Follower]:
    return [AnnunciationFollower(site, NAME)]


def _lines(site: int, after: int, upto: int) -> list[Told]:
    lines = JournalEntry.objects.filter(site_id=site, seq__gt=after, seq__lte=upto).order_by("seq").values_list(*_LINE)
    return [
        Told(seq, at, kind, alarm, actor_kind, actor, _of_alarm(kind, details))
        for seq, at, kind, about, actor_kind, actor, details in lines
        for noun, alarm in _about(about)
        if noun == "alarm"
    ]


def _of_alarm(kind: str, details: str) -> Details:
    """Only the lines of alarms themselves have these details; a member of the same name elsewhere is another's."""
    return _details(details) if kind.startswith("alarm.") else Details()


def _write(site: int, told: list[Told]) -> None:
    ids = {line.alarm for line in told}
    rows = Annunciation.objects.filter(site_id=site, alarm__in=ids)
    last = rows.order_by("alarm_id", "-seq").distinct("alarm_id")
    stored = {row.pk: row for query in (last, rows.filter(returned_at=None)) for row in query}
    story = Story(_read(row) for row in stored.values())
    for line in told:
        story.hear(line)
    facts = _facts({row.alarm for row in story.new})
    Annunciation.objects.bulk_create(
        [
            Annunciation(site_id=site, alarm_id=row.alarm, **facts[row.alarm], **{name: getattr(row, name) for name in _STATE})
            for row in story.new
            if row.alarm in facts
        ],
        batch_size=1000,
    )
    for pk, row in story.changed.items():
        for name in _STATE:
            setattr(stored[pk], name, getattr(row, name))
    Annunciation.objects.bulk_update([stored[pk] for pk in story.changed], _STATE, batch_size=500)
    packing.forget(site, [row.at for row in (*story.new, *story.changed.values())])


def _read(row: Annunciation) -> Annunciated:
    return Annunciated(alarm=row.alarm_id, id=row.pk, **{name: getattr(row, name) for name in _STATE})


_FACTS = ("rule_id", "subject", "asset_id", "sector_id", "asset__kind_id", "asset__supervisor_id", "feed__supervisor_id")


def _facts(alarms: set[int]) -> dict[int, dict[str, Any]]:
    """What an alarm is about, by id; one that is gone has none."""
    return {
        id_: {
            "rule_id": rule, "subject": subject, "asset_id": asset, "sector_id": sector, "kind_id": kind,
            "supervisor_id": supervisor or of_feed,
        }
        for id_, rule, subject, asset, sector, kind, supervisor, of_feed
        in Alarm.objects.filter(pk__in=alarms).values_list("pk", *_FACTS)
    }  # fmt: skip
