"""Surveys a site: its inventory and active rules, out of the database and into the columns the engine works on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import msgspec
import numpy as np
from django.db import connection
from numpy.typing import NDArray

from alarms.engine import spec as specs
from alarms.engine.facts import stable
from alarms.engine.layout import ScopedRule
from alarms.engine.scope import PointColumns, rows_in_scope
from alarms.engine.sentence import Named
from alarms.labels import Templates, labelled
from alarms.models import Rule, RuleVersion
from alarms.rules import fingerprint
from assets.models import AssetKind, Site
from assets.register import Assets, Feeds, Points, Register

SECOND = 1_000_000
NAMED_BY_TEXT = frozenset({"sector", "attribute"})
"""Kinds of subjects that have a name instead of an id."""

BUILT_IN = "vigie.set-aside"
"""Slug of the one rule that the house brings along, which nobody can write: a slug has no dot."""

_ASSETS = """
SELECT a.id, k.slug, coalesce(s.path, ''), coalesce(a.depends_on_id, 0), a.longitude, a.latitude, a.code, a.name, a.sector_id,
       CASE WHEN %s THEN a.attributes ELSE '{}' END
FROM assets_asset a JOIN assets_assetkind k ON k.id = a.kind_id LEFT JOIN assets_sector s ON s.id = a.sector_id
WHERE a.site_id = %s ORDER BY a.id
"""
_POINTS = """
SELECT p.id, p.asset_id, coalesce(p.feed_id, 0), p.quantity, p.interval, p.unit, p.codes, p.limits
FROM assets_point p JOIN assets_asset a ON a.id = p.asset_id
WHERE a.site_id = %s AND a.retired_at IS NULL ORDER BY p.id
"""
_FEEDS = """
SELECT f.id, f.expected_interval, f.name FROM assets_feed f JOIN assets_supervisor s ON s.id = f.supervisor_id
WHERE s.site_id = %s AND f.enabled ORDER BY f.id
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alarm is about, by name: enough to place it and to write its sentence."""

    point: int | None
    asset: int | None
    feed: int | None
    sector: int | None
    named: Named


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """One version that runs."""

    rule: int
    version: int
    spec: specs.Spec
    slug: str = ""
    shadow: bool = False
    """It runs and nobody hears it."""


@dataclass(frozen=True, eq=False)
class Survey:
    """A site as the engine sees it, and how to name what it speaks of. `stamp` changes when it must be made anew."""

    site: Site
    stamp: tuple[object, ...]
    register: Register
    scoped: tuple[ScopedRule, ...]
    rules: dict[int, ActiveRule]
    subjects: "Names"
    built_in: ActiveRule | None = None
    """The rule of what is set aside, once something was; among `rules` too, and not run by the engine."""

    def with_built_in(self, rule: ActiveRule) -> "Survey":
        return replace(self, rules=self.rules | {rule.version: rule}, built_in=rule)


class Names:
    """Looks up subjects by kind and id; holds only what sentences need."""

    def __init__(
        self,
        assets: dict[int, tuple[str, str, int | None]],
        points: dict[int, tuple[int, str, str, str]],
        feeds: dict[int, str],
        templates: dict[tuple[str, str], dict[str, object]],
        sectors: dict[str, tuple[int, str]],
        site: str,
    ) -> None:
        self._assets, self._points, self._feeds, self._templates = assets, points, feeds, templates
        self._sectors, self._site = sectors, site
        self._by_id = {ident: (path, name) for path, (ident, name) in sectors.items()}

    def sector(self, ident: int | None) -> tuple[str, str]:
        """Path and name of a sector; empty when it is none of the site's."""
        return self._by_id.get(ident, ("", ""))

    def of(self, kind: str, ident: int | str) -> Subject:
        """Raises KeyError when the subject has left the inventory."""
        if kind == "sector":
            sector, name = self._sectors[ident]
            return Subject(None, None, None, sector, Named(name))
        if kind == "attribute":
            return Subject(None, None, None, None, Named(ident.partition("=")[2]))
        if kind == "site":
            return Subject(None, None, None, None, Named(self._site))
        if kind == "feed":
            return Subject(None, None, ident, None, Named(self._feeds[ident]))
        if kind == "asset":
            name, _, sector = self._assets[ident]
            return Subject(None, ident, None, sector, Named(name))
        asset, quantity, unit, codes = self._points[ident]
        name, asset_kind, sector = self._assets[asset]
        template = self._templates.get((asset_kind, quantity), {})
        labels = {language: template.get(f"name_{language}") or quantity.replace("_", " ") for language in ("fr", "en")}
        own = document(codes)
        states = {"fr": own or template.get("codes", {}), "en": template.get("codes_en") or own or template.get("codes", {})}
        return Subject(ident, asset, None, sector, Named(name, labels, unit, states))


@lru_cache(maxsize=4096)
def document(text: str) -> dict[str, object]:
    """A JSON object as PostgreSQL hands it to a raw cursor. Most points share a few, so each is parsed once."""
    return msgspec.json.decode(text)


def stamp(site_id: int) -> tuple[object, ...]:
    """Cheap to ask: a few integers' worth of queries that tell whether a survey is still true."""
    version, profiled = Site.objects.values_list("inventory_version", "profile_set__made_at").get(pk=site_id)
    return (version, profiled, fingerprint(site_id))


def survey(site_id: int, rules: list[ActiveRule] | None = None) -> Survey:
    """Read a site's inventory (75,000 assets in about a second) and compile the scopes of its active rules, or of `rules`."""
    made_for = stamp(site_id)
    known = templates()
    active = _in_words(site_id, active_rules(site_id) if rules is None else rules, known)
    # Attributes of 75,000 assets weigh more than all the rest: they are read only when some rule asks for them.
    described = any(rule.spec.scope.attributes or rule.spec.scope.tags for rule in active)
    with connection.cursor() as cursor:
        cursor.execute(_ASSETS, [described, site_id])
        assets = cursor.fetchall()
        cursor.execute(_POINTS, [site_id])
        points = cursor.fetchall()
        cursor.execute(_FEEDS, [site_id])
        feeds = cursor.fetchall()
    enabled = {feed for feed, _, _ in feeds}
    index_of = {asset[0]: index for index, asset in enumerate(assets)}
    register = Register(
        replace(
            _point_columns(points, enabled, limit_names(active)),
            counter=np.array(_counters(assets, index_of, points, known), bool),
            plausible=_plausible(assets, index_of, points, known),
        ),
        _asset_columns(assets),
        _feed_columns(feeds),
    )
    columns = PointColumns(
        kind=[assets[index_of[point[1]]][1] for point in points],
        sector=[assets[index_of[point[1]]][2] for point in points],
        quantity=[point[3] for point in points],
        asset=[assets[index_of[point[1]]][6] for point in points],
        attributes=[document(assets[index_of[point[1]]][9]) for point in points],
    )
    site = Site.objects.get(pk=site_id)
    whole = _asset_scope(assets) if any(isinstance(rule.spec, _OF_EVENTS) for rule in active) else None
    found = Survey(
        site=site,
        stamp=made_for,
        register=register,
        scoped=tuple(_scoped(rule, columns, whole) for rule in active),
        rules={rule.version: rule for rule in active},
        subjects=Names(
            {asset[0]: (asset[7], asset[1], asset[8]) for asset in assets},
            {point[0]: (point[1], point[3], point[5], point[6]) for point in points},
            {feed: name for feed, _, name in feeds},
            known,
            {stable(path): (sector, name) for sector, path, name in site.sectors.values_list("id", "path", "name")},
            site.name,
        ),
    )
    built_in = built_in_rule(site_id) if rules is None else None
    return found if built_in is None else found.with_built_in(built_in)


_OF_EVENTS = specs.Count | specs.Sequence | specs.Missing
"""Kinds that hear events: assets without a point are in their scope too."""


def _asset_scope(assets: list[tuple]) -> PointColumns:
    """The inventory as if every asset had one point: which assets a scope holds."""
    return PointColumns(
        kind=[asset[1] for asset in assets],
        sector=[asset[2] for asset in assets],
        quantity=[""] * len(assets),
        asset=[asset[6] for asset in assets],
        attributes=[document(asset[9]) for asset in assets],
    )


def _scoped(rule: ActiveRule, columns: PointColumns, whole: PointColumns | None) -> ScopedRule:
    rows = rows_in_scope(rule.spec.scope, columns)
    assets = None
    if whole is not None and isinstance(rule.spec, _OF_EVENTS):
        assets = rows_in_scope(msgspec.structs.replace(rule.spec.scope, quantity=None), whole)
    return ScopedRule(rule.version, rule.spec, rows, rule.slug, assets)


def subject_parts(key: str) -> tuple[str, int | str]:
    """(kind, id or name) of a subject as alarms store it: "point:12", "sector:nord/gare"."""
    kind, _, whose = key.partition(":")
    return kind, whose if kind in NAMED_BY_TEXT else int(whose)


def active_rules(site_id: int) -> list[ActiveRule]:
    """What runs on a site, heard or in shadow, by rule."""
    rules = Rule.objects.filter(site_id=site_id).order_by("id")
    active = rules.filter(state=Rule.State.ACTIVE, active_version__isnull=False)
    shadowed = rules.exclude(shadow_version=None)
    return [
        ActiveRule(rule, version, specs.decode(document), slug)
        for rule, version, document, slug in active.values_list("id", "active_version_id", "active_version__spec", "slug")
    ] + [
        # Without its name: other rules listen to the version that is heard.
        ActiveRule(rule, version, specs.decode(document), shadow=True)
        for rule, version, document in shadowed.values_list("id", "shadow_version_id", "shadow_version__spec")
    ]


def built_in_rule(site_id: int) -> ActiveRule | None:
    """The rule of what is set aside, if something ever was."""
    versions = RuleVersion.objects.filter(rule__site=site_id, rule__slug=BUILT_IN).order_by("-number")
    row = versions.values_list("rule_id", "id", "spec").first()
    return None if row is None else ActiveRule(row[0], row[1], specs.decode(row[2]))


def _in_words(site_id: int, rules: Iterable[ActiveRule], known: Templates) -> list[ActiveRule]:
    """The same rules, their facts called as the inventory and the other rules are."""
    names = rule_names(site_id)
    return [replace(rule, spec=labelled(rule.spec, known, names)) for rule in rules]


def rule_names(site_id: int) -> dict[str, tuple[str, str]]:
    """Slug → names in French and English, of all rules of the site."""
    listed = Rule.objects.filter(site_id=site_id, built_in=False).values_list("slug", "name_fr", "name_en")
    return {slug: (fr, en) for slug, fr, en in listed}


def templates() -> dict[tuple[str, str], dict[str, object]]:
    """Point templates of the catalogue by (kind, quantity): they know the labels in both languages."""
    kinds = AssetKind.objects.values_list("slug", "points")
    return {(kind, template["quantity"]): template for kind, templates in kinds for template in templates}


def limit_names(rules: list[ActiveRule]) -> set[str]:
    """Every per-point limit that some rule reads: a column of NaN where no point has it, so that the rule judges nothing."""
    names = set()
    for rule in rules:
        for rung in getattr(rule.spec, "limits", ()):
            bounds = (getattr(rung, "limit", None), getattr(rung, "clear", None))
            names |= {bound.point for bound in bounds if isinstance(bound, specs.PointLimit)}
    return names


def _counters(assets: list[tuple], index_of: dict[int, int], points: list[tuple], known: Templates) -> list[bool]:
    """Which points are counters: the catalogue says it of a quantity of their kind."""
    counters = {key for key, template in known.items() if template.get("counter")}
    return [(assets[index_of[point[1]]][1], point[3]) in counters for point in points]


def _plausible(assets: list[tuple], index_of: dict[int, int], points: list[tuple], known: Templates) -> NDArray[np.float64]:
    """(2, n): between what each point can be, as the catalogue says of a quantity of its kind."""
    ranges = {key: template["plausible"] for key, template in known.items() if template.get("plausible")}
    nothing = (-np.inf, np.inf)
    of_each = [ranges.get((assets[index_of[point[1]]][1], point[3]), nothing) for point in points]
    return np.array(of_each, np.float64).reshape(-1, 2).T


def _point_columns(points: list[tuple], enabled: set[int], limit_names: set[str]) -> Points:
    return Points(
        id=np.array([point[0] for point in points], np.int64),
        asset=np.array([point[1] for point in points], np.int64),
        feed=np.array([point[2] if point[2] in enabled else 0 for point in points], np.int64),
        quantity=[point[3] for point in points],
        interval=np.array([point[4] for point in points], np.int64) * SECOND,
        limits={
            name: np.array([_number(document(point[7]).get(name)) for point in points], np.float64)
            for name in sorted(limit_names)
        },
    )


def _number(limit: object) -> float:
    return float(limit) if isinstance(limit, int | float) else float("nan")


def _asset_columns(assets: list[tuple]) -> Assets:
    return Assets(
        id=np.array([asset[0] for asset in assets], np.int64),
        kind=[asset[1] for asset in assets],
        sector=[asset[2] for asset in assets],
        parent=np.array([asset[3] for asset in assets], np.int64),
        lon=np.array([asset[4] for asset in assets], np.float64),
        lat=np.array([asset[5] for asset in assets], np.float64),
    )


def _feed_columns(feeds: list[tuple]) -> Feeds:
    return Feeds(
        id=np.array([feed[0] for feed in feeds], np.int64),
        interval=np.array([feed[1] for feed in feeds], np.int64) * SECOND,
    )
