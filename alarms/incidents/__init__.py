"""Incidents: alarms that belong together, each with its reason, and with one owner. With
`alarms.verdicts`, the only writer of the Incident table.

`grouping` is the rule by which alarms join (why is kept with each: `alarms.lifecycle.reasons`), which `alarms.verdicts.gathering`
applies to what the correlator judges; `naming` and `places` name the whole. `moves` is what people do, `upkeep` what happens by
itself, `rows` the one shape incidents have, `partial` what of it is told to whoever sees a part, `members` why each alarm is
there.
"""
