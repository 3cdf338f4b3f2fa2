"""What a program hears of the live channel: alarms and incidents, people in them unnamed, and the lines about these."""

from collections.abc import Iterable
from typing import Any

import msgspec

from hypervisor.frames import Frame
from journal import nouns

HEARD = ("alarm", "incident")
"""The nouns of a token for alarms."""


def for_programs(told: Iterable[Frame]) -> list[Frame]:
    """Frames as a program is sent them. Rows are read anew, as they may leave the house: the desk's name people."""
    return [_for_programs(frame) for frame in told]


def _for_programs(frame: Frame) -> Frame:
    document: dict[str, Any] = msgspec.json.decode(frame.encode())
    if document["type"] not in ("snapshot", "entries"):
        return frame
    ids = {noun: [row["id"] for row in document["rows"].get(noun, [])] for noun in HEARD}
    document["rows"] = {noun: nouns.rows(noun, its) for noun, its in ids.items() if its}
    if "entries" in document:
        document["entries"] = [line for line in document["entries"] if not line["about"].keys().isdisjoint(HEARD)]
    return Frame(msgspec.json.encode(document))
