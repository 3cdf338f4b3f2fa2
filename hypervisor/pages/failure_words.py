"""Why a supervisor, a system or the receiver of a webhook could not be asked, in the reader's language: kept in English."""

import re

from django.utils.translation import get_language, gettext, gettext_noop

from alarms.engine.faults import Fault, Trouble
from assets import decoder
from hypervisor.api import reasons

_SENTENCES = (
    gettext_noop("no answer within {seconds} s"),
    gettext_noop("answered {status}, without a Location to go to"),
    gettext_noop("answered with Content-Encoding {encoding}, which was not asked for"),
    gettext_noop("answered {status}"),
    gettext_noop("cannot be reached: {reason}"),
    gettext_noop("more than {most} redirects"),
    gettext_noop("the answer is larger than {most} bytes"),
    gettext_noop("only http and https URLs are pulled, not {url}"),
    gettext_noop("the URL of the next page cannot be used: {reason}"),
    gettext_noop("the URL cannot be used: {reason}"),
    gettext_noop("the address cannot be used: {reason}"),
    gettext_noop("{host} is a private, local or reserved address ({address}), which this feed may not pull from"),
    gettext_noop("it is a private, local or reserved address, which webhooks may not reach"),
    gettext_noop("There is nothing at `{path}` in the document."),
    gettext_noop("Give `address`."),
    gettext_noop("Give either `value` or `values`."),
    gettext_noop("JSON is malformed: {reason}"),
    gettext_noop("Input data was truncated"),
    gettext_noop("the answer is empty"),
    gettext_noop("A time pattern without %z needs a `timezone`."),
    gettext_noop("the token was asked for, and the answer has none"),
    gettext_noop("`credentials`: the certificate and its key cannot be used."),
    gettext_noop("`signature`: the `secret` of Standard Webhooks is Base64, behind `whsec_`."),
    gettext_noop("`signature`: give the `header` that holds it."),
    gettext_noop("`signature`: a `secret` has {number} bytes at least."),
    gettext_noop("`form` is one of {forms}."),
    gettext_noop("`delimiter` is one character."),
    gettext_noop("`interval` is start or end."),
    gettext_noop("`at_format` is one of {formats}, or a pattern such as %d/%m/%Y %H:%M."),
    gettext_noop("`at_format` {pattern} cannot be used: {reason}."),
    gettext_noop("`timezone` {zone} is not known."),
    gettext_noop("With `values`, the address is a template with {{quantity}}."),
    gettext_noop("Give the `path` of `{member}`."),
    gettext_noop("`{member}`: `bits` is a number from 0 to {most}, or the lowest and the highest of several."),
    gettext_noop("`{member}`: a `unit` that the item says needs `to`, the unit of the point."),
    gettext_noop("`paging` needs the `parameter` of the URL that it changes."),
    gettext_noop("`also.{part}` cannot say {members} again."),
    gettext_noop("`also` has more than {most} parts."),
    gettext_noop("the unit {unit} is not known"),
    gettext_noop("the unit {unit} may be several"),
    gettext_noop("{unit} is no unit of the kind of {to}"),
    gettext_noop("the value has no unit: declare the `unit` in which it is sent"),
    gettext_noop("the value is no status word: it is not a whole number of 64 bits"),
    gettext_noop("the value is {kind}, not a status word"),
    gettext_noop("value {value} is no status word"),
    gettext_noop("the value is a list, not a number or a text"),
    gettext_noop("the value is an object, not a number or a text"),
    gettext_noop("value {value} has a decimal point, and the mapping declares `decimal_comma`"),
    gettext_noop("value {value} has a decimal comma: declare `decimal_comma` in the mapping"),
    gettext_noop("value is null"),
    gettext_noop("value is a text and the point has no codes: send a number"),
    gettext_noop("value {value} is not one of the point's codes"),
    gettext_noop("value is not a number (NaN)"),
    gettext_noop("value is infinite or beyond 1e18"),
    gettext_noop("there is no `{path}`"),
    gettext_noop("`{path}` is empty"),
    gettext_noop("`{path}` is {kind}, not a text or a whole number"),
    gettext_noop("the address is empty"),
    gettext_noop("address is empty"),
    gettext_noop("address is longer than {most} characters"),
    gettext_noop("address has control characters"),
    gettext_noop("quality is not good, uncertain or bad (or 0, 1, 2)"),
    gettext_noop("at is no interval: two times, or a time and a duration, with / between them"),
    gettext_noop("at is not a text: declare `at_format`"),
    gettext_noop("at is not a number"),
    gettext_noop("at has no offset: end it with Z or ±hh:mm"),
    gettext_noop("at is not an RFC 3339 time"),
    gettext_noop("at is before 1990"),
    gettext_noop("at is in the future by more than 5 minutes"),
    gettext_noop("at is older than what is kept: {days} days"),
    gettext_noop("at {at} is not a time of the form {pattern}"),
    gettext_noop("at {at} does not exist in {zone}: the clock was put forward over it"),
    gettext_noop("at {at} is ambiguous: the clock of {zone} showed it twice, and the order does not tell; send an offset"),
    gettext_noop("What stands at `{path}` are no lists of one length."),
    gettext_noop("The XML declares a document type or entities: send it without."),
    gettext_noop("The body is no XML: {reason}."),
    gettext_noop("The body is no CSV: {reason}."),
    gettext_noop("The document becomes more than {most} readings: send smaller ones."),
    gettext_noop("Input data was truncated."),
)
"""As they are written where they happen; the longer of two that begin alike comes first."""


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    return re.compile("".join(f"(?P<{part}>.+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)), re.DOTALL)


_KINDS = (
    gettext_noop("true or false"),
    gettext_noop("null"),
    gettext_noop("an object"),
    gettext_noop("a list"),
    gettext_noop("a text"),
    gettext_noop("a number"),
    gettext_noop("nothing"),
)
_MEMBER = re.compile(r"(`[\w.]+`): (.*)", re.DOTALL)
_PATTERNS = [(_pattern(sentence), sentence) for sentence in _SENTENCES]


def failure(text: str) -> str:
    """The sentence translated, also one of the decoder's; one that is not known stays as it is."""
    for pattern, sentence in _PATTERNS:
        if match := pattern.fullmatch(text):
            said = {
                name: gettext(part) if name == "kind" and part in _KINDS else part for name, part in match.groupdict().items()
            }
            return gettext(sentence).format(**said)
    if within := _MEMBER.fullmatch(text):  # of one member of a mapping
        reason = failure(within[2])
        if reason == within[2] and reason.endswith("."):
            reason = f"{failure(reason[:-1])}."
        return f"{within[1]} : {reason}" if get_language() == "fr" else f"{within[1]}: {reason}"
    found = decoder.of_sentence(text)
    if found.name == decoder.OTHER:
        return text
    trouble = Trouble(found.path, Fault[found.name], found.fields)
    english = get_language() == "en"
    told = reasons.said(trouble, "en" if english else "fr")
    return f"{found.path}{':' if english else ' :'} {told}" if found.path else told
