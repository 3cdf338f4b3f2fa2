"""What changed from one version of a rule to another, in the reader's words."""

from collections.abc import Mapping

from alarms import rulebook
from alarms.engine.sentence import duration
from alarms.labels import EVENTS
from assets.models import Site
from hypervisor.pages import rule_form, rule_labels

Names = Mapping[str, Mapping[str, str]]
"""Field of a rule → what it may name, by slug."""


def names(site: Site, language: str) -> Names:
    """What rules of the site may name."""
    known = rule_form.vocabulary(site, language)
    quantities = {slug: quantity["name"] for kind in known["kinds"] for slug, quantity in kind["quantities"].items()}
    by_slug = {part: {each["slug"]: each["name"] for each in known[part]} for part in ("kinds", "sectors", "rules")}
    events = {slug: pair[0 if language == "fr" else 1] for slug, pair in EVENTS.items()}
    places = {"kinds": by_slug["kinds"], "sectors": by_slug["sectors"]}
    return places | {"rule": by_slug["rules"], "quantity": quantities, "event": events}


def told_differences(old: dict, new: dict, language: str, named: Names) -> list[tuple[str, str, str]]:
    """(field, old, new); two kinds of rule have nothing in common to compare by field."""
    definitions = rule_form.schema()["$defs"]
    return [
        (
            rule_labels.path_label(definitions, new["kind"], path, language),
            *(_told(path.rpartition(".")[2].partition("[")[0], each, language, named) for each in (was, now)),
        )
        for path, was, now in rulebook.differences(old, new)
    ]


def _told(field: str, value: object, language: str, named: Names) -> str:
    pick = 0 if language == "fr" else 1
    if value is None or value == [] or value == {}:
        return "—"
    if isinstance(value, bool):
        return rule_labels.VALUES["true" if value else "false"][pick]
    if isinstance(value, str):
        return named.get(field, {}).get(value) or rule_labels.VALUES.get(value, (value, value))[pick]
    if isinstance(value, int | float):
        if rule_form.WIDGETS.get(f"*.{field}") == "seconds":
            return duration(round(value * 1_000_000), language)
        return f"{value:g}".replace(".", "," if language == "fr" else ".")
    if isinstance(value, list):
        return ", ".join(_told(field, each, language, named) for each in value)
    if isinstance(value, dict):
        between = "\N{NO-BREAK SPACE}: " if language == "fr" else ": "
        return ", ".join(
            f"{rule_labels.anywhere(name, language)}{between}{_told(name, each, language, named)}" for name, each in value.items()
        )
    return str(value)
