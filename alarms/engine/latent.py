"""What an engine knows that neither an alarm nor the newest reading of a point tells: kept beside the place in the log.

A calendar keeps an alarm from being told; a comparison holds by its deadband alone; points share the alarm of their sector. An
engine that is built anew and did not know that would end, or not raise, what the one before it held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from alarms.engine.ladders import Ladders
from alarms.engine.layout import TRUE, Atom, CheckRow
from alarms.engine.phases import HELD, ONSET
from alarms.engine.relay import FactRelay
from alarms.engine.transitions import Active
from assets.register import Register

HOLDS = 1
"""The level of an atom at which its comparison holds."""


class Turned(Struct, frozen=True, array_like=True):
    """A comparison of readings, and the points (ids) for which it holds though their newest reading does not say so.

    since, value   when it began to hold for each (µs), and by which value
    """

    above: float | None
    below: float | None
    codes: tuple[float, ...] | None
    deadband: float
    points: tuple[int, ...]
    since: tuple[int, ...]
    value: tuple[float | None, ...]


class Latent(Struct, frozen=True, array_like=True):
    """`untold`: alarms that calendars hold back, silences not among them, as those are found by who was heard when.

    `points`: those that stand in the alarms of sectors.
    """

    untold: tuple[Active, ...] = ()
    turned: tuple[Turned, ...] = ()
    points: tuple[Active, ...] = ()


_decode = msgspec.json.Decoder(Latent).decode


def pack(latent: Latent) -> str:
    return msgspec.json.encode(latent).decode()


def unpack(text: str) -> Latent:
    """What `pack` wrote; nothing of what was never written."""
    return _decode(text) if text else Latent()


class Comparisons:
    """The comparisons that rules on facts ask about, as an engine judges them; its layout's rules from `first` on are those."""

    def __init__(self, register: Register, ladders: Ladders, relay: FactRelay, first: int) -> None:
        self._register, self._ladders, self._relay, self._first = register, ladders, relay, first

    def kept(self, newest: NDArray[np.float64]) -> Iterator[Turned]:
        """Those that hold by their deadband alone, as the newest value (by register row) would not begin them. Of codes, being
        among them is all there is: the newest value tells."""
        ladders, layout = self._ladders, self._ladders.layout
        check = (layout.rule >= self._first).nonzero()[0]
        check = check[(ladders.phase[check, HOLDS] == HELD) & ~layout.is_state[check]]
        check = check[~(newest[layout.row[check]] * layout.sign[check] > layout.up[check, HOLDS])]
        of: dict[int, list[tuple[int, int, float]]] = {}
        for each, rule, row in zip(check.tolist(), layout.rule[check].tolist(), layout.row[check].tolist(), strict=True):
            since, value = int(ladders.turned[ONSET, each, HOLDS]), float(ladders.mark[each, HOLDS])
            of.setdefault(rule - self._first, []).append((int(self._register.point_id[row]), since, value))
        for atom, found in of.items():
            spec = self._relay.atoms[atom].spec
            points, begun, values = zip(*found, strict=True)
            yield Turned(spec.above, spec.below, spec.codes, spec.deadband, points, begun, values)

    def hold(self, turned: Iterable[Turned]) -> None:
        """Let these hold, and tell those who asked that they held when first looked at. `Ladders.refresh_all` must follow."""
        layout = self._ladders.layout
        mine = (layout.rule >= self._first).nonzero()[0]
        pairs = zip(layout.version[layout.rule[mine]].tolist(), self._register.point_id[layout.row[mine]].tolist(), strict=True)
        check_of = dict(zip(pairs, mine.tolist(), strict=True))
        place = 0
        for each in turned:
            wanted = Atom(each.above, each.below, each.codes, each.deadband)
            versions = [atom.version for atom in self._relay.atoms if atom.spec == wanted]
            for point, since, value in zip(each.points, each.since, each.value, strict=True):
                for check in (check_of[version, point] for version in versions if (version, point) in check_of):
                    place -= 1  # each is a fact of its own, before all that is read
                    self._tell(np.array([check], np.int64), since, value, place)

    def _tell(self, check: NDArray[np.int64], since: int, value: float | None, place: int) -> None:
        ladders, layout = self._ladders, self._ladders.layout
        ladders.hold(CheckRow(int(check[0])), TRUE, since)
        moves = ladders.standing(check)._replace(position=np.array([place]), value=np.array([np.nan if value is None else value]))
        self._relay.edges(moves, layout.rule[check] - self._first, layout.row[check])
