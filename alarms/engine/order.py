"""In which order is told what a batch brings about: the parts of a sort key, by name. Pure.

A key is (place, rank, …). The place is that of the reading in the batch; an event stands half a place before the reading it
came before. Of one reading the ranks below decide. The last two parts tell apart what has the same rank: instant and check of
a level, instant and watch of a silence, rule and number of what follows from facts.
"""

from __future__ import annotations

Key = tuple[float, int, int, int]

FEED_SILENCE, ASSET_SILENCE, LEVEL, COMPARISON, CONSEQUENCE = range(5)
"""Silences of feeds, then of assets, then levels, then the comparisons that rules ask about, then what follows from them."""

NO_RULE = -1
"""Of what a calendar tells of a rule that lives on no facts: before what the rules that do live on them tell."""
AFTER_FACTS = 2**40
"""The number of what the passing of time leads to: after that of any fact of a batch."""
_BEFORE_READING = 0.5


def of_event(place: int, ordinal: int) -> Key:
    """Of an event before which so many readings of the batch came; `ordinal` is its number among the events."""
    return place - _BEFORE_READING, ordinal, 0, 0


def of_comparison(place: int) -> Key:
    """Of all comparisons that one reading turns."""
    return place, COMPARISON, 0, 0


def before_batch(place: int) -> Key:
    """Of what no reading tells again to an engine that is built anew: before all that is read, in its own order."""
    return place - 2**31, CONSEQUENCE, 0, 0


def of_calendar(version: int) -> Key:
    """Of what a rule that lives on no facts is allowed or forbidden to tell by the hour."""
    return 0, CONSEQUENCE, NO_RULE, version


def of_time(rule: int) -> Key:
    """Of what the passing of time leads to in a rule that lives on facts, by its place among them."""
    return 0, CONSEQUENCE, rule, AFTER_FACTS


def following(key: Key, rule: int, number: int) -> Key:
    """Of what a fact led to: it stays with its event, and comes after what its reading did to levels."""
    place, rank, *_ = key
    return place, rank if place % 1 else CONSEQUENCE, rule, number
