"""GTFS-Realtime: alerts of public transport that others publish, each an event, and counts of vehicles and trips."""
