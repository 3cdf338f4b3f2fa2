"""Procedures (fiches réflexes): what they say, how one is carried out, which one fits."""
