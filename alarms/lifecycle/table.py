"""The alarm's state machine as one table; a pair that is not in it is illegal and changes nothing.

    normal ──raise──▶ unacknowledged ──acknowledge──▶ acknowledged ──clear──▶ normal
                           │  ▲                            │
                         clear raise                     raise: stays, counted
                           ▼  │
                        returned ──acknowledge──▶ normal

A latched alarm does not close by itself: once cleared it is `returned` until somebody acknowledges that too.
Shelved, suppressed and out of service are not states: they are flags with an end, which silence an alarm in any open state.
What clears while it is suppressed closes at once, unless it was critical: nobody was told of it. What outlasts its cause is
unacknowledged again.
"""

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
    (UNACKNOWLEDGED, "annotate"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "annotate"): ACKNOWLEDGED,
    (RETURNED, "annotate"): RETURNED,
    (UNACKNOWLEDGED, "suppress"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "suppress"): ACKNOWLEDGED,
    (RETURNED, "suppress"): NORMAL,
    (UNACKNOWLEDGED, "unsuppress"): UNACKNOWLEDGED,
    (ACKNOWLEDGED, "unsuppress"): UNACKNOWLEDGED,
    (RETURNED, "unsuppress"): RETURNED,
}
"""`annotate` stands for what leaves the state alone and asks for an open alarm: take charge, shelve, take out of service."""


class IllegalMove(Exception):
    """This cannot be done to an alarm in this state; nothing was changed. `fr` and `en` say why to a person.

    `field` names what was given that it is about, empty when it is about the whole.
    """

    def __init__(self, fr: str, en: str, field: str = "") -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en
        self.field = field


_STATE_FR = {UNACKNOWLEDGED: "non acquittée", ACKNOWLEDGED: "acquittée", RETURNED: "revenue à la normale", NORMAL: "close"}
_MOVE_FR = {
    "acknowledge": "acquittée", "annotate": "modifiée", "clear": "levée", "worsen": "aggravée", "ease": "abaissée",
    "suppress": "inhibée", "unsuppress": "rétablie",
}  # fmt: skip


def after(state: str, move: str, *, latched: bool = False) -> str:
    """The state after a move. Raises IllegalMove."""
    if latched and (state, move) == (ACKNOWLEDGED, "clear"):
        return RETURNED
    try:
        return TABLE[state, move]
    except KeyError:
        raise IllegalMove(
            f"Une alarme {_STATE_FR[state]} ne peut pas être {_MOVE_FR[move]}.", f"A {state} alarm cannot take the move “{move}”."
        ) from None
