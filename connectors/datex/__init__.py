"""DATEX II: situations that others publish, each record an event when it begins, changes and ends."""
