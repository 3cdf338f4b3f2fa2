"""Decides at the gate: who is authorised, which vehicle is there, and whether to open, refuse or check."""
