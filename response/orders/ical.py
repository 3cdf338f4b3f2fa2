"""Due days as a calendar that others subscribe to (RFC 5545): one event a day long for each. Pure."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import icalendar


class Entry(NamedTuple):
    """An event; `uid` is the same whenever the calendar is asked."""

    uid: str
    day: dt.date
    summary: str
    description: str


def written(entries: Iterable[Entry], name: str, now: dt.datetime) -> str:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Vigie//Work orders//FR")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for each in entries:
        event = icalendar.Event()
        event.add("uid", each.uid)
        event.add("dtstamp", now.astimezone(dt.UTC))
        event.add("dtstart", each.day)
        event.add("dtend", each.day + dt.timedelta(days=1))
        event.add("summary", each.summary)
        event.add("description", each.description)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text
