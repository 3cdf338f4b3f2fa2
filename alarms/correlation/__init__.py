"""From the log to the alarms of a site: the one process that judges, what it builds its engine from, and what it sets aside.

`correlator` reads the log and tells, `judge` has entries judged and stored in one transaction. `rebuild` makes the engine from
history (`recollection`, `replay`), `reconciliation` brings the open alarms in line with it, `shadow` keeps what nobody hears.
What a defect of ours stops is found by `blame` and left out by `set_aside` and `rule_aside`, whose alarms are those of rules
that nobody wrote (`built_in`).
"""
