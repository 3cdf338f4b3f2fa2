"""Plates as text: what is kept of what a reader says, the formats of countries, and what readers take for what. Pure.

A reader's text is never refused for its form: whoever drives up with a plate we do not know is there all the same.
"""

import re
import unicodedata
from collections.abc import Mapping

SHORTEST, LONGEST = 2, 12
"""Characters of a normalised plate; shorter ones are a reader's noise, longer ones more than one plate."""

CONFUSED: tuple[tuple[str, str], ...] = (
    ("0", "OQDUGB"), ("1", "ILT"), ("8", "B"), ("5", "S"), ("6", "5G"), ("M", "H"), ("O", "Q"), ("2", "Z"),
)  # fmt: skip
"""What readers take for one another, either way: docs/passages.md says where each was observed."""
DIRECT = frozenset(pair for one, others in CONFUSED for other in others for pair in ((one, other), (other, one)))

SIV_LETTERS = frozenset("ABCDEFGHJKLMNPQRSTVWXYZ")
"""Of the French system: I, O and U are never used, for they look like 1 and 0."""
SIV_SHAPE = "AA000AA"
_SIV = re.compile(r"[A-HJ-NP-TV-Z]{2}\d{3}[A-HJ-NP-TV-Z]{2}")
_FORMATS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("FR", "FNI", re.compile(r"[1-9]\d{0,3}[A-HJ-NP-TV-Z]{1,3}(0[1-9]|[1-8]\d|9[0-57]|2[AB]|97\d)")),
    ("FR", "diplomatic", re.compile(r"(CMD|[1-9]\d{0,2}(CD|C|K))\d{1,4}[A-Z]?")),
    ("DE", "DE", re.compile(r"[A-Z]{1,3}[A-Z]{1,2}[1-9]\d{0,3}[EH]?")),
    ("ES", "ES", re.compile(r"\d{4}[BCDFGHJKLMNPRSTVWXYZ]{3}")),
    ("IT", "IT", re.compile(r"[A-HJ-NPR-TV-Z]{2}\d{3}[A-HJ-NPR-TV-Z]{2}")),
    ("BE", "BE", re.compile(r"[1-9][A-Z]{3}\d{3}")),
    ("LU", "LU", re.compile(r"[A-Z]{2}\d{4}")),
    ("CH", "CH", re.compile(r"(AG|AI|AR|BE|BL|BS|FR|GE|GL|GR|JU|LU|NE|NW|OW|SG|SH|SO|SZ|TG|TI|UR|VD|VS|ZG|ZH)[1-9]\d{0,5}")),
    ("GB", "GB", re.compile(r"[A-Z]{2}\d{2}[A-Z]{3}")),
    ("PT", "PT", re.compile(r"[A-Z]{2}\d{2}[A-Z]{2}|\d{2}[A-Z]{2}\d{2}|\d{4}[A-Z]{2}|[A-Z]{2}\d{4}")),
    ("NL", "NL", re.compile(r"(?=.*[A-Z])(?=.*\d)[BDFGHJKLMNPRSTVXZ\d]{6}")),
)
_ALPHA_3 = {
    "FRA": "FR", "DEU": "DE", "ESP": "ES", "ITA": "IT", "BEL": "BE", "LUX": "LU", "CHE": "CH", "GBR": "GB", "PRT": "PT",
    "NLD": "NL", "POL": "PL", "ROU": "RO", "AUT": "AT", "TUR": "TR", "CZE": "CZ", "SVK": "SK", "HUN": "HU", "MCO": "MC",
}  # fmt: skip


def normalised(raw: str) -> str:
    """A plate as plates are compared: NFKD, upper case, the letters A to Z and the digits; "TÖL hh 12" is TOLHH12."""
    decomposed = unicodedata.normalize("NFKD", raw).upper()
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())[:LONGEST]


def country_code(said: str) -> str:
    """Two letters of ISO 3166, or nothing: readers name countries in many ways, and some by numbers of their own."""
    word = said.strip().upper()
    if re.fullmatch(r"EU-[A-Z]{2}|[A-Z]{2}-\w+", word):
        word = word[3:5] if word.startswith("EU-") else word[:2]
    if re.fullmatch(r"[A-Z]{2}", word):
        return "GB" if word == "UK" else word
    return _ALPHA_3.get(word, "")


def is_siv(plate: str) -> bool:
    """Whether a normalised plate is one of the French system since 2009, provisional ones (WW) included."""
    return (
        _SIV.fullmatch(plate) is not None
        and plate[:2] != "SS"
        and plate[5:] != "SS"
        and plate[2:5] != "000"
    )  # fmt: skip


def is_provisional(plate: str) -> bool:
    """A French plate of some weeks' life, before the final one."""
    return is_siv(plate) and plate.startswith("WW")


def format_of(plate: str, country: str = "") -> str:
    """The name of the format a normalised plate has; empty when we know none: then somebody looks.

    country   two letters when they are known: only its formats then, where we have any
    """
    if country in ("", "FR") and is_siv(plate):
        return "WW" if is_provisional(plate) else "SIV"
    known = [each for each in _FORMATS if each[0] == country] if country else list(_FORMATS)
    return next((name for _, name, pattern in known if pattern.fullmatch(plate)), "")


def shown(plate: str) -> str:
    """As people write it: AB-123-CD; plates of other formats as they are kept."""
    return f"{plate[:2]}-{plate[2:5]}-{plate[5:]}" if is_siv(plate) else plate


def _meant() -> Mapping[tuple[bool, str], frozenset[str]]:
    """For a slot that holds letters (True) or digits: what a character of the other type may stand for there."""
    digits = frozenset("0123456789")
    found: dict[tuple[bool, str], set[str]] = {}
    for read, true in DIRECT:
        if read in digits and true in SIV_LETTERS:
            found.setdefault((True, read), set()).add(true)
        if read not in digits and true in digits:
            found.setdefault((False, read), set()).add(true)
    return {key: frozenset(values) for key, values in found.items()}


MEANT = _meant()
"""In a French plate the place of a character says its type: an 8 where a letter must be is a B; a B where a digit must be is an 8
or a 0, for both are taken for it."""


def could_be(read: str, letters: bool, true: str) -> bool:
    """Whether this character, read in a slot of letters or digits, is of the wrong type and may stand for the true one."""
    return true in MEANT.get((letters, read), ())


def possible(plate: str) -> list[str]:
    """Every French plate that a text may stand for which has characters of the wrong type in some slots, and only there.

    Empty for what is not seven characters long, what is such a plate already, and what has a slot that stands for nothing.
    """
    if len(plate) != len(SIV_SHAPE) or is_siv(plate):
        return []
    made = [""]
    for read, slot in zip(plate, SIV_SHAPE, strict=True):
        letters = slot == "A"
        fits = read in SIV_LETTERS if letters else read.isdigit()
        choices = [read] if fits else sorted(MEANT.get((letters, read), ()))
        made = [start + choice for start in made for choice in choices]
        if len(made) > 64:
            return []
    return [each for each in made if is_siv(each)]
