"""Tells addresses outside of the journal's lines, signed, in order, at least once each (Standard Webhooks)."""
