"""The command's state machine as one table. Pure: no clock, no database.

    requested ──▶ authorised ──▶ (armed) ──▶ sent ──▶ accepted ──▶ confirmed
        │             │             │          │          │
        └─ refused ───┴─ cancelled ─┘          └─ refused · failed · timed_out ──▶ confirmed_late

`accepted` is what the supervisor says; only the field makes a command `confirmed`. What people and deadlines ask for is legal
or refused; what the supervisor and the field say comes in any order, twice, or long after, and is never an error: it moves the
command where the table says so and leaves it as it is otherwise.
"""

from enum import StrEnum

from assets.refusal import Refused
from commands.wording import Words


class State(StrEnum):
    REQUESTED = "requested"
    AUTHORISED = "authorised"
    ARMED = "armed"
    SENT = "sent"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    CONFIRMED_LATE = "confirmed_late"


class Move(StrEnum):
    AUTHORISE = "authorise"
    REFUSE = "refuse"
    """By us, before anything left."""
    ARM = "arm"
    SEND = "send"
    FIND = "find"
    """The field is already as asked: confirmed, and nothing is sent."""
    CANCEL = "cancel"
    LAPSE = "lapse"
    """Nobody took the next step in time, before anything left."""
    ACCEPT = "accept"
    REJECT = "reject"
    FAIL = "fail"
    CONFIRM = "confirm"
    TIME_OUT = "time_out"


UNSENT = frozenset({State.REQUESTED, State.AUTHORISED, State.ARMED})
UNDER_WAY = frozenset({State.SENT, State.ACCEPTED})
OPEN = UNSENT | UNDER_WAY
"""Not ended: one such command of an asset and a type at most."""
WATCHED = UNDER_WAY | {State.FAILED, State.TIMED_OUT}
"""The field may still say that it obeyed."""
HEARD = frozenset({Move.ACCEPT, Move.REJECT, Move.FAIL, Move.CONFIRM})
"""What others say of a command: never illegal."""

TABLE: dict[tuple[State, Move], State] = {
    (State.REQUESTED, Move.AUTHORISE): State.AUTHORISED,
    (State.AUTHORISED, Move.ARM): State.ARMED,
    (State.AUTHORISED, Move.SEND): State.SENT,
    (State.ARMED, Move.SEND): State.SENT,
    **{(state, Move.REFUSE): State.REFUSED for state in UNSENT},
    **{(state, Move.CANCEL): State.CANCELLED for state in UNSENT},
    **{(state, Move.LAPSE): State.CANCELLED for state in UNSENT},
    **{(state, Move.FIND): State.CONFIRMED for state in UNSENT},
    (State.SENT, Move.ACCEPT): State.ACCEPTED,
    (State.SENT, Move.REJECT): State.REFUSED,
    (State.ACCEPTED, Move.REJECT): State.FAILED,
    **{(state, Move.FAIL): State.FAILED for state in UNDER_WAY},
    **{(state, Move.CONFIRM): State.CONFIRMED for state in UNDER_WAY},
    **{(state, Move.TIME_OUT): State.TIMED_OUT for state in UNDER_WAY},
    (State.FAILED, Move.CONFIRM): State.CONFIRMED_LATE,
    (State.TIMED_OUT, Move.CONFIRM): State.CONFIRMED_LATE,
}
"""Two answers that disagree, yes and then no, are a failure: nobody knows what the supervisor will do."""


class Reason(StrEnum):
    """Why a command is where it is: a closed list, after the causes of IEC 61850."""

    NO_ACCESS_AUTHORITY = "no_access_authority"
    NOT_AUTOMATIC = "not_automatic"
    LOCK_OUT_TAG_OUT = "lock_out_tag_out"
    OUT_OF_SERVICE = "out_of_service"
    BLOCKED_BY_INTERLOCK = "blocked_by_interlock"
    BLOCKED_BY_MODE = "blocked_by_mode"
    BLOCKED_BY_HIERARCHY = "blocked_by_hierarchy"
    STALE_STATE = "stale_state"
    POSITION_ALREADY_REACHED = "position_already_reached"
    ONE_OF_N_CONTROL = "one_of_n_control"
    SELECTED_BY_OTHER = "selected_by_other"
    OBJECT_NOT_SELECTED = "object_not_selected"
    TIME_LIMIT_OVER = "time_limit_over"
    ABORTION_BY_CANCEL = "abortion_by_cancel"
    NO_CONNECTOR = "no_connector"
    DEVICE_UNREACHABLE = "device_unreachable"
    SUPERVISOR_SILENT = "supervisor_silent"
    SUPERVISOR_REFUSED = "supervisor_refused"
    SUPERVISOR_FAILED = "supervisor_failed"
    ANSWERS_DISAGREE = "answers_disagree"
    NOT_CONFIRMED = "not_confirmed"
    NO_PROOF = "no_proof"


REASONS: dict[Reason, Words] = {
    Reason.NO_ACCESS_AUTHORITY: Words("votre rôle ne le permet pas", "your role does not include it"),
    Reason.NOT_AUTOMATIC: Words("le site n’autorise pas son envoi automatique", "the site does not allow it to leave by itself"),
    Reason.LOCK_OUT_TAG_OUT: Words("équipement consigné pour travaux", "the asset is locked out for works"),
    Reason.OUT_OF_SERVICE: Words("équipement hors service", "the asset is out of service"),
    Reason.BLOCKED_BY_INTERLOCK: Words("interdite par un verrouillage", "an interlock forbids it"),
    Reason.BLOCKED_BY_MODE: Words("équipement en mode local", "the asset is in local mode"),
    Reason.BLOCKED_BY_HIERARCHY: Words("un opérateur commande déjà cet équipement", "a person commands this asset already"),
    Reason.STALE_STATE: Words("l’état de l’équipement n’est pas connu", "the state of the asset is not known"),
    Reason.POSITION_ALREADY_REACHED: Words(
        "l’équipement est déjà dans cet état, rien n’a été envoyé", "the asset is in that state already, nothing was sent"
    ),
    Reason.ONE_OF_N_CONTROL: Words("la même commande est déjà en cours", "the same command is under way"),
    Reason.SELECTED_BY_OTHER: Words("un autre poste l’a armée", "another desk has armed it"),
    Reason.OBJECT_NOT_SELECTED: Words("elle doit d’abord être armée", "it must be armed first"),
    Reason.TIME_LIMIT_OVER: Words("délai dépassé", "its time is over"),
    Reason.ABORTION_BY_CANCEL: Words("annulée", "cancelled"),
    Reason.NO_CONNECTOR: Words("aucun superviseur ne peut la transmettre", "no supervisor can carry it"),
    Reason.DEVICE_UNREACHABLE: Words("superviseur injoignable", "the supervisor cannot be reached"),
    Reason.SUPERVISOR_SILENT: Words("le superviseur n’a pas répondu", "the supervisor did not answer"),
    Reason.SUPERVISOR_REFUSED: Words("le superviseur a refusé", "the supervisor refused"),
    Reason.SUPERVISOR_FAILED: Words("le superviseur a répondu par une erreur", "the supervisor answered with an error"),
    Reason.ANSWERS_DISAGREE: Words("réponses contradictoires du superviseur", "the supervisor contradicted itself"),
    Reason.NOT_CONFIRMED: Words("le terrain n’a pas confirmé", "the field did not confirm"),
    Reason.NO_PROOF: Words("aucune mesure ne peut la confirmer", "no reading can confirm it"),
}

STATE_WORDS: dict[State, Words] = {
    State.REQUESTED: Words("demandée", "requested"),
    State.AUTHORISED: Words("autorisée", "authorised"),
    State.ARMED: Words("armée", "armed"),
    State.SENT: Words("envoyée", "sent"),
    State.ACCEPTED: Words("acceptée par le superviseur", "accepted by the supervisor"),
    State.CONFIRMED: Words("confirmée par le terrain", "confirmed by the field"),
    State.REFUSED: Words("refusée", "refused"),
    State.FAILED: Words("échouée", "failed"),
    State.TIMED_OUT: Words("non confirmée à temps", "not confirmed in time"),
    State.CANCELLED: Words("annulée", "cancelled"),
    State.CONFIRMED_LATE: Words("confirmée en retard", "confirmed late"),
}


def after(state: State, move: Move) -> State:
    """The state after a move; that of what was only heard may be the same. Raises Refused for what people cannot do now."""
    following = TABLE.get((state, move))
    if following is not None:
        return following
    if move in HEARD:
        return state
    words = STATE_WORDS[state]
    raise Refused(
        "not_in_this_state", f"Ce n’est pas possible : la commande est {words.fr}.", f"Not possible: the command is {words.en}."
    )
