"""Maintenance windows: times during which works explain alarms; the only writer of the MaintenanceWindow table.

`times` says when one runs, `cover` silences what the correlator raises meanwhile, `upkeep` begins and ends them, `moves` is
what people do. An alarm under a window is out of service until its end: stored, counted, reachable, silent, and back by itself.
"""
