"""What a letter says: one alarm or many, in the reader's language; short for SMS. Pure.

It names assets and sentences with pseudonyms as they stand, never a plate or a person.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_SMS = 160
MOST_LISTED = 40
"""Alarms a mail lists one by one."""
_SEVERITIES = {
    "fr": {1: "CRITIQUE", 2: "HAUTE", 3: "MOYENNE", 4: "BASSE"}, "en": {1: "CRITICAL", 2: "HIGH", 3: "MEDIUM", 4: "LOW"},
}  # fmt: skip
_GSM = re.compile(r"[^\nA-Za-z0-9@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà]")


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm as a letter tells it; `severity` as the database has it, the lowest is the worst."""

    severity: int
    sentence: str
    asset: str
    at: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a transport sends. `id` is the same at each try; `link` leads to the page that acknowledges, "" of none."""

    id: str
    site: str
    subject: str
    text: str
    short: str
    link: str
    urgent: bool


def of_alarms(id_: str, site: str, language: str, alarms: Sequence[Told], link: str, code: str = "") -> Letter:
    """The worst first; of many the subject says how many. `code`: with which an SMS is answered, "" where none is taken."""
    language = language if language in _SEVERITIES else "fr"
    ordered = sorted(alarms, key=lambda alarm: alarm.severity)
    worst, names = ordered[0], _SEVERITIES[language]
    head = f"{names[worst.severity]} {_name(worst)}{worst.sentence}"
    if len(ordered) > 1:
        count = f"{len(ordered)} alarmes" if language == "fr" else f"{len(ordered)} alarms"
        head = f"{count} : {head}" if language == "fr" else f"{count}: {head}"
    lines = [f"{names[each.severity]} — {each.sentence} ({each.at})" for each in ordered[:MOST_LISTED]]
    if (more := len(ordered) - MOST_LISTED) > 0:
        lines.append(f"… et {more} autres." if language == "fr" else f"… and {more} more.")
    if link:
        lines += ["", f"Acquitter : {link}" if language == "fr" else f"Acknowledge: {link}"]
    return Letter(
        id_, site, f"{site} : {head}"[:200], "\n".join(lines), _short(head, _end(language, link, code)), link, worst.severity == 1
    )


def of_ends(id_: str, site: str, language: str, alarms: Sequence[Told]) -> Letter:
    """That alarms have ended; `at` of each is when."""
    english = language == "en"
    ordered = sorted(alarms, key=lambda alarm: alarm.severity)
    worst, count = ordered[0], len(ordered)
    head = f"{_name(worst)}{worst.sentence}"
    if count > 1:
        head = f"{count} alarms ended: {head}" if english else f"{count} alarmes terminées : {head}"
    else:
        head = f"Ended: {head}" if english else f"Terminée : {head}"
    return _plain_letter(id_, site, english, head, [f"{each.sentence} ({each.at})" for each in ordered])


def of_maintenance(id_: str, site: str, language: str, lines: Sequence[str]) -> Letter:
    """What the journal says of maintenance, the oldest first."""
    english, count = language == "en", len(lines)
    more = "" if count == 1 else f" (and {count - 1} more)" if english else f" (et {count - 1} de plus)"
    return _plain_letter(id_, site, english, f"{lines[0]}{more}", list(lines))


def _plain_letter(id_: str, site: str, english: bool, head: str, lines: list[str]) -> Letter:
    """One that asks for nothing."""
    told = lines[:MOST_LISTED]
    if (more := len(lines) - MOST_LISTED) > 0:
        told.append(f"… and {more} more." if english else f"… et {more} autres.")
    subject = f"{site}: {head}" if english else f"{site} : {head}"
    return Letter(id_, site, subject[:200], "\n".join(told), _short(head, ""), "", False)


def of_code(id_: str, site: str, language: str, code: str) -> Letter:
    if language == "en":
        text = f"{code} is the code that confirms this contact at {site}. It is good for 15 minutes."
        return Letter(id_, site, f"{site}: code {code}", text, _short(text, ""), "", False)
    text = f"{code} est le code qui confirme ce contact auprès de {site}. Il vaut 15 minutes."
    return Letter(id_, site, f"{site} : code {code}", text, _short(text, ""), "", False)


def of_test(id_: str, site: str, language: str) -> Letter:
    if language == "en":
        text = f"Test message of {site}: this contact is reached. Nothing needs to be done."
        return Letter(id_, site, f"{site}: test message", text, _short(text, ""), "", False)
    text = f"Message d’essai de {site} : ce contact est joint. Il n’y a rien à faire."
    return Letter(id_, site, f"{site} : message d’essai", text, _short(text, ""), "", False)


def _end(language: str, link: str, code: str) -> str:
    """How an SMS is answered."""
    answered = "" if not code else f"Reply A {code} to ack" if language == "en" else f"Rep. A {code} = acquitter"
    return " ".join(part for part in (answered, link) if part)


def _name(alarm: Told) -> str:
    """The asset first, unless the sentence begins with it."""
    return "" if not alarm.asset or alarm.sentence.startswith(alarm.asset) else f"{alarm.asset} : "


def _short(text: str, end: str) -> str:
    """In the GSM 7-bit alphabet, and no longer than one SMS; its end stays whole."""
    plain = _GSM.sub(_plain, text.replace("°", "o"))
    room = LONGEST_SMS - (len(end) + 1 if end else 0)
    if len(plain) > room:
        plain = f"{plain[: max(room - 3, 0)]}..."
    return f"{plain} {end}" if end else plain


def _plain(found: re.Match[str]) -> str:
    sign = {"’": "'", "—": "-", "–": "-", "…": "...", "«": '"', "»": '"', "“": '"', "”": '"', "\u00a0": " ", "\u202f": " "}
    if found[0] in sign:
        return sign[found[0]]
    bare = unicodedata.normalize("NFD", found[0])[0]
    return "?" if _GSM.fullmatch(bare) else bare
