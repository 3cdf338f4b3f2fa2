"""The alarm's state machine as two tables; a pair that is not in the first is illegal and changes nothing.

    normal ──raise──▶ unacknowledged ──acknowledge──▶ acknowledged ──clear──▶ normal
                           │  ▲                            │
                         clear raise                     raise: stays, counted
                           ▼  │
                        returned ──acknowledge──▶ normal

A latched alarm does not close by itself: once cleared it is `returned` until somebody acknowledges that too.
Shelved, suppressed and out of service are not states: they are flags with an end, which silence an alarm in any open state.
What nobody heard of closes at once when it clears (`UNHEARD`). What outlasts its cause is unacknowledged again, and so is what
outlasts a shelving or a time out of service (`resume`).

For a few seconds whoever acknowledged it may take that back (`withdrawal`): it is then as it was. But for a raise this is the
only way out of `normal`.
"""

from assets.refusal import Refused

UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, NORMAL = "unacknowledged", "acknowledged", "returned", "normal"

TABLE: dict[tuple[str, str], str] = {
    (NORMAL, "raise"): UNACKNOWLEDGED,
    (UNACKNOWLEDGED, "raise"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "raise"): ACKNOWLEDGED,
    (RETURNED, "raise"): UNACKNOWLEDGED,
    (UNACKNOWLEDGED, "worsen"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "worsen"): UNACKNOWLEDGED,
    (UNACKNOWLEDGED, "ease"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "ease"): ACKNOWLEDGED,
    (UNACKNOWLEDGED, "clear"): RETURNED,
    (ACKNOWLEDGED, "clear"): NORMAL,
    (RETURNED, "clear"): RETURNED,
    (UNACKNOWLEDGED, "acknowledge"): ACKNOWLEDGED,
    (ACKNOWLEDGED, "acknowledge"): ACKNOWLEDGED,
    (RETURNED, "acknowledge"): NORMAL,
    (ACKNOWLEDGED, "withdraw"): UNACKNOWLEDGED,
    (NORMAL, "withdraw"): RETURNED,
    (UNACKNOWLEDGED, "annotate"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "annotate"): ACKNOWLEDGED,
    (RETURNED, "annotate"): RETURNED,
    (UNACKNOWLEDGED, "suppress"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "suppress"): ACKNOWLEDGED,
    (RETURNED, "suppress"): NORMAL,
    (UNACKNOWLEDGED, "unsuppress"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "unsuppress"): UNACKNOWLEDGED,
    (RETURNED, "unsuppress"): RETURNED,
    (UNACKNOWLEDGED, "resume"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "resume"): UNACKNOWLEDGED,
    (RETURNED, "resume"): RETURNED,
}
"""`annotate` stands for what leaves the state alone and asks for an open alarm: take charge, shelve, take out of service."""

LATCHED: dict[tuple[str, str], str] = {(ACKNOWLEDGED, "clear"): RETURNED}
"""What a latched alarm does otherwise."""

UNHEARD: dict[tuple[str, str, bool], str] = {
    ("past", "clear", False): NORMAL,
    ("past", "clear", True): NORMAL,
    ("suppressed", "clear", False): NORMAL,
}
"""Where a move ends, from every open state, of an alarm that nobody heard of: (why, move, latched). It was over before we learned
that it had come (`past`), or a cause explains it and it is not critical (`suppressed`)."""

_STATE_FR = {UNACKNOWLEDGED: "non acquittée", ACKNOWLEDGED: "acquittée", RETURNED: "revenue à la normale", NORMAL: "close"}
_MOVE_FR = {
    "acknowledge": "acquittée", "annotate": "modifiée", "clear": "levée", "worsen": "aggravée", "ease": "abaissée",
    "suppress": "inhibée", "unsuppress": "rétablie", "resume": "remise en vue",
    "withdraw": "remise comme avant son acquittement",
}  # fmt: skip


def after(state: str, move: str, *, latched: bool = False, unheard: str = "") -> str:
    """The state after a move; `unheard`: why nobody heard of the alarm, "" when somebody may have.

    Raises Refused: the alarm cannot make this move in its state.
    """
    if (state, move) not in TABLE:
        raise Refused(
            "illegal_move",
            f"Une alarme {_STATE_FR[state]} ne peut pas être {_MOVE_FR[move]}.",
            f"A {state} alarm cannot take the move “{move}”.",
        )
    alone = LATCHED.get((state, move)) if latched else None
    return UNHEARD.get((unheard, move, latched)) or alone or TABLE[state, move]
