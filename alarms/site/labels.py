"""What rules call the facts they are made of, in the inventory's words: "état du point lumineux : lampe en défaut".

A rule may name its facts itself (`label`). Where it does not, the engine knows only the quantity's slug and the number of its
state; the catalogue knows both languages. What is named here goes into evidence and sentences like any label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from alarms.engine import spec as specs
from alarms.engine.figures import key, plain
from alarms.engine.phrases import NO_BREAK
from alarms.engine.sentence import measured
from alarms.engine.wording import Bilingual

Templates = Mapping[tuple[str, str], Mapping[str, Any]]
"""Point templates of the catalogue by (kind, quantity)."""

EVENTS = {
    "badge_read": ("badge lu", "badge read"),
    "call_answered": ("réponse à l’appel", "call answered"),
    "call_button": ("bouton d’appel", "call button"),
    "motion": ("mouvement", "motion"),
    "plate_read": ("plaque lue", "plate read"),
}
"""Events of usual supervisors; others are called as their supervisor calls them."""
_FACTS = ("of", "first", "then", "unless")


def labelled(spec: specs.Spec, templates: Templates, rules: Mapping[str, tuple[str, str]]) -> specs.Spec:
    """The same rule with a label on every fact that has none; `rules`: slug → names fr, en. Judged as before."""
    if isinstance(spec, specs.Condition):
        return msgspec.structs.replace(spec, when=_clause(spec.when, spec.scope.kinds, templates))
    named = {
        name: _predicate(fact, fact.kinds or spec.scope.kinds, templates, rules)
        for name in _FACTS
        if isinstance(fact := getattr(spec, name, None), specs.Predicate)
    }
    return msgspec.structs.replace(spec, **named) if named else spec


def _predicate(
    fact: specs.Predicate, kinds: Iterable[str], templates: Templates, rules: Mapping[str, tuple[str, str]]
) -> specs.Predicate:
    if fact.label is not None:
        return fact
    if fact.quantity is not None:
        label = _compared(fact, kinds, templates)
    elif fact.event is not None:
        label = Bilingual(*EVENTS[fact.event]) if fact.event in EVENTS else None
    else:
        pair = rules.get(fact.rule or "")
        label = pair and Bilingual(pair[0], pair[1])
    return msgspec.structs.replace(fact, label=label) if label else fact


def _clause(clause: specs.Clause, kinds: Iterable[str], templates: Templates) -> specs.Clause:
    if clause.quantity is not None:
        # What an asset depends on is of a kind that the rule does not name.
        label = clause.label or _compared(clause, kinds if clause.of == "asset" else (), templates)
        return msgspec.structs.replace(clause, label=label)
    changed: dict[str, object] = {
        name: tuple(_clause(part, kinds, templates) for part in parts)
        for name in ("all", "any")
        if (parts := getattr(clause, name)) is not None
    }
    if clause.negated is not None:
        changed["negated"] = _clause(clause.negated, kinds, templates)
    return msgspec.structs.replace(clause, **changed)


def _compared(fact: specs.Predicate | specs.Clause, kinds: Iterable[str], templates: Templates) -> Bilingual | None:
    wanted = set(kinds)
    known = [
        template
        for (kind, quantity), template in sorted(templates.items())
        if quantity == fact.quantity and (not wanted or kind in wanted)
    ]
    if not known:
        return None
    return Bilingual(_labelled_fact(fact, known, "fr"), _labelled_fact(fact, known, "en"))


def _labelled_fact(fact: specs.Predicate | specs.Clause, known: list[Mapping[str, Any]], language: str) -> str:
    name = known[0].get(f"name_{language}") or str(fact.quantity).replace("_", " ")
    name = name[:1].lower() + name[1:] if name[1:2].islower() else name
    if fact.codes is not None:
        states = " / ".join(_state(code, known, language) for code in fact.codes)
        return f"{name}{NO_BREAK if language == 'fr' else ''}: {states}"[:500]
    sign, limit = (">", fact.above) if fact.above is not None else ("<", fact.below)
    return f"{name} {sign} {measured(plain(limit or 0.0, language), known[0].get('unit') or '', language)}"


def _state(code: float, known: list[Mapping[str, Any]], language: str) -> str:
    """Its name, where the kinds agree on it; else its number."""
    names = {
        name
        for template in known
        if (name := ((language == "en" and template.get("codes_en")) or template.get("codes") or {}).get(key(code)))
    }
    return names.pop() if len(names) == 1 else plain(code, language)
