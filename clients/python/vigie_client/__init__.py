"""A thin client of Vigie: alarms and assets for programs and people, readings and events for supervisors."""

from .control_room import Vigie
from .feed import Event, Feed, Reading, Rejection, Taken
from .live import Entries, Present, Pulse, Snapshot
from .rows import Alarm, Asset, AssetBrief, Line, Sector, Site, Text
from .wire import VigieError

__all__ = [
    "Alarm",
    "Asset",
    "AssetBrief",
    "Entries",
    "Event",
    "Feed",
    "Line",
    "Present",
    "Pulse",
    "Reading",
    "Rejection",
    "Sector",
    "Site",
    "Snapshot",
    "Taken",
    "Text",
    "Vigie",
    "VigieError",
]
