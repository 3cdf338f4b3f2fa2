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
)
"""As they are written where they happen; the longer of two that begin alike comes first."""


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    return re.compile("".join(f"(?P<{part}>.+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)), re.DOTALL)


_PATTERNS = [(_pattern(sentence), sentence) for sentence in _SENTENCES]


def failure(text: str) -> str:
    """The sentence translated, also one of the decoder's; one that is not known stays as it is."""
    for pattern, sentence in _PATTERNS:
        if found := pattern.fullmatch(text):
            return gettext(sentence).format(**found.groupdict())
    found = decoder.of_sentence(text)
    if found.name == decoder.OTHER:
        return text
    trouble = Trouble(found.path, Fault[found.name], found.fields)
    english = get_language() == "en"
    said = reasons.said(trouble, "en" if english else "fr")
    return f"{found.path}{':' if english else ' :'} {said}" if found.path else said
