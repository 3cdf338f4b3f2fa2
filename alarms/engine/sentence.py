"""One sentence in French and one in English from a transition's evidence and the names of its subject. Pure.

"Niveau d'eau 2,63 m > 2,50 m depuis 2 min — Verdanson aval": what, how much against how much, for how long, where.
French typography follows the Imprimerie nationale: decimal comma, thousands by a narrow no-break space, no-break spaces
before a unit and a colon.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec
from msgspec import Struct

from alarms.engine.evidence import (
    AnomalyEvidence,
    CalendarEvidence,
    ConditionEvidence,
    CountEvidence,
    Evidence,
    ForecastEvidence,
    Limited,
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


class Named(Struct, frozen=True, gc=False):
    """How the subject is called: its asset (or feed), its quantity and the labels of its states, in both languages."""

    name: str
    quantity: Mapping[str, str] = msgspec.field(default_factory=dict)
    unit: str = ""
    states: Mapping[str, Mapping[str, str]] = msgspec.field(default_factory=dict)
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


def figure(evidence: Evidence, named: Named) -> tuple[str, str] | None:
    """The value an alarm rests on, short: "niveau d'eau 3,54 m", or the state; (French, English), None where there is none."""
    if isinstance(evidence, StateEvidence):
        return _state(evidence, named, "fr"), _state(evidence, named, "en")
    if isinstance(evidence, ThresholdEvidence):
        return _measured(evidence, named, "fr"), _measured(evidence, named, "en")
    if isinstance(evidence, CountEvidence):
        count, what = evidence.count, evidence.what
        return f"{number(count, 'fr', 0)} × {what.fr}", f"{number(count, 'en', 0)} × {what.en}"
    return None


def extent(evidence: Evidence) -> float:
    """How far the value went to the bad side, to be compared among alarms of one rule; 0 where there is no value."""
    if isinstance(evidence, CountEvidence):
        return evidence.count
    if isinstance(evidence, Limited):
        return -evidence.value if evidence.direction == "below" else evidence.value
    return 0


def beyond(evidence: Evidence) -> float:
    """How far a value went beyond the limit that is told; 0 of kinds without one."""
    if not isinstance(evidence, Limited):
        return 0
    return evidence.limit - evidence.value if evidence.direction == "below" else evidence.value - evidence.limit


def _measured(evidence: ThresholdEvidence, named: Named, language: str) -> str:
    value, _ = _with_units(compared(evidence.value, evidence.limit, language), named, language)
    quantity = named.quantity.get(language, "")
    lower = quantity[:1].lower() + quantity[1:] if quantity[1:2].islower() else quantity
    return f"{lower} {value}".strip()


def _state(evidence: StateEvidence, named: Named, language: str) -> str:
    return named.states.get(language, {}).get(key(evidence.value)) or plain(evidence.value, language)


def _say(transition: Transition, named: Named, message: Message | None, language: str) -> str:
    phrases, evidence = PHRASES[language], transition.evidence
    speaks = isinstance(evidence, SilenceEvidence) and evidence.ahead is not None
    if message is not None and transition.kind != "clear" and not speaks:  # the rule's own words say that it is silent
        words = _words(transition, named, language)
        return (message.fr if language == "fr" else message.en).format_map(words)
    if isinstance(evidence, SilenceEvidence):
        return f"{_hush(transition.kind, evidence, duration(_lasted(transition), language), language)} — {named.name}"
    phrase, quantity = "", named.quantity.get(language, "")
    if isinstance(evidence, ThresholdEvidence):  # ten thousand at once are of this kind
        value, limit = compared(evidence.value, evidence.limit, language)
        value, limit = measured(value, named.unit, language), measured(limit, named.unit, language)
        told = f"{quantity} {value} {_sign(evidence)} {limit}"
    elif isinstance(evidence, StateEvidence):
        told = f"{quantity}{phrases['colon']}{_state(evidence, named, language)}"
    else:
        phrase = _phrase(transition.kind, evidence)
        told = phrases[phrase].format_map(_words(transition, named, language) | {"colon": phrases["colon"]})
        if isinstance(evidence, ForecastEvidence) and evidence.reached_at is not None and transition.kind != "clear":
            told += phrases["reached"].format(duration(max(evidence.reached_at - transition.at, 0), language))
    if transition.kind == "clear":
        if phrase in ("", "rate", "forecast"):
            told = phrases["normal"] + told[:1].lower() + told[1:]
    elif getattr(evidence, "delay", 0) >= SECOND and (lasted := _lasted(transition)) >= SECOND:
        told += phrases["since"].format(duration(lasted, language))
    late = transition.learned - transition.at
    if late > PAST:
        told += phrases["late"].format(duration(late, language))
    return f"{_capital(told)} — {named.name}"


def _capital(told: str) -> str:
    """A sentence begins with a capital letter, but for what is written otherwise: pH, kWh."""
    return told[:1].upper() + told[1:] if told[1:2].islower() or told[1:2].isspace() else told


def _hush(kind: str, evidence: SilenceEvidence, lasted: str, language: str) -> str:
    phrases = PHRASES[language]
    if kind == "clear":
        return phrases["heard" if evidence.ahead is None else "usable"].format(lasted)
    if evidence.ahead is None:
        return phrases[f"{evidence.of} silent"].format(lasted, duration(evidence.interval, language), colon=phrases["colon"])
    if evidence.ahead == 0:
        return phrases["unusable"].format(lasted)
    phrase = phrases["clock ahead" if evidence.ahead > 0 else "clock behind"]
    return phrase.format(duration(abs(evidence.ahead), language), lasted, colon=phrases["colon"])


def _phrase(kind: str, evidence: Evidence) -> str:
    """Which phrase tells it. Thresholds, states and silences have none, nor has what is set aside."""
    clear = kind == "clear"
    match evidence:
        case RateEvidence():
            return "rate"
        case ForecastEvidence():
            return "forecast" if not evidence.bounded else "unbounded" if clear else "bounded"
        case AnomalyEvidence():
            if evidence.hourly:
                return "usual hour" if clear else "anomaly of an hour"
            if clear:
                return "usual"
            return "anomaly of old" if evidence.low is None else "anomaly"
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
        case _:
            raise LookupError(f"no phrase tells {type(evidence).__name__}")


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
        words["state"] = _state(evidence, named, language)
        words["value"] = words["state"]
    elif isinstance(evidence, Limited):
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
        if evidence.low is not None and evidence.high is not None:
            above = evidence.reading > evidence.median
            near, far = (evidence.high, evidence.low) if above else (evidence.low, evidence.high)
            reading, edge = apart(evidence.reading, near, language)
            other = apart(near, far, language)[1]
            words["reading"] = measured(reading, named.unit, language)
            words["low"], high = (other, edge) if above else (edge, other)
            words["high"] = measured(high, named.unit, language)
            words["weeks"] = PHRASES[language]["week" if evidence.weeks == 1 else "weeks"].format(evidence.weeks)
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
            # As both times are read, to the second: 14:32:04 and 14:32:07 are 3 s apart.
            gap = 0 if evidence.then is None else max(evidence.then.at // SECOND - evidence.first.at // SECOND, 0) * SECOND
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


def _sign(evidence: Limited) -> str:
    """Downwards, the value is compared to where the severity left behind ends, from the other side."""
    beyond = evidence.value > evidence.limit
    return ">" if beyond else "<" if evidence.value < evidence.limit else "="


def measured(text: str, unit: str, language: str) -> str:
    """A number that is written already, with its unit as the language puts it."""
    if not unit:
        return text
    return f"{text}%" if unit == "%" and language == "en" else f"{text}{NO_BREAK}{unit}"
