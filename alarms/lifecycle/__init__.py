"""The life of an alarm (ISA-18.2 / IEC 62682): the only writer of the Alarm table.

`table` is the state machine, `moves` what people do, `verdicts` what the engine's transitions do, `deadlines` what ends by
itself. Every change is journaled in the transaction that makes it.
"""

from alarms.lifecycle.moves import (
    acknowledge,
    add_comment,
    release,
    return_to_service,
    shelve,
    take_charge,
    take_out_of_service,
    unshelve,
)
from alarms.lifecycle.table import IllegalMove

__all__ = [
    "IllegalMove",
    "acknowledge",
    "add_comment",
    "release",
    "return_to_service",
    "shelve",
    "take_charge",
    "take_out_of_service",
    "unshelve",
]
