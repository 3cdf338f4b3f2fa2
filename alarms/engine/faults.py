"""Everything that keeps a rule from being read, or from running: one name and one English sentence each. Pure.

Sentences have named fields, so that an interface can say the same in another language and fill in the same fields. What the
decoder of JSON says (msgspec) is turned into these names here, once.
"""

from __future__ import annotations

import enum
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from assets import decoder


class Sentence(enum.Enum):
    """A name for each sentence of `{fields}`."""

    def say(self, fields: Mapping[str, object]) -> str:
        """In English."""
        return str(self.value).format(**fields)


class Fault(Sentence):
    """What is wrong with a rule; the sentences of the decoder are as it words them."""

    # What the decoder finds.
    MISSING = "Object missing required field `{field}`"
    UNKNOWN_FIELD = "Object contains unknown field `{field}`"
    EMPTY = "Expected `{kind}` of length >= 1"
    TOO_MANY = "Expected `{kind}` of length <= {most}"
    TOO_LONG = "Expected `str` of length <= {most}"
    TOO_SMALL = "Expected `{kind}` >= {least}"
    TOO_LARGE = "Expected `{kind}` <= {most}"
    NOT_ABOVE = "Expected `{kind}` > {least}"
    NOT_WHOLE = "Expected `int{more}`, got `float`"
    NOT_A_NUMBER = "Expected `{kind}`, got {given}"
    NOT_A_TEXT = "Expected `str{more}`, got {given}"
    NOT_AN_OBJECT = "Expected `object{more}`, got {given}"
    NOT_A_LIST = "Expected `array{more}`, got {given}"
    OTHER_KIND = "Expected `{kind}`, got {other}"
    OTHER_FORM = "Expected `str` matching regex {form}"
    NOT_A_DATE = "Invalid RFC3339 encoded date"
    NOT_A_CHOICE = "Invalid enum value {given}"
    NOT_A_TAG = "Invalid value {given}"
    NOT_JSON = "not JSON: {reason}"
    TOO_DEEP = "nested too deep"
    SURROGATE = "a text has half of a surrogate pair"
    NUL = "a text has a NUL character"
    OTHER = "{text}"
    # What a spec says against itself.
    NO_QUANTITY = "is required: which quantity of the assets is judged"
    SEVERITY_TWICE = "a severity is given twice"
    CODE_TWICE = "a code is given twice"
    NOT_FURTHER_ABOVE = "a more severe limit must lie further above a less severe one"
    NOT_FURTHER_BELOW = "a more severe limit must lie further below a less severe one"
    NOT_MORE = "a more severe limit must count more than a less severe one"
    CLEARS_BEYOND = "the {severity} limit would clear beyond itself, at {clear}"
    NOT_FINITE = "{what} must be a finite number"
    ONE_SOURCE = "needs exactly one of quantity, event, rule"
    ONE_CLAUSE = "needs exactly one of quantity, all, any, not"
    ONE_WAY = "needs exactly one of metres, attribute"
    ONE_COMPARISON = "quantity '{quantity}' needs exactly one of above, below, in"
    NO_DEADBAND = "a deadband has no meaning with in"
    COMPARES_NOTHING = "{what} compares a quantity: quantity is missing"
    WHOSE_QUANTITY = "of says whose quantity is compared: quantity is missing"
    NO_EVENT = "attributes are those of an event: event is missing"
    NO_ATTRIBUTE = "a reading carries no attribute, which {needed_by} needs; name an event or a rule"
    NO_PLACE = "a value of an attribute has no place to measure metres from"
    ONLY_A_COUNT = "only a count brings facts together by distance"
    TOO_MANY_TERMS = "more than {most} comparisons"
    TOO_MANY_LEVELS = "nested more than {most} deep"
    NO_PLACEHOLDER = "{{{name}}} is not one of {names}"
    ENDS_BEFORE = "the period ends before it begins"
    DATE_TWICE = "a date is given twice"
    # What keeps it from running at a site.
    CIRCLE = "these rules wait for each other's alarms: {rules}"
    NO_RULE = "there is no rule named '{rule}' on this site"
    NO_LIMIT = "no point has a limit named '{limit}'"
    TOO_FAR = "it would have to remember {days} days, and a restart reads {most} again"
    # What makes it hear less than it says.
    INACTIVE = "the rule '{rule}' is not active, so none of its alarms is ever raised"
    GONE_AND_MORE = "not in the inventory (any more): {codes} and {more} more"
    GONE = "not in the inventory (any more): {codes}"
    UNOBSERVED = "no hour of the week has been observed in {weeks} weeks yet"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault with what fills its sentence, at a field of the spec ("limits[0].limit"; empty for the whole)."""

    path: str
    fault: Sentence
    fields: Mapping[str, object] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return self.fault.say(self.fields)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class Faulty(ValueError):
    """What a part of a spec says against itself, at one of its own fields (`at`); the decoder passes it on as the cause."""

    def __init__(self, fault: Sentence, at: str = "", **fields: object) -> None:
        self.fault, self.at, self.fields = fault, at, fields
        super().__init__(str(Trouble(at, fault, fields)))


class SpecError(ValueError):
    """A spec that cannot be used."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble

    @property
    def path(self) -> str:
        return self.trouble.path

    @property
    def reason(self) -> str:
        return self.trouble.reason


def of_decoder(message: str, path: str = "") -> Trouble:
    """What the decoder of JSON found at a field."""
    found = decoder.finding(message, path)
    return Trouble(found.path, Fault[found.name], found.fields)


def of_error(error: Exception) -> Trouble:
    """What a `msgspec.ValidationError` tells, whose cause may be what a part said against itself; or that alone."""
    if isinstance(error, Faulty):
        return Trouble(error.at, error.fault, error.fields)
    if isinstance(error, UnicodeEncodeError):
        return Trouble("", Fault.SURROGATE)
    message, _, where = str(error).partition(" - at `$")
    path, cause = where.rstrip("`").lstrip("."), error.__cause__
    if isinstance(cause, Faulty):
        return Trouble(f"{path}.{cause.at}".strip("."), cause.fault, cause.fields)
    return of_decoder(message, path)


_NAMED = re.compile(r"^(?P<path>[a-z_]+(?:\.[a-z_]+|\[\d+\])*): (?P<reason>.*)$", re.DOTALL)


def read(text: str, sentences: type[Sentence] = Fault) -> list[Trouble]:
    """Of troubles that were written one after the other, "field: reason; field: reason", as the rows of rules keep them.

    What is none of these sentences is OTHER.
    """
    found = []
    for part in filter(None, text.split("; ")):
        named = _NAMED.match(part)
        path, reason = (named["path"], named["reason"]) if named else ("", part)
        found.append(of_sentence(sentences, reason, path))
    return found


def of_sentence(sentences: type[Sentence], text: str, path: str = "") -> Trouble:
    """The trouble that a sentence tells: one of these, of a rule's or of the decoder's; OTHER when it is none."""
    for fault, pattern in (*_patterns(sentences), *_patterns(Fault)):
        if found := pattern.fullmatch(text):
            return Trouble(path, fault, found.groupdict())
    return of_decoder(text, path)


@lru_cache
def _patterns(sentences: type[Sentence]) -> list[tuple[Sentence, re.Pattern[str]]]:
    """What each sentence looks like with its fields filled in, as groups; not those of the decoder, which are less exact."""
    return [(fault, _pattern(fault)) for fault in sentences if fault.name not in decoder.NAMES]


def _pattern(fault: Sentence) -> re.Pattern[str]:
    parts = [
        re.escape(literal) + (f"(?P<{name}>.*)" if name is not None else "")
        for literal, name, _, _ in string.Formatter().parse(str(fault.value))
    ]
    return re.compile("".join(parts), re.DOTALL)
