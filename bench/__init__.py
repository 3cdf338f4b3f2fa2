"""Benches: measurements printed as a table and written as JSON, never timed tests."""
