"""Words of the page: they must not claim more than is known, and the compiled translations be those that were written."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.utils import translation

from hypervisor.pages.words import words

FRENCH = Path(__file__).parents[2] / "hypervisor/locale/fr/LC_MESSAGES"
_FIELD = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:".*"\n?)+)', re.MULTILINE)


def written(entry: str) -> dict[str, str]:
    """The fields of one entry of a .po file."""
    return {name: "".join(map(ast.literal_eval, text.splitlines())) for name, text in _FIELD.findall(entry)}


@pytest.mark.parametrize(("language", "said"), [("fr", "cessée"), ("en", "ended")])
def test_the_list_says_that_an_alarm_ended_and_not_that_the_field_is_well(language, said):
    with translation.override(language):
        assert words()["tag.returned"] == said


def test_what_was_translated_is_what_is_read():
    with (FRENCH / "django.mo").open("rb") as compiled:
        french = gettext.GNUTranslations(compiled)
    blocks = (FRENCH / "django.po").read_text().split("\n\n")[1:]
    entries = [entry for entry in map(written, blocks) if entry]
    assert len(entries) == len(re.findall(r"(?m)^msgid ", "\n\n".join(blocks))) > 300
    for entry in entries:
        context, plural = entry.get("msgctxt"), "msgid_plural" in entry
        told = entry["msgstr[0]" if plural else "msgstr"]
        if plural:
            assert french.ngettext(entry["msgid"], entry["msgid_plural"], 1) == told
        else:
            assert (french.pgettext(context, entry["msgid"]) if context else french.gettext(entry["msgid"])) == told
