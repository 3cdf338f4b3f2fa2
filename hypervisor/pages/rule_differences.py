"""What changed from one version of a rule to another, in the reader's words."""

from collections.abc import Mapping
from dataclasses import dataclass

from alarms.engine.figures import plain
from alarms.engine.sentence import duration
from alarms.rules import rulebook
from alarms.site.labels import EVENTS
from assets.models import Site
from hypervisor.pages import rule_form, rule_labels

Names = Mapping[str, Mapping[str, str]]
"""Field of a rule → what it may name, by slug."""


def names(site: Site, language: str) -> Names:
    """What rules of the site may name."""
    known = rule_form.vocabulary(site, language)
    quantities = {slug: quantity["name"] for kind in known["kinds"] for slug, quantity in kind["quantities"].items()}
    by_slug = {part: {each["slug"]: each["name"] for each in known[part]} for part in ("kinds", "sectors", "rules")}
    pick = 0 if language == "fr" else 1
    own = {"event": {slug: pair[pick] for slug, pair in EVENTS.items()}}
    own |= {"kind": {slug: told[pick] for slug, told in rule_labels.KINDS.items()}}
    places = {"kinds": by_slug["kinds"], "sectors": by_slug["sectors"]}
    return places | own | {"rule": by_slug["rules"], "quantity": quantities}


def told_differences(old: dict, new: dict, language: str, named: Names) -> list[tuple[str, str, str]]:
    """(field, old, new); two kinds of rule have nothing in common to compare by field."""
    definitions, kind = rule_form.schema()["$defs"], new["kind"]
    teller = _Teller(definitions, language, named)
    lines = []
    for path, was, now in rulebook.differences(old, new):
        label, node = rule_labels.field_at(definitions, kind, path, language)
        field = path.rpartition(".")[2].partition("[")[0]
        lines.append((label, teller.told(field, node, was), teller.told(field, node, now)))
    return lines


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts values of fields into words: what the schema knows as a field or a choice, and nothing that people wrote."""

    definitions: dict
    language: str
    named: Names

    def told(self, field: str, node: dict, value: object) -> str:
        if value is None or value == [] or value == {}:
            return "—"
        if isinstance(value, bool):
            return self._word("true" if value else "false")
        if isinstance(value, str):
            return self.named.get(field, {}).get(value) or (self._word(value) if _is_choice(node, value) else value)
        if isinstance(value, int | float):
            if node and rule_form.WIDGETS.get(f"*.{field}") == "seconds":
                return duration(round(value * 1_000_000), self.language)
            return plain(value, self.language)
        if isinstance(value, list):
            inner = rule_labels.behind(self.definitions, node.get("items", {}))
            return ", ".join(self.told(field, inner, each) for each in value)
        if isinstance(value, dict):
            return ", ".join(self._part(node, name, each) for name, each in value.items())
        return str(value)

    def _part(self, node: dict, name: str, value: object) -> str:
        between = "\N{NO-BREAK SPACE}: " if self.language == "fr" else ": "
        inner = node.get("properties", {}).get(name)
        if inner is None:
            return f"{name}{between}{self.told('', {}, value)}"
        said = self.told(name, rule_labels.behind(self.definitions, inner), value)
        return f"{rule_labels.label_in(node, name, self.language)}{between}{said}"

    def _word(self, value: str) -> str:
        return rule_labels.VALUES.get(value, (value, value))[0 if self.language == "fr" else 1]


def _is_choice(node: dict, value: str) -> bool:
    return any(value in option.get("enum", ()) for option in (node, *node.get("anyOf", ())))
