"""The engine: rules judged over columns of readings. Pure: no clock, no database, no Django.

    register = Register(points, assets, feeds)                  # assets.register, from plain arrays
    rules = [ScopedRule(version_id, decode(json), rows), …]     # rows: int32 register rows in the rule's scope
    engine = Engine(register, rules, started=now, zone="Europe/Paris", profiles=profiles)   # µs; profiles for anomalies

    engine.recall(past)                # windows that reach further back than the replay: readings or roll-ups, not judged
    engine.seed(latest, standing)      # latest: Readings before the replay; standing: list[Active] from the database
    engine.apply(readings)             # replay the horizon; ignore the transitions, then reconcile with:
    engine.active()                    # list[Active], what stands

    step = engine.step(readings, now, happenings)     # the loop; or apply(readings, happenings) and advance(now) apart
                                       # happenings: events, each with how many readings of the batch came before it
    step.transitions                   # list[Transition], in order: raise | change | clear, with evidence
    step.sorting.clean                 # True: every reading was applied, store the batch as it is
    step.sorting.storable              # else: mask of what belongs into history (applied and late)
    step.sorting.verdict               # uint8 per reading: APPLIED LATE DUPLICATE FUTURE UNKNOWN
    step.sorting.counts()              # {"applied": n, "late": n, "duplicate": n, "future": n, "unknown": n}

    engine.hear(feed_id, received)     # sign of life of a feed without a reading (an event, an empty poll)
    engine.unknown_feeds               # ids of silent feeds

    rows_in_scope(scope, columns)      # alarms.engine.scope: the rows of a rule, over plain columns of the inventory
    sentence(transition, named)        # alarms.engine.sentence: (French, English), from a transition's evidence

Semantics, in full in docs/reference/rules/:

* Readings are taken in order, each point on its own clock (`at`). One as old as the point's newest is a duplicate, an
  older one is late, one stamped over five minutes ahead of its reception is from the future: counted, not judged.
* Bad quality, NaN and infinities never begin, interrupt or end anything; uncertain quality counts like good.
* above: begins when value > limit, ends when value < limit - deadband (below: mirrored). Both strict.
* A delay runs from the first reading of an uninterrupted condition at `since` and is over at `since + delay` on the
  point's own clock: told by the first reading at or after that instant, even if that reading ends the condition, or by
  `advance(now)` once now - lag reaches it, where lag is how late the point's newest reading reached us.
* Each level of a ladder has its own delays; the alarm has the severity of its highest level.
* A silence is timed on the received clock. While a feed is silent, its assets are not declared silent and the delays of
  its points wait for it to speak.
* Events, comparisons that turn and alarms of other rules are facts; conditions, counts, sequences and absences gather them
  in groups, each on a clock of its own (facts.md). Rates, forecasts and anomalies run the ladders on derived values.
* A calendar decides what is told, not what is judged.
* Cutting the same readings and events into other batches changes no transition, nor their order, as long as `advance` is called
  at the same places. Only the flag `past` depends on what was learned in one step, by its nature.
"""

from alarms.engine.clock import APPLIED, DUPLICATE, FUTURE, LATE, UNKNOWN, Sorting, sort_out
from alarms.engine.engine import Engine, Step
from alarms.engine.facts import Happening
from alarms.engine.layout import CompileError, ScopedRule, UnknownLimit
from alarms.engine.profiles import Profiles
from alarms.engine.spec import SEVERITIES, Scope, Silence, Spec, SpecError, State, Threshold, decode, encode, schema
from alarms.engine.transitions import (
    Active,
    Evidence,
    SilenceEvidence,
    StateEvidence,
    ThresholdEvidence,
    Transition,
)

__all__ = [
    "APPLIED",
    "DUPLICATE",
    "FUTURE",
    "LATE",
    "SEVERITIES",
    "UNKNOWN",
    "Active",
    "CompileError",
    "Engine",
    "Evidence",
    "Happening",
    "Profiles",
    "Scope",
    "ScopedRule",
    "Silence",
    "SilenceEvidence",
    "Sorting",
    "Spec",
    "SpecError",
    "State",
    "StateEvidence",
    "Step",
    "Threshold",
    "ThresholdEvidence",
    "Transition",
    "UnknownLimit",
    "decode",
    "encode",
    "schema",
    "sort_out",
]
