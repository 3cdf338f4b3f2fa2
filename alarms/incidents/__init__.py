"""Incidents: alarms that share a cause, a rule or a place, with one owner; the only writer of the Incident table.

`grouping` is the rule by which alarms join, `batch` applies it to what the correlator judges, `moves` is what people do,
`upkeep` what happens by itself, `rows` the one shape they have.
"""
