"""The work order's state machine as one table. Pure: no clock, no database.

    ordered ──▶ accepted ──▶ on_site ──▶ restored ──▶ closed
       │           │            │           │
       ├─ refused  │            │           └─ reopened: accepted again
       └───────────┴────────────┴─ cancelled

A contractor may arrive without having accepted, and restore from afar. What is asked again and has been done is no error.
"""

from enum import StrEnum

from alarms.engine.wording import Bilingual
from assets.refusal import Refused


class State(StrEnum):
    ORDERED = "ordered"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    RESTORED = "restored"
    CLOSED = "closed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Move(StrEnum):
    ACCEPT = "accept"
    ARRIVE = "arrive"
    RESTORE = "restore"
    CLOSE = "close"
    REFUSE = "refuse"
    CANCEL = "cancel"
    REOPEN = "reopen"


ENDED = frozenset({State.CLOSED, State.REFUSED, State.CANCELLED})
OF_CONTRACTOR = (Move.ACCEPT, Move.ARRIVE, Move.RESTORE, Move.REFUSE)
"""What a contractor may do by a link."""
WANT_REASON = frozenset({Move.REFUSE, Move.CANCEL, Move.REOPEN})

TABLE: dict[tuple[State, Move], State] = {
    (State.ORDERED, Move.ACCEPT): State.ACCEPTED,
    (State.ORDERED, Move.REFUSE): State.REFUSED,
    (State.ORDERED, Move.ARRIVE): State.ON_SITE,
    (State.ACCEPTED, Move.ARRIVE): State.ON_SITE,
    (State.ACCEPTED, Move.RESTORE): State.RESTORED,
    (State.ON_SITE, Move.RESTORE): State.RESTORED,
    (State.RESTORED, Move.CLOSE): State.CLOSED,
    (State.RESTORED, Move.REOPEN): State.ACCEPTED,
    **{(state, Move.CANCEL): State.CANCELLED for state in (State.ORDERED, State.ACCEPTED, State.ON_SITE)},
}
LEADS_TO: dict[Move, State] = {
    Move.ACCEPT: State.ACCEPTED,
    Move.ARRIVE: State.ON_SITE,
    Move.RESTORE: State.RESTORED,
    Move.CLOSE: State.CLOSED,
    Move.REFUSE: State.REFUSED,
    Move.CANCEL: State.CANCELLED,
}
"""Where a move leads whoever repeats it: there already, nothing is done. To reopen is no such move."""

STATE_WORDS: dict[State, Bilingual] = {
    State.ORDERED: Bilingual("commandée", "ordered"),
    State.ACCEPTED: Bilingual("acceptée", "accepted"),
    State.ON_SITE: Bilingual("sur place", "on site"),
    State.RESTORED: Bilingual("rétablie", "restored"),
    State.CLOSED: Bilingual("clôturée", "closed"),
    State.REFUSED: Bilingual("refusée", "refused"),
    State.CANCELLED: Bilingual("annulée", "cancelled"),
}
MOVE_WORDS: dict[Move, Bilingual] = {
    Move.ACCEPT: Bilingual("acceptée", "accepted"),
    Move.ARRIVE: Bilingual("équipe sur place", "crew on site"),
    Move.RESTORE: Bilingual("service rétabli", "service restored"),
    Move.CLOSE: Bilingual("clôturée", "closed"),
    Move.REFUSE: Bilingual("refusée", "refused"),
    Move.CANCEL: Bilingual("annulée", "cancelled"),
    Move.REOPEN: Bilingual("reprise, le service n’est pas rétabli", "taken up again, service is not restored"),
}
KINDS: dict[Move, str] = {
    Move.ACCEPT: "accepted",
    Move.ARRIVE: "arrived",
    Move.RESTORE: "restored",
    Move.CLOSE: "closed",
    Move.REFUSE: "refused",
    Move.CANCEL: "cancelled",
    Move.REOPEN: "reopened",
}
"""By move, what its line in the journal is called after `work_order.`."""


def after(state: State, move: Move) -> State:
    """The state after a move; the same for one that has been done. Raises Refused."""
    following = TABLE.get((state, move))
    if following is not None:
        return following
    if LEADS_TO.get(move) is state:
        return state
    words = STATE_WORDS[state]
    raise Refused(
        "not_in_this_state", f"Ce n’est pas possible : l’intervention est {words.fr}.", f"Not possible: the order is {words.en}."
    )


def offered(state: State) -> list[Move]:
    """What can be done next, in the order of the table."""
    return [move for (each, move) in TABLE if each is state]
