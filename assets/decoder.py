"""What the decoder of JSON (msgspec) says is wrong: a name, what fills it and where, to be said in any language. Pure.

The decoder has only English sentences; this is the one place that recognises them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NUMBER = r"-?[\d.]+(?:e[+-]?\d+)?"
_PATTERNS = {
    "MISSING": r"Object missing required field `(?P<field>\w+)`",
    "UNKNOWN_FIELD": r"Object contains unknown field `(?P<field>\w+)`",
    "EMPTY": r"Expected `(?P<kind>array|str|object)` of length >= 1",
    "TOO_MANY": rf"Expected `(?P<kind>array|object)` of length <= (?P<most>{_NUMBER})",
    "TOO_LONG": rf"Expected `str` of length <= (?P<most>{_NUMBER})",
    "TOO_SMALL": rf"Expected `(?P<kind>float|int)` >= (?P<least>{_NUMBER})",
    "TOO_LARGE": rf"Expected `(?P<kind>float|int)` <= (?P<most>{_NUMBER})",
    "NOT_ABOVE": rf"Expected `(?P<kind>float|int)` > (?P<least>{_NUMBER})",
    "NOT_WHOLE": r"Expected `int(?P<more>[^`]*)`, got `float`",
    "NOT_A_NUMBER": r"Expected `(?P<kind>(?:float|int)[^`]*)`, got (?P<given>.*)",
    "NOT_A_TEXT": r"Expected `str(?P<more>[^`]*)`, got (?P<given>.*)",
    "NOT_AN_OBJECT": r"Expected `object(?P<more>[^`]*)`, got (?P<given>.*)",
    "NOT_A_LIST": r"Expected `array(?P<more>[^`]*)`, got (?P<given>.*)",
    "OTHER_KIND": r"Expected `(?P<kind>.*)`, got (?P<other>.*)",
    "OTHER_FORM": r"Expected `str` matching regex (?P<form>.*)",
    "NOT_A_DATE": r"Invalid RFC3339 encoded date",
    "NOT_A_CHOICE": r"Invalid enum value (?P<given>.*)",
    "NOT_A_TAG": r"Invalid value (?P<given>.*)",
}
_PLACE = re.compile(r"(?P<message>.*) - at (?:`key` in )?`\$\.?(?P<path>.*)`", re.DOTALL)
OTHER = "OTHER"
"""The name of a sentence that is none of these; `text` is the sentence."""
NAMES = frozenset(_PATTERNS) | {OTHER}


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is the member it is about, as `answer.statuses[0]`; empty for the whole document."""

    name: str
    fields: Mapping[str, str]
    path: str


def finding(message: str, path: str = "") -> Finding:
    """What a sentence of the decoder tells of the member at `path`."""
    for name, pattern in _PATTERNS.items():
        if found := re.fullmatch(pattern, message, re.DOTALL):
            fields = found.groupdict()
            # The decoder names the object that lacks a member: the member is the place.
            return Finding(name, fields, f"{path}.{fields['field']}".lstrip(".") if name == "MISSING" else path)
    return Finding(OTHER, {"text": message}, path)


def of_sentence(text: str) -> Finding:
    """What a `msgspec.ValidationError` tells, by its text: it names the place itself."""
    placed = _PLACE.fullmatch(text)
    return finding(placed["message"], placed["path"]) if placed else finding(text)
