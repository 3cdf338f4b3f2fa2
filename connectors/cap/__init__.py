"""CAP: alerts that others publish, each an event when it begins, changes and ends."""
