"""The life of an alarm (ISA-18.2 / IEC 62682): with `alarms.verdicts`, the only writer of the Alarm table.

`table` is the state machine, `moves` what people do, `withdrawal` how they take it back, `deadlines` what ends by itself,
`service` what maintenance does, `membership` which incident it is in and why (`reasons`), `quiet` who silenced it and until when
(`limits`). What the engine does, thousands at once, stands above: `alarms.verdicts`. Every change is journaled in the transaction
that makes it.
"""

from alarms.lifecycle.moves import (
    Outcome,
    acknowledge,
    add_comment,
    release,
    return_to_service,
    shelve,
    take_charge,
    take_out_of_service,
    unshelve,
)
from alarms.lifecycle.withdrawal import withdraw

__all__ = [
    "Outcome",
    "acknowledge",
    "add_comment",
    "release",
    "return_to_service",
    "shelve",
    "take_charge",
    "take_out_of_service",
    "unshelve",
    "withdraw",
]
