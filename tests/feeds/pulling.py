"""What the tests of pulled feeds share: a served page, the feed that is pulled from it, and what came of it."""

import json

from assets import log
from assets.feeds import health
from assets.models import Feed
from assets.readings import Readings
from tests.feeds.city import make_feed
from tests.feeds.supervisors import Supervisor

NOW = 1_795_340_000.0


MAPPING = {"items": "data", "address": "station", "value": "h", "at": "at", "next": "next"}


def page(*rows: tuple[str, float, str], following: str | None = None) -> bytes:
    data = [{"station": station, "h": level, "at": f"2026-11-22T{at}:00Z"} for station, level, at in rows]
    return json.dumps({"data": data, "next": following}).encode()


def pulled_from(served: Supervisor, **fields: object) -> Feed:
    mapping = fields.pop("mapping", MAPPING)
    return make_feed(
        "rivers", "pull", address=f"{served.url}/levels?size=3", mapping=mapping, allow_private_address=True, **fields
    )


def in_log(feed: Feed) -> Readings:
    entries = log.shared().read(feed.supervisor.site_id, "0", 100, 1)
    return Readings.concatenate(entry.opened().readings or Readings.empty() for entry in entries)


def state(feed: Feed) -> health.FeedHealth:
    return health.read([feed.id])[0]
