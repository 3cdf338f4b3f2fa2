"""Which alarm explains which: the standing causes of a site, and the way up from an asset to what it depends on.

A cause is an alarm whose rule says so, or else a high or critical one, on an asset that others depend on (docs/adr/0005).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from alarms.engine.spec import Spec
from alarms.models import Severity
from assets.register import NONE, Register

DEEPEST = 16
"""Dependencies beyond this depth are a mistake of the inventory, and are not followed."""


def explains(spec: Spec, severity: int) -> bool:
    """Whether an alarm of this rule, this severe, explains those of what depends on its asset."""
    return severity <= Severity.HIGH if spec.cause is None else spec.cause


def settling(spec: Spec) -> dt.timedelta:
    return dt.timedelta(seconds=spec.settling)


class Dependencies:
    """What depends on what, by asset id."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._chains: dict[int, tuple[int, ...]] = {}
        self._above: dict[int, tuple[int, ...]] = {}

    def carrying(self, assets: Collection[int]) -> set[int]:
        """Those that others depend on."""
        ids = np.fromiter(set(assets), np.int64)
        rows = self._register.asset_rows(ids)
        known = rows >= 0
        return set(ids[known][self._register.carries[rows[known]]].tolist())

    def above(self, assets: Collection[int]) -> dict[int, tuple[int, ...]]:
        """For each asset what it depends on, nearest first; () where its dependencies go round in a circle."""
        ids = np.fromiter(set(assets) - self._above.keys(), np.int64)
        rows = self._register.asset_rows(ids)
        parents = np.full(len(rows), NONE)
        parents[rows >= 0] = self._register.parent[rows[rows >= 0]]
        for asset, parent in zip(ids.tolist(), parents.tolist(), strict=True):
            self._above[asset] = self._chain(asset, parent)
        return self._above

    def _chain(self, asset: int, parent: int) -> tuple[int, ...]:
        if parent == NONE:
            return ()
        chain = self._chains.get(parent)
        if chain is None:
            chain = self._chains[parent] = self._up(parent)
        return () if asset in chain else chain

    def _up(self, row: int) -> tuple[int, ...]:
        chain: list[int] = []
        while row != NONE and len(chain) < DEEPEST:
            asset = int(self._register.asset_id[row])
            if asset in chain:
                break
            chain.append(asset)
            row = int(self._register.parent[row])
        return tuple(chain)

    def below(self, assets: Collection[int]) -> list[int]:
        """Everything that depends on one of these, at any depth."""
        parents = self._register.parent
        rows = self._register.asset_rows(np.fromiter(set(assets), np.int64))
        reached = np.zeros(len(parents) + 1, bool)  # a last entry that stays false stands for "depends on nothing"
        front = reached.copy()
        front[rows[rows >= 0]] = True
        for _ in range(DEEPEST):
            front = np.append(front[parents] & ~reached[:-1], False)
            if not front.any():
                break
            reached |= front
        return self._register.asset_id[reached[:-1]].tolist()


class Causes:
    """The standing causes of a site, by the asset they are about.

    Of several on one asset: one whose rule says that it is a cause, then the worst, then the oldest.
    """

    def __init__(self, standing: Iterable[tuple[int, int, int, bool]]) -> None:
        """`standing`: (alarm, asset, severity as stored: 1 is the worst, whether its rule says that it is a cause)."""
        self._of: dict[int, dict[int, int]] = {}
        self._alarms: set[int] = set()
        self._said: set[int] = set()
        for alarm, asset, severity, said in standing:
            self.add(alarm, asset, severity, said)

    def add(self, alarm: int, asset: int, severity: int, said: bool) -> None:
        self._of.setdefault(asset, {})[alarm] = severity
        self._alarms.add(alarm)
        if said:
            self._said.add(alarm)

    def drop(self, alarm: int, asset: int | None) -> None:
        self._of.get(asset, {}).pop(alarm, None)
        self._alarms.discard(alarm)
        self._said.discard(alarm)

    def drop_all(self, alarms: Collection[int]) -> None:
        gone = self._alarms & set(alarms)
        for there in self._of.values() if gone else ():
            for alarm in there.keys() & gone:
                del there[alarm]
        self._alarms -= gone
        self._said -= gone

    def __contains__(self, alarm: int) -> bool:
        return alarm in self._alarms

    def __bool__(self) -> bool:
        return bool(self._alarms)

    def nearest(self, chain: Iterable[int]) -> int | None:
        """The alarm that explains an asset with this chain of dependencies, None when nothing above it is in alarm."""
        for asset in chain:
            if there := self._of.get(asset):
                return min(there, key=lambda alarm: (alarm not in self._said, there[alarm], alarm))
        return None

    def same_asset(self, asset: int, alarm: int, severity: int) -> int | None:
        """The cause on an alarm's own asset that explains it: one whose rule says that it is a cause, and no less severe.

        Of several such rules on one asset the first by severity and age explains the others.
        """
        there = self._of.get(asset, {})
        said = [each for each in there if each in self._said and there[each] <= severity]
        first = min(said, key=lambda each: (there[each], each), default=None)
        return None if first == alarm else first

    def on(self, asset: int) -> list[int]:
        """Those of an asset whose rule says that they are causes."""
        return [alarm for alarm in self._of.get(asset, ()) if alarm in self._said]

    def along(self, chain: Iterable[int]) -> list[int]:
        """All of them on the way up."""
        return [alarm for asset in chain for alarm in self._of.get(asset, ())]


def chains(parents: Mapping[int, int | None], assets: Collection[int]) -> dict[int, tuple[int, ...]]:
    """As Dependencies.above, from a plain mapping of asset to what it depends on."""
    found = {}
    for asset in set(assets):
        chain: list[int] = []
        above = parents.get(asset)
        while above is not None and above not in chain and len(chain) < DEEPEST:
            chain.append(above)
            above = parents.get(above)
        found[asset] = () if asset in chain else tuple(chain)
    return found
