"""Surveys a site: its inventory and active rules, out of the database and into the columns the engine works on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from alarms.engine import spec as specs
from alarms.engine.evidence import Evidence, Limited
from alarms.engine.facts import stable
from alarms.engine.layout import ScopedRule
from alarms.engine.scope import PointColumns, rows_in_scope
from alarms.engine.sentence import Named
from alarms.models import Rule
from alarms.site.inventory import Systems, document, read_inventory
from alarms.site.labels import Templates, labelled
from alarms.site.running import ActiveRule, active_rules, built_in_rules, fingerprint, left_out, rule_names
from assets.models import AssetKind, Site
from assets.register import Register

NAMED_BY_TEXT = frozenset({"sector", "attribute"})
"""Kinds of subjects that have a name instead of an id."""


class NamedSubject(msgspec.Struct, frozen=True, gc=False):
    """What an alarm is about, by name: enough to place it and to write its sentence."""

    point: int | None
    asset: int | None
    feed: int | None
    sector: int | None
    named: Named


Words = tuple[dict[str, str], dict[str, dict[str, str]]]
"""What a quantity is called, and its states by code, in both languages."""


@dataclass(frozen=True, eq=False)
class Survey:
    """A site as the engine sees it, and how to name what it speaks of. `stamp` changes when it must be made anew."""

    site: Site
    stamp: tuple[object, ...]
    register: Register
    scoped: tuple[ScopedRule[specs.Spec], ...]
    rules: dict[int, ActiveRule]
    subjects: "Names"
    systems: Systems
    built_in: Mapping[str, ActiveRule] = field(default_factory=dict)
    """By slug the rules of what is set aside, once something was; among `rules` too, and not run by the engine."""
    unjudged: frozenset[int] = frozenset()
    """Rules whose active version is set aside: nobody judges their alarms, which stay as they are."""

    def with_built_in(self, rules: Mapping[str, ActiveRule]) -> "Survey":
        added = {rule.version: rule for rule in rules.values()}
        return replace(self, rules=self.rules | added, built_in={**self.built_in, **rules})


class Names:
    """Looks up subjects by kind and id; holds only what sentences need."""

    def __init__(
        self,
        assets: dict[int, tuple[str, str, int | None]],
        points: dict[int, tuple[int, str, str, str]],
        feeds: dict[int, str],
        templates: Templates,
        sectors: dict[str, tuple[int, str]],
        site: str,
    ) -> None:
        self._assets, self._points, self._feeds, self._templates = assets, points, feeds, templates
        self._sectors, self._site = sectors, site
        self._by_id = {ident: (path, name) for path, (ident, name) in sectors.items()}
        self._words: dict[tuple[str, str, str], Words] = {}

    def sector(self, ident: int | None) -> tuple[str, str]:
        """Path and name of a sector; empty when it is none of the site's."""
        return self._by_id.get(ident, ("", ""))

    def of(self, kind: str, ident: int | str) -> NamedSubject:
        """Raises KeyError when the subject has left the inventory."""
        if kind == "sector":
            sector, name = self._sectors[ident]
            return NamedSubject(None, None, None, sector, Named(name))
        if kind == "attribute":
            return NamedSubject(None, None, None, None, Named(ident.partition("=")[2]))
        if kind == "site":
            return NamedSubject(None, None, None, None, Named(self._site))
        if kind == "feed":
            return NamedSubject(None, None, ident, None, Named(self._feeds[ident]))
        if kind == "asset":
            name, _, sector = self._assets[ident]
            return NamedSubject(None, ident, None, sector, Named(name))
        asset, quantity, unit, codes = self._points[ident]
        name, asset_kind, sector = self._assets[asset]
        key = asset_kind, quantity, codes
        if key not in self._words:
            self._words[key] = self._worded(*key)
        labels, states = self._words[key]
        return NamedSubject(ident, asset, None, sector, Named(name, labels, unit, states))

    def of_move(self, kind: str, ident: int | str, evidence: Evidence) -> Named:
        """How a sentence with this evidence calls its subject: of a sector's alarm its worst point, behind the sector's name."""
        own = self.of(kind, ident).named
        if not isinstance(evidence, Limited) or evidence.point not in self._points:
            return own
        worst = self.of("point", evidence.point).named
        return msgspec.structs.replace(worst, name=f"{own.name} · {worst.name}")

    def _worded(self, kind: str, quantity: str, codes: str) -> Words:
        """What a quantity and its states are called."""
        template, own = self._templates.get((kind, quantity), {}), document(codes)
        labels = {language: template.get(f"name_{language}") or quantity.replace("_", " ") for language in ("fr", "en")}
        states = {"fr": own or template.get("codes", {}), "en": template.get("codes_en") or own or template.get("codes", {})}
        return labels, states


def stamp(site_id: int) -> tuple[object, ...]:
    """Cheap to ask: a few integers' worth of queries that tell whether a survey is still true."""
    version, profiled = Site.objects.values_list("inventory_version", "profile_set__made_at").get(pk=site_id)
    return (version, profiled, fingerprint(site_id))


def survey(site_id: int, rules: list[ActiveRule] | None = None, only: Collection[int] | None = None) -> Survey:
    """Read a site's inventory (75,000 assets in about a second) and compile the scopes of its active rules, or of `rules`.

    only   of the versions that run, those that are wanted
    """
    made_for = stamp(site_id)
    known = templates()
    active = _in_words(site_id, active_rules(site_id, only) if rules is None else rules, known)

    described = any(rule.spec.scope.attributes or rule.spec.scope.tags for rule in active)
    inventory = read_inventory(site_id, described)
    register = inventory.register(limit_names(active), known)
    columns = inventory.points_in_scope()
    site = Site.objects.get(pk=site_id)
    whole = inventory.assets_in_scope() if any(isinstance(rule.spec, _OF_EVENTS) for rule in active) else None
    found = Survey(
        site=site,
        stamp=made_for,
        register=register,
        scoped=tuple(_scoped(rule, columns, whole) for rule in active),
        rules={rule.version: rule for rule in active},
        subjects=Names(
            {asset.id: (asset.name, asset.kind, asset.sector) for asset in inventory.assets},
            {point.id: (point.asset, point.quantity, point.unit, point.codes) for point in inventory.points},
            {feed.id: feed.name for feed in inventory.feeds},
            known,
            {stable(path): (sector, name) for sector, path, name in site.sectors.values_list("id", "path", "name")},
            site.name,
        ),
        unjudged=frozenset(Rule.objects.filter(active_version__in=left_out(site_id)).values_list("id", flat=True)),
        systems=inventory.systems(),
    )
    return found.with_built_in(built_in_rules(site_id)) if rules is None else found


_OF_EVENTS = specs.Count | specs.Sequence | specs.Missing
"""Kinds that hear events: assets without a point are in their scope too."""


def _scoped(rule: ActiveRule, columns: PointColumns, whole: PointColumns | None) -> ScopedRule[specs.Spec]:
    rows = rows_in_scope(rule.spec.scope, columns)
    assets = None
    if whole is not None and isinstance(rule.spec, _OF_EVENTS):
        assets = rows_in_scope(msgspec.structs.replace(rule.spec.scope, quantity=None), whole)
    return ScopedRule(rule.version, rule.spec, rows, rule.slug, assets)


def subject_parts(key: str) -> tuple[str, int | str]:
    """(kind, id or name) of a subject as alarms store it: "point:12", "sector:nord/gare"."""
    kind, _, whose = key.partition(":")
    return kind, whose if kind in NAMED_BY_TEXT else int(whose)


def _in_words(site_id: int, rules: Iterable[ActiveRule], known: Templates) -> list[ActiveRule]:
    """The same rules, their facts called as the inventory and the other rules are."""
    names = rule_names(site_id)
    return [replace(rule, spec=labelled(rule.spec, known, names)) for rule in rules]


def templates() -> Templates:
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
