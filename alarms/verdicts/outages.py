"""Puts alarms about feeds to those they belong with: what the database knows of feeds, for `alarms.incidents.outages`."""

from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit

from django.conf import settings

from alarms.incidents.grouping import Grouped
from alarms.incidents.outages import Outage, Way, gather
from alarms.lifecycle.reasons import reason
from alarms.models import Incident
from alarms.verdicts.drafts import Draft
from alarms.verdicts.open_alarms import OpenAlarms
from assets.models import Feed, Protocol


def ways(feeds: Iterable[int]) -> dict[int, Way]:
    columns = ("id", "supervisor_id", "protocol", "address", "mapping__broker")
    rows = Feed.objects.filter(pk__in=list(feeds)).values_list(*columns)
    return {feed: Way(supervisor, _host(*how)) for feed, supervisor, *how in rows}


def _host(protocol: str, address: str, broker: str | None) -> str:
    """Whom we ask; whoever pushes comes by itself. What is no URL is nobody's."""
    url = (broker or settings.MQTT_URL) if protocol == Protocol.MQTT else address
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def wanted(coming: Collection[int], known: OpenAlarms) -> set[int]:
    """The open alarms about feeds that may belong with what comes about these: they are few, so all of them."""
    return {draft.id for draft in known.about_feeds()} if coming else set()


def gathered(drafts: Iterable[Draft], incidents: Mapping[int, Incident]) -> Grouped:
    """Which of these alarms join an open incident of others, and which open one."""
    about = [each for each in drafts if each.feed is not None and _counts(each, incidents)]
    known = ways({each.feed for each in about}) if len(about) > 1 else {}
    return gather(
        Outage(each.id, each.feed, known[each.feed], each.incident_id, reason(each.together).code)
        for each in about if each.feed in known
    )  # fmt: skip


def _counts(draft: Draft, incidents: Mapping[int, Incident]) -> bool:
    """A silence that stands is as much of a matter as on its first minute: its supervisor's other feeds are slower."""
    if draft.incident_id is None:
        return draft.stands and not draft.set_aside
    return draft.incident_id in incidents
