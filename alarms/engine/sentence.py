"""One sentence in French and in English from a transition and the names of its subject. Pure.

"Niveau d'eau 2,63 m > 2,50 m depuis 2 min — Verdanson aval": what, how much against how much, for how long, where.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alarms.engine.spec import Bilingual
from alarms.engine.transitions import SilenceEvidence, StateEvidence, Transition

SECOND = 1_000_000
_THIN = "\u202f"  # French groups thousands with a narrow no-break space
_SEVERITY_FR = {"critical": "critique", "high": "haute", "medium": "moyenne", "low": "basse"}


@dataclass(frozen=True, slots=True)
class Named:
    """How the subject is called: its asset (or feed), its quantity and the labels of its states, in both languages."""

    name: str
    quantity: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    states: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language → code as text → label."""


def number(value: float, language: str) -> str:
    """At most three decimals, none that are zero beyond two; French writes a comma and groups by thin spaces."""
    text = f"{value:,.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:,.3g}"
    if value == round(value):
        text = f"{value:,.0f}"
    if language == "en":
        return text
    return text.replace(",", _THIN).replace(".", ",")


def duration(microseconds: int) -> str:
    """"45 s", "2 min", "1 h 05", "3 j" are written alike in both languages but for the day."""
    seconds = round(microseconds / SECOND)
    if seconds < 90:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d}" if hours < 48 else f"{round(hours / 24)} × 24 h"


def sentence(transition: Transition, named: Named, message: Bilingual | None = None) -> tuple[str, str]:
    """(French, English); from the rule's own message when it has one."""
    return tuple(_say(transition, named, message, language) for language in ("fr", "en"))


def _say(transition: Transition, named: Named, message: Bilingual | None, language: str) -> str:
    words = _words(transition, named, language)
    if message is not None:
        return getattr(message, language).format_map(words)
    evidence = transition.evidence
    french = language == "fr"
    if isinstance(evidence, SilenceEvidence):
        what = "Silence" if french else "Silent"
        usual = f"attendu toutes les {duration(evidence.interval)}" if french else f"expected every {duration(evidence.interval)}"
        return f"{what} {'depuis' if french else 'for'} {words['duration']} ({usual}) — {named.name}"
    if isinstance(evidence, StateEvidence):
        joined = f"{words['quantity']}{' : ' if french else ': '}{words['state']}"
    else:
        sign = ">" if evidence.direction == "above" else "<"
        joined = f"{words['quantity']} {words['value']} {sign} {words['limit']}"
    held = evidence.delay >= SECOND
    since = f" {'depuis' if french else 'for'} {words['duration']}" if held else ""
    return f"{joined}{since} — {named.name}"


def _words(transition: Transition, named: Named, language: str) -> dict[str, str]:
    evidence = transition.evidence
    severity = _SEVERITY_FR[transition.severity] if language == "fr" else transition.severity
    words = {
        "asset": named.name, "feed": named.name, "quantity": named.quantity.get(language, ""), "severity": severity,
        "value": "", "limit": "", "state": "", "duration": "",
    }  # fmt: skip
    if isinstance(evidence, SilenceEvidence):
        return words | {"duration": duration(evidence.period)}
    words["duration"] = duration(max(transition.at - evidence.first_at, evidence.delay))
    words["value"] = _measured(evidence.value, named.unit, language)
    if isinstance(evidence, StateEvidence):
        words["state"] = named.states.get(language, {}).get(f"{evidence.value:g}") or number(evidence.value, language)
    else:
        words["limit"] = _measured(evidence.limit, named.unit, language)
    return words


def _measured(value: float, unit: str, language: str) -> str:
    return f"{number(value, language)} {unit}".rstrip()
