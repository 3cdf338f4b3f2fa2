"""The open alarms of a site, in the memory of the one process that opens alarms: what a batch may touch is looked up here, and
only that is locked and read.

Others change alarms too. They journal what they change, so the numbers of the journal tell which rows to read again; and a row
that is locked shows which transaction wrote it, so none is taken for what it was. After a failure, and after each rebuild, all
is read anew.
"""

import copy
import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from alarms.lifecycle.table import NORMAL
from alarms.verdicts import drafts
from alarms.verdicts.drafts import Draft, Key
from assets import statements

K = TypeVar("K")
KEPT = dt.timedelta(minutes=10)
"""For how long a closed alarm is remembered: it may be taken back, and how often it came goes over to the next."""

_LOADED = (
    "a.id IN (SELECT id FROM alarms_alarm WHERE site_id = %b AND is_open "
    "UNION SELECT id FROM alarms_alarm WHERE site_id = %b AND shelved_until IS NOT NULL "
    "UNION SELECT id FROM alarms_alarm WHERE site_id = %b AND out_of_service_until IS NOT NULL "
    "UNION SELECT id FROM alarms_alarm WHERE site_id = %b AND closed_at >= %b) ORDER BY a.id"
)
_NOW = "SELECT coalesce((SELECT seq FROM journal_ledger WHERE site_id = %b), 0), pg_current_xact_id()::xid"
_LINES = "SELECT about FROM journal_journalentry WHERE site_id = %b AND seq > %b AND seq <= %b"
_LOCK = "SELECT id, xmin FROM alarms_alarm WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
_THESE = "a.id = ANY(%s::bigint[]) ORDER BY a.id"
_SAYS = "SELECT id FROM alarms_ruleversion WHERE id = ANY(%s::bigint[]) AND spec->'cause' = 'true'::jsonb"

_about = msgspec.json.Decoder(list[tuple[str, int]]).decode


class OpenAlarms:
    """Those of one site, and what was closed a moment ago or is closed and still silenced. In a transaction: `refresh`, look
    up, `lock`; `keep` what the batch stored."""

    def __init__(self, site: int) -> None:
        self._site = site
        self._seq: int | None = None
        """Number of the journal's line up to which all is known; None before anything was read."""
        self._xid = b""
        self._alarms: dict[int, Draft] = {}
        self._open: dict[Key, int] = {}
        self._closed: defaultdict[Key, set[int]] = defaultdict(set)
        self._causes: set[int] = set()
        self._alone: set[int] = set()
        self._of_incident: defaultdict[int, set[int]] = defaultdict(set)
        self._of_asset: defaultdict[int, set[int]] = defaultdict(set)
        self._of_feeds: set[int] = set()
        self._said: dict[int, bool] = {}

    # -- keeping up ---------------------------------------------------------------------------------------------------

    def refresh(self, now: dt.datetime) -> None:
        """Read what others changed since the last time; all of it the first time."""
        ((seq, self._xid),) = statements.rows(_NOW, [self._site])
        if self._seq is None:
            self._note(drafts.read(_LOADED, [self._site] * 4 + [now - KEPT]))
        elif seq > self._seq:
            lines = statements.rows(_LINES, [self._site, self._seq, seq])
            changed = {id_ for (about,) in lines for noun, id_ in _about(about) if noun == "alarm"}
            self._note(drafts.read(_THESE, [statements.array("bigint", list(changed))]))
        self._seq = seq
        self._forget_closed(now - KEPT)

    def _forget_closed(self, before: dt.datetime) -> None:
        old = [self._alarms[id_] for ids in self._closed.values() for id_ in ids]
        for draft in old:
            if not draft.set_aside and (draft.closed_at is None or draft.closed_at < before):
                self._leave(draft)

    def _note(self, rows: Iterable[Draft]) -> None:
        for draft in rows:
            before = self._alarms.get(draft.id)
            if before is None or _place(before) != _place(draft):
                if before is not None:
                    self._leave(before)
                self._enter(draft)
            self._alarms[draft.id] = draft
            placed = draft.asset_id is not None or draft.worst_point is not None
            if draft.incident_id is None and placed and draft.state != NORMAL:
                self._alone.add(draft.id)

    def _enter(self, draft: Draft) -> None:
        self._alarms[draft.id] = draft
        if draft.state == NORMAL:
            self._closed[draft.key].add(draft.id)
            return
        self._open[draft.key] = draft.id
        if draft.incident_id is not None:
            self._of_incident[draft.incident_id].add(draft.id)
        if draft.feed is not None:
            self._of_feeds.add(draft.id)
        if draft.asset_id is not None:
            self._of_asset[draft.asset_id].add(draft.id)
            if draft.cause and draft.stands:
                self._causes.add(draft.id)

    def _leave(self, draft: Draft) -> None:
        del self._alarms[draft.id]
        if draft.state == NORMAL:
            _discard(self._closed, draft.key, draft.id)
            return
        if self._open.get(draft.key) == draft.id:
            del self._open[draft.key]
        _discard(self._of_incident, draft.incident_id, draft.id)
        _discard(self._of_asset, draft.asset_id, draft.id)
        self._alone.discard(draft.id)
        self._causes.discard(draft.id)
        self._of_feeds.discard(draft.id)

    # -- looking up ---------------------------------------------------------------------------------------------------

    def of(self, keys: Collection[Key], just: dt.datetime) -> set[int]:
        """Ids of the open alarms of these rules and subjects, and of those that are silenced or were closed since `just`."""
        found = {self._open[key] for key in keys if key in self._open}
        if self._closed:
            closed = [self._alarms[id_] for key in keys for id_ in self._closed.get(key, ())]
            found |= {each.id for each in closed if each.set_aside or (each.closed_at is not None and each.closed_at >= just)}
        return found

    def open_one(self, key: Key) -> Draft | None:
        """The open alarm of a rule and subject."""
        return self._alarms.get(self._open.get(key, 0))

    def closed_last(self, key: Key, since: dt.datetime) -> Draft | None:
        """The last alarm of a rule and subject that was closed since then."""
        closed = (self._alarms[id_] for id_ in self._closed.get(key, ()))
        recent = [each for each in closed if each.closed_at is not None and each.closed_at >= since]
        return max(recent, key=lambda each: each.id, default=None)

    def causes(self) -> Iterator[tuple[int, int, int, bool]]:
        """(alarm, asset, severity as stored, whether its rule says that it is a cause) of those that stand."""
        standing = [self._alarms[id_] for id_ in self._causes]
        if asked := {each.version_id for each in standing} - self._said.keys():
            said = {id_ for (id_,) in statements.rows(_SAYS, [statements.array("bigint", list(asked))])}
            self._said.update((version, version in said) for version in asked)
        for each in standing:
            yield each.id, each.asset_id, each.current, self._said[each.version_id]

    def about(self, assets: Iterable[int]) -> Iterator[Draft]:
        """Those that are about one of these assets."""
        return (self._alarms[id_] for asset in assets for id_ in self._of_asset.get(asset, ()))

    def about_feeds(self) -> list[Draft]:
        """Those that are about a feed as a whole."""
        return [self._alarms[id_] for id_ in self._of_feeds]

    def alone(self, since: dt.datetime) -> list[Draft]:
        """Those that are in no incident and came since then, which is never earlier than it was before."""
        came = [(each, each.came_at is not None and each.came_at >= since) for each in map(self._alarms.__getitem__, self._alone)]
        self._alone.difference_update(each.id for each, lately in came if not lately)
        return [each for each, lately in came if lately]

    def members(self, incident: int) -> list[Draft]:
        """Those that are in an incident."""
        return [self._alarms[id_] for id_ in self._of_incident.get(incident, ())]

    def points(self) -> NDArray[np.int64]:
        """The points whose readings tell how they stand, each once or more."""
        own = [int(subject[6:]) for _, subject in self._open if subject.startswith("point:")]
        witnesses = [self._alarms[id_].witness for (_, subject), id_ in self._open.items() if not subject.startswith("point:")]
        return np.array([*own, *(each for each in witnesses if each is not None)], np.int64)

    # -- changing -----------------------------------------------------------------------------------------------------

    def lock(self, ids: Collection[int]) -> list[Draft]:
        """Lock these alarms in order of id, as everyone who locks several does, and give them as they are now."""
        versions = statements.rows(_LOCK, [statements.array("bigint", sorted(ids))]) if ids else []
        stale = [id_ for id_, xmin in versions if (known := self._alarms.get(id_)) is None or known.xmin != xmin]
        if stale:
            self._note(drafts.read(_THESE, [statements.array("bigint", stale)]))
        locked = [copy.copy(self._alarms[id_]) for id_, _ in versions]
        drafts.begin(locked)
        return locked

    def keep(self, stored: Collection[Draft], first: int, last: int) -> None:
        """Remember what a batch stored, with the numbers of its first and last line. Should it not be committed, nothing of
        this is true any more."""
        for draft in stored:
            draft.xmin, draft.evidence, draft.stored = self._xid, "", ()
            draft.names = draft.since = draft.explained = None
            draft.new = draft.moved = draft.judged = draft.past = draft.came = draft.was_cause = False
        self._note(stored)
        if first == (self._seq or 0) + 1:  # else others wrote in between: all of it is read the next time
            self._seq = last


def _place(draft: Draft) -> tuple[object, ...]:
    """What decides where it is looked up."""
    return draft.state == NORMAL, draft.incident_id, draft.asset_id, draft.cause and draft.stands


def _discard(of: dict[K, set[int]], key: K, id_: int) -> None:
    if (ids := of.get(key)) is not None:
        ids.discard(id_)
        if not ids:
            del of[key]
