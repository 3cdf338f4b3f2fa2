"""What an incident is called: the matter it began with, where, and its worst value. Pure.

    Crue — Iris, Rive : niveau d'eau 3,54 m au pire (LIM-0012)

The matter is that of the alarm it began with, and stays. Places are added as alarms join; the worst value of that matter
replaces a lesser one, and nothing replaces it. An incident with a cause is named by the cause. What a person called it stays.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from alarms.engine.wording import Bilingual

NAMED = 3
"""Places that a title names; of more it says that there are others."""
LONGEST = 400


class Worst(Struct, frozen=True):
    """The worst value of the matter: in words, of which asset, how severe (1 is the worst) and how far it went."""

    words: Bilingual
    code: str
    severity: int
    extent: float
    measured: bool = True

    def is_worse(self, severity: int, extent: float) -> bool:
        """Whether another is worse than this."""
        return (severity, -extent) < (self.severity, -self.extent)


class Naming(Struct, frozen=True, omit_defaults=True):
    """What the title is made of, kept with the incident, and which rules it is about.

    rule    the one it began with
    about   the asset, building or feeding asset its alarms share
    also    other rules that spoke of its assets, each with the first such alarm: more of them belong to it, too
    """

    matter: Bilingual
    rule: int
    about: str = ""
    worst: Worst | None = None
    also: tuple[tuple[int, int], ...] = ()


def naming(kept: Mapping[str, object]) -> Naming | None:
    """As the incident keeps it; None of one whose title is not ours to change."""
    return msgspec.convert(kept, Naming) if kept else None


def kept(of: Naming) -> dict[str, object]:
    return msgspec.to_builtins(of)


def title(of: Naming, places: Sequence[str]) -> Bilingual:
    """French and English, no longer than LONGEST."""
    where = of.about or listed(places)
    fr = f"{of.matter.fr} — {where}" if where else of.matter.fr
    en = f"{of.matter.en} — {where}" if where else of.matter.en
    if of.worst is not None:
        code = f" ({of.worst.code})" if of.worst.code and of.worst.code not in where else ""
        at_worst = (" au pire", " at worst") if of.worst.measured else ("", "")
        fr += f" : {of.worst.words.fr}{at_worst[0]}{code}"
        en += f": {of.worst.words.en}{at_worst[1]}{code}"
    return Bilingual(fr[:LONGEST], en[:LONGEST])


def listed(names: Sequence[str]) -> str:
    return ", ".join((*names[:NAMED], *("…",) * (len(names) > NAMED)))


_PREPOSITIONS = frozenset({"de", "du", "des", "à", "en", "au"})
_INVARIABLE = frozenset({"incendie", "météo"})
"""Nouns that stand as adjectives in names of kinds."""
_OUT = {"lamp": (Bilingual("éteint", "out"), Bilingual("éteints", "out"))}
"""How an asset of a kind is when what feeds it is gone, one and several; others are at fault."""
_AT_FAULT = (Bilingual("en défaut", "at fault"),) * 2


class Dependants(Struct, frozen=True):
    """How many assets of a kind are in alarm below a cause; the kind's slug and names."""

    kind: str
    fr: str
    en: str
    number: int


def dependants(below: Sequence[Dependants]) -> Bilingual | None:
    """What is out below a cause, the most numerous kind first: "19 candélabres éteints, 2 autres équipements"."""
    if not below:
        return None
    most = _most(below)
    out = _OUT.get(most.kind, _AT_FAULT)[most.number > 1]
    return _with_others(below, Bilingual(f"{_numbered(most).fr} {out.fr}", f"{_numbered(most).en} {out.en}"))


def depending(below: Sequence[Dependants]) -> Bilingual | None:
    """What may be out below a cause of which nothing below it has spoken: "19 candélabres en dépendent"."""
    if not below:
        return None
    several = sum(each.number for each in below) > 1
    told = _with_others(below, _numbered(_most(below)))
    return Bilingual(f"{told.fr} en dépend{'ent' if several else ''}", f"{told.en} depend{'' if several else 's'} on it")


def so_far(on_it: Sequence[Dependants], out: Sequence[Dependants]) -> Bilingual | None:
    """What is known at this instant of what depends on a cause: how many do, and how many of them are seen to be out; those alone
    once all have spoken: "19 candélabres en dépendent, 7 éteints pour l'instant", "19 candélabres éteints"."""
    if not on_it or not out:
        return dependants(out) or depending(on_it)
    seen, waiting = _most(out), {each.kind: each.number for each in on_it}
    if seen.number >= waiting.get(seen.kind, 0):
        return dependants(out)
    told, said = depending(on_it), _OUT.get(seen.kind, _AT_FAULT)[seen.number > 1]
    of_these = _with_others(out, Bilingual(f"{seen.number} {said.fr}", f"{seen.number} {said.en}"))
    return Bilingual(f"{told.fr}, {of_these.fr} pour l'instant", f"{told.en}, {of_these.en} so far")


def _most(below: Sequence[Dependants]) -> Dependants:
    return min(below, key=lambda each: (-each.number, each.kind))


def _numbered(of: Dependants) -> Bilingual:
    if of.number == 1:
        return Bilingual(f"1 {_lower(of.fr)}", f"1 {_lower(of.en)}")
    return Bilingual(f"{of.number} {_plural_fr(of.fr)}", f"{of.number} {_plural_en(of.en)}")


def _with_others(below: Sequence[Dependants], told: Bilingual) -> Bilingual:
    rest = sum(each.number for each in below) - _most(below).number
    if not rest:
        return told
    plural = "s" if rest > 1 else ""
    return Bilingual(f"{told.fr}, {rest} autre{plural} équipement{plural}", f"{told.en}, {rest} other asset{plural}")


def _plural_fr(name: str) -> str:
    """Up to its first preposition: "escaliers mécaniques", "compteurs d'eau"."""
    words = _lower(name).split(" ")
    for place, word in enumerate(words):
        if word in _PREPOSITIONS or word[1:2] == "'" or not word.islower():
            break
        if word not in _INVARIABLE and word[-1] not in "sxz":
            words[place] = word + ("x" if word.endswith("eau") else "s")
    return " ".join(words)


def _plural_en(name: str) -> str:
    name = _lower(name)
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return name if name.endswith("s") else f"{name}s"


def _lower(name: str) -> str:
    """Without the capital of a name that is no abbreviation."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
