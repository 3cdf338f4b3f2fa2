"""Scenarios: named, ordered lists of commands that are previewed, run as one and stopped by one act."""
