"""The facts of a shift, gathered from what is open and what was done: nothing in a hand-over but its note is typed by hand."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
import redis
from django.db import connection
from django.db.models import Q

from alarms import silences
from alarms.incidents.rows import incident_rows
from alarms.models import SEVERITY_NAMES, Alarm, Incident
from alarms.rows import SILENT, WORST_FIRST, alarm_rows
from assets.feeds import health
from assets.models import Feed
from commands.models import Command, Override
from commands.rows import command_rows, override_rows
from commands.states import OPEN, State
from journal.rows import time_text
from response.instructions.rows import in_force, standing
from response.models import Note, Run
from response.procedures.carrying import NOW
from response.procedures.rows import run_rows

MOST = 30
"""Things of a kind that are told one by one: the hand-over of a flooded shift is to be read, too."""
_STANDING = (Alarm.State.UNACKNOWLEDGED, Alarm.State.ACKNOWLEDGED)
_WAITING = (Alarm.State.UNACKNOWLEDGED, Alarm.State.RETURNED)
_ALL = Q()
_LATE = {state.value for state in (State.TIMED_OUT, State.FAILED)}


class Words(msgspec.Struct, frozen=True):
    fr: str
    en: str


class Fact(msgspec.Struct, frozen=True):
    """One thing that is told. `key` names it, so that it is known again at the acceptance; `more` is what is beside it."""

    key: str
    text: Words
    severity: str | None = None
    at: str | None = None
    until: str | None = None
    who: str = ""
    more: Words | None = None
    id: int | None = None


class Section(msgspec.Struct, frozen=True):
    """Things of a kind: how many there are, and the first of them."""

    total: int
    facts: list[Fact]


class Figures(msgspec.Struct, frozen=True):
    """Of the shift. `median`: seconds from an alarm to its acknowledgement; None when none was acknowledged."""

    raised: int
    acknowledged: int
    median: float | None


class Facts(msgspec.Struct, frozen=True):
    """All of it. `severities`: open alarms by severity, as [open, unacknowledged]. `feeds` is None when nobody could tell."""

    at: str
    since: str
    severities: dict[str, tuple[int, int]]
    alarms: Section
    silences: Section
    overrides: Section
    feeds: Section | None
    incidents: Section
    commands: Section
    runs: Section
    instructions: Section
    notes: Section
    figures: Figures


SECTIONS = ("alarms", "incidents", "commands", "runs", "silences", "overrides", "feeds", "instructions", "notes")
"""In the order in which they are told."""


def gather(site: int, since: dt.datetime, now: dt.datetime) -> Facts:
    """The facts of a site as they are now, and of what was done since the shift began."""
    runs = run_rows(Run.objects.filter(site_id=site, state=Run.State.RUNNING).order_by("begun_at"))
    severities, alarms = _alarms(site)
    return Facts(
        at=str(time_text(now)), since=str(time_text(since)), severities=severities, alarms=alarms, silences=_silences(site, now),
        overrides=_overrides(site), feeds=_feeds(site, now), incidents=_incidents(site, runs), commands=_commands(site, since),
        runs=_section(_run(each) for each in runs), instructions=_instructions(site, now), notes=_notes(site, since),
        figures=_figures(site, since),
    )  # fmt: skip


def _section(facts: Iterable[Fact]) -> Section:
    found = list(facts)
    return Section(len(found), found[:MOST])


def _words(both: Any) -> Words:
    return Words(both["fr"], both["en"])


def _alarms(site: int) -> tuple[dict[str, tuple[int, int]], Section]:
    heard = Alarm.objects.filter(~SILENT, site_id=site, is_open=True)
    counted: Counter[int] = Counter()
    waiting: Counter[int] = Counter()
    for severity, state in heard.values_list("severity", "state"):
        counted[severity] += 1
        waiting[severity] += state in _WAITING
    rows = alarm_rows(heard.order_by(*WORST_FIRST, "raised_at", "id")[:MOST])
    told = [
        Fact(f"alarm:{row.id}", _words(row.sentence), row.severity, row.raised_at, who=row.taken_by or "", id=row.id,
             more=None if row.state not in _WAITING else Words("non acquittée", "unacknowledged"))
        for row in rows
    ]  # fmt: skip
    return {name: (counted[number], waiting[number]) for number, name in SEVERITY_NAMES.items()}, Section(counted.total(), told)


def _silences(site: int, now: dt.datetime) -> Section:
    everything = silences.Reader(site, _ALL, _ALL, _ALL)
    sorts = (silences.Sort.SHELVED, silences.Sort.OUT_OF_SERVICE, silences.Sort.MAINTENANCE)
    found = [each for each in silences.register(everything, now) if each.in_force and not each.closed and each.sort in sorts]
    words = {
        silences.Sort.SHELVED: Words("mise en veille", "shelved"),
        silences.Sort.OUT_OF_SERVICE: Words("hors service", "out of service"),
        silences.Sort.MAINTENANCE: Words("en maintenance", "under maintenance"),
    }
    return _section(
        Fact(
            f"{each.sort}:{each.alarm or ''}:{each.window or ''}", _words(each.about or {"fr": "—", "en": "—"}), each.severity,
            time_text(each.since), time_text(each.until), each.by or "", words[each.sort], each.alarm,
        )
        for each in found
    )  # fmt: skip


def _overrides(site: int) -> Section:
    rows = override_rows(Override.objects.filter(site_id=site, released_at=None).order_by("id"))
    return _section(
        Fact(
            f"override:{row['id']}", _on(row), at=row["since"], until=row["until"], who=row["actor"] or "",
            id=row["id"], more=Words("dépassé", "overdue") if row["overdue_at"] else None,
        )
        for row in rows
    )  # fmt: skip


def _on(row: dict[str, Any]) -> Words:
    """A command on its asset."""
    name = row["asset"]["name"]
    return Words(f"{row['type_name']['fr']} — {name}", f"{row['type_name']['en']} — {name}")


def _feeds(site: int, now: dt.datetime) -> Section | None:
    feeds = list(Feed.objects.filter(supervisor__site_id=site, enabled=True).only(*health.COLUMNS, "name").order_by("name"))
    told = Alarm.objects.filter(site_id=site, feed__isnull=False, state__in=_STANDING)
    silent = {feed: Words(fr, en) for feed, fr, en in told.values_list("feed_id", "sentence_fr", "sentence_en")}
    try:
        healths = health.of(feeds, now)
    except redis.RedisError:
        return None
    unwell = [(feed, one) for feed, one in zip(feeds, healths, strict=True) if one.state != "ok" or feed.pk in silent]
    return _section(
        Fact(f"feed:{feed.pk}", Words(feed.name, feed.name), at=time_text(one.last_message_at), more=silent.get(feed.pk))
        for feed, one in unwell
    )


def _incidents(site: int, runs: list[dict[str, Any]]) -> Section:
    living = Incident.objects.filter(site_id=site).exclude(state=Incident.State.CLOSED)
    steps: dict[int, Words] = {}
    for run in runs:
        following = next((step for step in run["steps"] if step["state"] in NOW), None)
        if run["incident"] is not None and following is not None and not run["exercise"]:
            steps.setdefault(run["incident"], _words(following["title"]))
    facts = []
    for row in incident_rows(living.order_by("opened_at", "id")[:MOST]):
        title: Any = row["title"]
        number = row["number"]
        text = Words(f"n° {number} — {title['fr']}", f"No {number} — {title['en']}")
        id_ = int(str(row["id"]))
        severity, owner, opened = row["severity"], row["owner"], row["opened_at"]
        facts.append(
            Fact(
                f"incident:{id_}",
                text,
                str(severity) if severity else None,
                str(opened),
                None,
                str(owner or ""),
                steps.get(id_),
                id_,
            )
        )
    return Section(living.count() if len(facts) == MOST else len(facts), facts)


def _commands(site: int, since: dt.datetime) -> Section:
    """Those under way, and those of the shift that the field did not confirm."""
    unconfirmed = Q(state__in=sorted(OPEN)) | Q(state__in=sorted(_LATE), ended_at__gte=since)
    rows = command_rows(Command.objects.filter(unconfirmed, site_id=site).order_by("-id")[: 4 * MOST])
    return _section(
        Fact(f"command:{row['id']}", _on(row), at=row["requested_at"], who=row["actor"] or "", more=_words(row["state_name"]),
             id=row["id"])
        for row in rows
    )  # fmt: skip


def _run(run: dict[str, Any]) -> Fact:
    following = next((step for step in run["steps"] if step["state"] in NOW), None)
    name = run["name"]
    text = Words(f"EXERCICE — {name['fr']}", f"EXERCISE — {name['en']}") if run["exercise"] else _words(name)
    more = None if following is None else _words(following["title"])
    return Fact(f"run:{run['id']}", text, at=run["begun_at"], who=run["begun_by"], more=more, id=run["id"])


def _instructions(site: int, now: dt.datetime) -> Section:
    found = [each for each in standing(site, now).order_by("number") if in_force(each, now)]
    return _section(
        Fact(f"instruction:{each.pk}", Words(each.text, each.text), at=time_text(each.valid_from), until=time_text(each.valid_to),
             who=each.written_by, id=each.pk)
        for each in found
    )  # fmt: skip


def _notes(site: int, since: dt.datetime) -> Section:
    """Notes of the shift that belong into its summary, but for those that another corrects."""
    notes = Note.objects.filter(site_id=site, in_summary=True, written_at__gte=since, corrections=None).order_by(
        "happened_at", "id"
    )
    return _section(
        Fact(f"note:{each.pk}", Words(f"n° {each.number} — {each.text}", f"No {each.number} — {each.text}"),
             at=time_text(each.happened_at), who=each.by, id=each.pk)
        for each in notes
    )  # fmt: skip


_COUNTED = """
SELECT count(*) FILTER (WHERE raised_at >= %(since)s), count(*) FILTER (WHERE acknowledged_at >= %(since)s),
percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(extract(epoch FROM acknowledged_at - raised_at), 0))
FILTER (WHERE acknowledged_at >= %(since)s)
FROM alarms_alarm WHERE site_id = %(site)s AND (raised_at >= %(since)s OR acknowledged_at >= %(since)s)
"""


def _figures(site: int, since: dt.datetime) -> Figures:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"site": site, "since": since})
        raised, acknowledged, median = cursor.fetchone()
    return Figures(raised, acknowledged, None if median is None else float(median))


class Changes(msgspec.Struct, frozen=True):
    """What is there now and was not, and what was there and is not, by section; of what is told one by one."""

    appeared: dict[str, list[Fact]]
    gone: dict[str, list[Fact]]

    def __bool__(self) -> bool:
        return any(self.appeared.values()) or any(self.gone.values())


def changed(before: Facts, now: Facts) -> Changes:
    """Pure. What fell out of a list because it is cut is not gone: a section that is cut tells only what appeared."""
    appeared, gone = {}, {}
    for name in SECTIONS:
        old: Section | None = getattr(before, name)
        new: Section | None = getattr(now, name)
        if old is None or new is None:
            continue
        known, present = {each.key for each in old.facts}, {each.key for each in new.facts}
        appeared[name] = [each for each in new.facts if each.key not in known and old.total == len(old.facts)]
        gone[name] = [each for each in old.facts if each.key not in present and new.total == len(new.facts)]
    return Changes({k: v for k, v in appeared.items() if v}, {k: v for k, v in gone.items() if v})
