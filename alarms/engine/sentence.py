"""One sentence in French and one in English from a transition's evidence and the names of its subject. Pure.

"Niveau d'eau 2,63 m > 2,50 m depuis 2 min — Verdanson aval": what, how much against how much, for how long, where.
French typography follows the Imprimerie nationale: decimal comma, thousands by a narrow no-break space, no-break spaces
before a unit and a colon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from alarms.engine.evidence import (
    AnomalyEvidence,
    CalendarEvidence,
    ConditionEvidence,
    CountEvidence,
    Evidence,
    ForecastEvidence,
    MissingEvidence,
    RateEvidence,
    SequenceEvidence,
    SilenceEvidence,
    StateEvidence,
    ThresholdEvidence,
)
from alarms.engine.figures import apart, compared, key, number, plain
from alarms.engine.phrases import NO_BREAK, PHRASES, SEVERITIES
from alarms.engine.transitions import PAST, Transition
from alarms.engine.wording import Message

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Named:
    """How the subject is called: its asset (or feed), its quantity and the labels of its states, in both languages."""

    name: str
    quantity: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    states: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language → code as text → label."""


def sentence(transition: Transition, named: Named, message: Message | None = None) -> tuple[str, str]:
    """(French, English). A rule's own message is used for what raises or changes its alarm, never for the return to normal."""
    return _say(transition, named, message, "fr"), _say(transition, named, message, "en")


def duration(microseconds: int, language: str) -> str:
    """ "45 s", "2 min", "1 h 05 min", "3 j 4 h" (days are "d" in English), to two units at most."""
    return _duration(round(microseconds / SECOND), language)


# Ten thousand alarms at once are as many sentences, in two languages and of few different durations.
@lru_cache(maxsize=4096)
def _duration(seconds: int, language: str) -> str:
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 120 and seconds % 60:
        return f"{seconds}{NO_BREAK}s"
    if minutes < 60:
        return f"{minutes}{NO_BREAK}min" if seconds else f"0{NO_BREAK}s"
    if hours < 48:
        whole, rest = divmod(minutes, 60)
        return f"{whole}{NO_BREAK}h" + (f"{NO_BREAK}{rest:02d}{NO_BREAK}min" if rest else "")
    whole, rest = divmod(hours, 24)
    return f"{whole}{NO_BREAK}{PHRASES[language]['day']}" + (f"{NO_BREAK}{rest}{NO_BREAK}h" if rest else "")


def _say(transition: Transition, named: Named, message: Message | None, language: str) -> str:
    words, phrases = _words(transition, named, language), PHRASES[language]
    if message is not None and transition.kind != "clear":
        return getattr(message, language).format_map(words)
    evidence = transition.evidence
    if isinstance(evidence, SilenceEvidence):
        if transition.kind == "clear":
            told = phrases["heard"].format(words["duration"])
        else:
            told = phrases[f"{evidence.of} silent"].format(words["duration"], duration(evidence.interval, language))
        return f"{told} — {named.name}"
    phrase = _phrase(transition.kind, evidence)
    if phrase is not None:
        told = phrases[phrase].format_map(words | {"colon": phrases["colon"]})
        if isinstance(evidence, ForecastEvidence) and evidence.reached_at is not None and transition.kind != "clear":
            told += phrases["reached"].format(duration(max(evidence.reached_at - transition.at, 0), language))
    elif isinstance(evidence, StateEvidence):
        told = f"{words['quantity']}{phrases['colon']}{words['state']}"
    else:
        told = f"{words['quantity']} {words['value']} {_sign(evidence)} {words['limit']}"
    if transition.kind == "clear":
        if phrase in (None, "rate", "forecast"):
            told = phrases["normal"] + told[:1].lower() + told[1:]
    elif getattr(evidence, "delay", 0) >= SECOND:
        told += phrases["since"].format(words["duration"])
    late = transition.learned - transition.at
    if late > PAST:
        told += phrases["late"].format(duration(late, language))
    return f"{told} — {named.name}"


def _phrase(kind: str, evidence: Evidence) -> str | None:
    """Which phrase tells it; None for thresholds and states, whose sentence is made of their words."""
    clear = kind == "clear"
    match evidence:
        case RateEvidence():
            return "rate"
        case ForecastEvidence():
            return "forecast" if not evidence.bounded else "unbounded" if clear else "bounded"
        case AnomalyEvidence():
            return "usual" if clear else "anomaly"
        case ConditionEvidence():
            return "no longer" if clear else "condition"
        case CountEvidence():
            return "left" if clear else "count"
        case SequenceEvidence():
            return "sequence over" if clear else "sequence" if evidence.then.at - evidence.first.at >= SECOND else "at once"
        case MissingEvidence():
            return ("came" if evidence.then is not None else "never came") if clear else "missing"
        case CalendarEvidence():
            return "calendar"
    return None


_OWN = ("value", "limit", "state", "count", "within", "first", "then", "forecast", "expected")
"""Placeholders that only some kinds have a word for."""


def _words(transition: Transition, named: Named, language: str) -> dict[str, str]:
    """What a message's placeholders stand for; see spec.PLACEHOLDERS."""
    evidence = transition.evidence
    words = {
        "asset": named.name,
        "feed": named.name,
        "quantity": named.quantity.get(language, ""),
        "severity": SEVERITIES[language][transition.severity],
        "duration": duration(_lasted(transition), language),
    } | dict.fromkeys(_OWN, "")
    if isinstance(evidence, StateEvidence):
        words["state"] = named.states.get(language, {}).get(key(evidence.value)) or plain(evidence.value, language)
        words["value"] = words["state"]
    elif isinstance(evidence, ThresholdEvidence | RateEvidence | ForecastEvidence):
        words["value"], words["limit"] = _with_units(compared(evidence.value, evidence.limit, language), named, language)
        words["sign"] = _sign(evidence)
        words["window"] = duration(getattr(evidence, "window", 0), language)
        words["within"] = duration(getattr(evidence, "within", 0), language)
        if isinstance(evidence, ForecastEvidence):
            if evidence.bounded:
                beyond = PHRASES[language]["over" if evidence.slope > 0 else "under"]
                words["value"] = beyond.format(measured(plain(evidence.value, language), named.unit, language))
            words["forecast"] = words["value"]
    elif isinstance(evidence, AnomalyEvidence):
        words["value"], words["limit"] = compared(evidence.value, evidence.limit, language)
        words["reading"], words["median"] = _with_units(apart(evidence.reading, evidence.median, language), named, language)
        words["expected"] = words["median"]
    else:
        words |= _gathered(evidence, language)
    return words


def _with_units(numbers: tuple[str, str], named: Named, language: str) -> tuple[str, str]:
    return measured(numbers[0], named.unit, language), measured(numbers[1], named.unit, language)


def _gathered(evidence: Evidence, language: str) -> dict[str, str]:
    """The words of the kinds that live on facts."""
    match evidence:
        case ConditionEvidence():
            terms = [getattr(term.what, language) for term in evidence.terms if term.holds]
            terms = terms or [getattr(term.what, language) for term in evidence.terms]
            return {"terms": PHRASES[language]["and"].join(terms)}
        case CountEvidence():
            return {
                "count": number(evidence.count, language, 0), "what": getattr(evidence.what, language),
                "within": duration(evidence.within, language), "limit": number(evidence.at_least, language, 0),
            }  # fmt: skip
        case SequenceEvidence() | MissingEvidence():
            then = evidence.then.what if isinstance(evidence, SequenceEvidence) else evidence.expected
            gap = 0 if evidence.then is None else max(evidence.then.at - evidence.first.at, 0)
            return {
                "first": getattr(evidence.first.what, language), "then": getattr(then, language),
                "within": duration(evidence.within, language), "gap": duration(gap, language),
            }  # fmt: skip
    return {}


def _lasted(transition: Transition) -> int:
    """A move downwards tells how long the better values have held; a silence that ends, how long it was; else the condition."""
    if isinstance(transition.evidence, SilenceEvidence):
        return transition.at - transition.evidence.heard
    return max(transition.at - getattr(transition.evidence, "first_at", transition.since), 0)


def _sign(evidence: ThresholdEvidence | RateEvidence | ForecastEvidence) -> str:
    """Downwards, the value is compared to where the severity left behind ends, from the other side."""
    beyond = evidence.value > evidence.limit
    return ">" if beyond else "<" if evidence.value < evidence.limit else "="


def measured(text: str, unit: str, language: str) -> str:
    """A number that is written already, with its unit as the language puts it."""
    if not unit:
        return text
    return f"{text}%" if unit == "%" and language == "en" else f"{text}{NO_BREAK}{unit}"
