"""The board of a site's present values in one process: read every two seconds, and told to each socket from where it stands.

A socket keeps the number of the turn it has reached. What changed since goes into frames that are encoded once for all sockets
with the same rights; one that fell behind, or has just come, gets all that changed in the meantime.
"""

import datetime as dt
from dataclasses import dataclass, field

import msgspec

from alarms import present
from alarms.present import Key, Present, Silence
from assets.sector_paths import lies_in
from hypervisor import frames
from hypervisor.frames import Frame

Sectors = tuple[str, ...] | None
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class PresentRow:
    """What is told of a point or of a silence, since which turn it is so, and its JSON."""

    value: Present | Silence
    turn: int
    encoded: bytes


@dataclass(frozen=True, slots=True)
class Board:
    """`turn` grows by one with each look that brings something; `at` is when that was."""

    turn: int = 0
    at: dt.datetime = NEVER
    rows: dict[Key, PresentRow] = field(default_factory=dict)
    _frames: dict[tuple[int, Sectors], list[Frame]] = field(default_factory=dict)

    def looked(self, site: int, now: dt.datetime) -> "Board":
        """The board after a look at what the points of open alarms read now. Raises DatabaseError."""
        known = present.read(site, now)
        same = {key: row for key, row in self.rows.items() if known.get(key) == row.value}
        changed = [each for key, each in known.items() if key not in same]
        if not changed:
            return self if len(same) == len(self.rows) else Board(self.turn, self.at, same)
        turn = self.turn + 1
        rows = zip(changed, present.present_rows(changed), strict=True)
        fresh = {each.key: PresentRow(each, turn, msgspec.json.encode(row)) for each, row in rows}
        return Board(turn, now, same | fresh)

    def since(self, turn: int, sectors: Sectors) -> list[Frame]:
        """What changed after a turn, for whoever sees these sectors."""
        told = self._frames.get((turn, sectors))
        if told is None:
            wanted = [row.encoded for row in self.rows.values() if row.turn > turn and _is_in(row.value, sectors)]
            told = self._frames[turn, sectors] = frames.present(self.at, wanted)
        return told


def _is_in(value: Present | Silence, sectors: Sectors) -> bool:
    return sectors is None or any(lies_in(path, sectors) for path in value.paths)
