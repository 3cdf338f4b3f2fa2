"""How the form of a rule is laid out over its schema: order, what excludes what, what begins filled in, what can be completed."""

from collections.abc import Iterable
from functools import cache

from django.db.models import Exists, OuterRef

from alarms.engine import spec as specs
from alarms.models import Rule
from assets.alphabet import alphabetical, in_tree
from assets.models import Asset, AssetKind, Point, Sector, Site
from hypervisor.pages import rule_labels

SECTIONS = (
    ("scope", ("scope",)),
    ("when", ("of", "first", "then", "unless", "when", "values", "direction", "limits", "per", "by", "distinct", "window",
              "within", "severity", "factor", "minimum", "minimum_history", "floor", "on_delay")),
    ("ends", ("deadband", "off_delay", "hold")),
    ("calendar", ("calendar",)),
    ("advice", ("stake", "suggested_action", "procedure")),
    ("fine", ("message", "cause", "settling")),
)  # fmt: skip
"""Sections of the form in order, with the fields of any kind that stand in them."""

EXCLUSIVE = {
    "Predicate": (("quantity", "event", "rule"), ("above", "below", "in")),
    "Clause": (("quantity", "all", "any", "not"), ("above", "below", "in")),
    "By": (("metres", "attribute"),),
}
"""Fields of which exactly one is given; the second group goes with the first field of the first."""
NEEDS = {
    "Predicate": {"deadband": "quantity", "attributes": "event"},
    "Clause": {"deadband": "quantity", "of": "quantity", "label": "quantity"},
}
MORE = {
    "Scope": ("tags", "attributes", "assets"), "Predicate": ("deadband", "kinds", "attributes"),
    "Clause": ("deadband", "of", "label"), "Calendar": ("exceptions",),
}  # fmt: skip
"""Fields that are folded away until wanted."""
OF_FACTS = ("silence", "condition", "count", "sequence", "missing")
"""Kinds whose scope needs no quantity: it is folded away."""
WIDGETS = {
    "*.on_delay": "seconds", "*.off_delay": "seconds", "*.within": "seconds", "*.window": "seconds", "*.hold": "seconds",
    "*.minimum": "seconds", "*.settling": "seconds", "*.kinds": "kinds", "Scope.sectors": "sectors", "Scope.assets": "assets",
    "*.quantity": "quantity", "Codes.in": "codes", "Predicate.in": "codes", "Clause.in": "codes", "Predicate.rule": "rules",
    "PointLimit.point": "limits", "Predicate.event": "events", "BilingualText.fr": "lines", "BilingualText.en": "lines",
}  # fmt: skip

_TWO = {"first": {"quantity": ""}, "then": {"quantity": ""}, "by": "asset"}
START: dict[str, dict[str, object]] = {
    "threshold": {"direction": "above", "limits": [{"severity": "high"}], "on_delay": 60.0, "off_delay": 60.0},
    "state": {"values": [{"severity": "high"}], "on_delay": 30.0, "off_delay": 30.0},
    "silence": {"of": "asset", "severity": "medium", "factor": 3.0, "minimum": 300.0},
    "condition": {"when": {"all": [{"quantity": ""}, {"quantity": ""}]}, "severity": "high", "on_delay": 30.0},
    "rate": {"window": 1200.0, "direction": "above", "limits": [{"severity": "medium"}], "on_delay": 300.0},
    "forecast": {"window": 3600.0, "within": 7200.0, "direction": "above", "limits": [{"severity": "low"}]},
    "anomaly": {"limits": [{"severity": "low", "limit": 6.0}], "on_delay": 900.0, "off_delay": 900.0},
    "count": {"of": {"quantity": ""}, "by": "sector", "within": 600.0, "limits": [{"severity": "high"}]},
    "sequence": {**_TWO, "within": 600.0, "severity": "high"},
    "missing": {**_TWO, "within": 300.0, "severity": "medium"},
}
"""What the form of a new rule begins with."""


@cache
def schema() -> dict:
    return specs.schema()


@cache
def _labels(language: str) -> dict[str, dict[str, list[str]]]:
    """Definition → field → [label, help]."""
    pick = 0 if language == "fr" else 1
    return {
        name: {
            field: [(told := rule_labels.field(name, field))[pick], told[2 + pick]] for field in definition.get("properties", ())
        }
        for name, definition in schema()["$defs"].items()
    }


def form(language: str) -> dict[str, object]:
    """Everything the generator of the form is given, but what the site can complete."""
    pick = 0 if language == "fr" else 1
    return {
        "schema": schema(),
        "labels": _labels(language),
        "values": {name: pair[pick] for name, pair in rule_labels.VALUES.items()},
        "choices": {name: pair[pick] for name, pair in rule_labels.CHOICES.items()},
        "kinds": {name: [told[pick], told[2 + pick]] for name, told in rule_labels.KINDS.items()},
        "sections": [[name, list(fields)] for name, fields in SECTIONS],
        "exclusive": EXCLUSIVE,
        "needs": NEEDS,
        "more": MORE,
        "of_facts": OF_FACTS,
        "widgets": WIDGETS,
        "start": START,
    }


def vocabulary(site: Site, language: str) -> dict[str, object]:
    """What the site's rules can speak of: kinds with their quantities, sectors, rules; four queries."""
    here = Asset.objects.filter(site=site, retired_at=None)
    kinds = AssetKind.objects.filter(Exists(here.filter(kind=OuterRef("pk"))))
    english = language == "en"
    told = [
        {
            "slug": kind.slug, "name": kind.name_en if english else kind.name_fr,
            "quantities": {template["quantity"]: _quantity(template, language) for template in kind.points},
        }
        for kind in kinds
    ]  # fmt: skip
    known = {quantity for kind in told for quantity in kind["quantities"]}
    others = Point.objects.filter(asset__site=site).exclude(quantity__in=known).order_by("quantity")
    return {
        "kinds": _by_name(told),
        "sectors": [{"slug": row.slug, "name": row.name} for row in in_tree(Sector.objects.filter(site=site).defer("polygon"))],
        "rules": _by_name(
            {"slug": slug, "name": en if english else fr}
            for slug, fr, en in Rule.objects.filter(site=site, built_in=False).values_list("slug", "name_fr", "name_en")
        ),
        "others": sorted(others.values_list("quantity", flat=True).distinct()),
        "events": ["plate_read", "badge_read", "call_button", "motion"],
    }


def _quantity(template: dict, language: str) -> dict[str, object]:
    codes = template.get("codes_en" if language == "en" else "codes") or template.get("codes") or {}
    name = template.get(f"name_{language}") or template["quantity"].replace("_", " ")
    return {"name": name, "unit": template.get("unit", ""), "codes": codes}


def _by_name(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda row: alphabetical(row["name"]))
