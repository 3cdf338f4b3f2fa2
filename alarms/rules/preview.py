"""What a rule would be about and would say, asked while it is being written: counted by the database, nothing is compiled whole.

The scope is resolved by queries here and by `alarms.engine.scope` in the engine; a test holds the two against each other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from django.db.models import Count, QuerySet
from django.db.models.functions import Mod

from alarms.engine import Engine
from alarms.engine import spec as specs
from alarms.engine.layout import ScopedRule
from alarms.engine.sentence import Named, sentence
from alarms.models import Rule
from alarms.rules.overlapping import OtherRule, others_of
from alarms.rules.plausible import Example, firing, subject_kind
from alarms.rules.rhythm import Rhythm, RhythmRemark, remarks, rhythm_of
from alarms.site.labels import labelled
from alarms.site.running import active_rules, rule_names
from alarms.site.survey import Names, limit_names, templates
from assets.instants import instant
from assets.models import Asset, Feed, Point, Sector, Site
from assets.register import Assets, Feeds, Points, Register

MOST_PLACES = 5_000
SAMPLE = 10
LIMITS_READ = 500
"""How many points are looked at to tell the names of their limits."""
DRAFT = -1
"""Version id of what is being written: no stored version has it."""


@dataclass(frozen=True, slots=True)
class Preview:
    """points, assets: how many; places: [longitude, latitude], at most MOST_PLACES of them, evenly taken; sample: rows.

    rhythm: how often some of the points speak; None without points. others: active rules that may hear the same.
    """

    points: int
    assets: int
    places: list[tuple[float, float]]
    sample: list[Asset]
    sentence: tuple[str, str]
    severity: str
    remarks: list[RhythmRemark]
    rhythm: Rhythm | None
    others: list[OtherRule]


def preview(site: Site, spec: specs.Spec, slug: str = "", *, now: int | None = None) -> Preview:
    """Of a spec that is not stored; `slug` names the rule it would be a version of.

    Raises alarms.engine.layout.CompileError when the rules of the site and this one wait for each other.
    """
    _check_rules(site, spec, slug)
    points, assets = in_scope(site, spec)
    counted, total, places, first = _looked_at(points, assets, _of_points(spec))
    sample = list(Asset.objects.filter(pk__in=first).select_related("kind", "sector", "depends_on").order_by("code"))
    now = now or time.time_ns() // 1000
    fr, en, severity = _example(site, spec, _first(points, sample), sample, now)
    rhythm = rhythm_of(points, instant(now))
    counters = _counters(spec)
    found = [*_remarks(site, spec, points, counted, total), *_of_counters(spec, counters), *remarks(spec, rhythm, bool(counters))]
    return Preview(counted, total, places, sample, (fr, en), severity, found, rhythm, others_of(site.pk, spec, slug))


def _looked_at(
    points: QuerySet[Point], assets: QuerySet[Asset], of_points: bool
) -> tuple[int, int, list[tuple[float, float]], list[int]]:
    """(points, assets, places, ids of the first by code). The usual scope is looked through once: who writes waits for it."""
    told = list(assets.order_by("id").values_list("longitude", "latitude", "code", "id")[: MOST_PLACES + 1])
    if len(told) <= MOST_PLACES:
        ids = [ident for *_, ident in told]
        first = [ident for *_, ident in sorted(told, key=lambda each: each[2])[:SAMPLE]]
        return points.filter(asset__in=ids).count(), len(told), [(lon, lat) for lon, lat, *_ in told], first
    counts = points.aggregate(points=Count("id"), assets=Count("asset", distinct=True))
    total = counts["assets"] if of_points else assets.count()
    turn = assets.annotate(turn=Mod("id", -(-total // MOST_PLACES))).filter(turn=0)
    places = list(turn.order_by("id").values_list("longitude", "latitude")[:MOST_PLACES])
    return counts["points"], total, places, list(assets.order_by("code").values_list("id", flat=True)[:SAMPLE])


def _first(points: QuerySet[Point], sample: list[Asset]) -> Point | None:
    """A point of the first assets in scope; of any when these have none, as when events may come from anything."""
    of = points.select_related("asset__kind", "asset__sector", "asset__depends_on")
    # In two steps: to order all points by the code of their asset took longer than all the rest.
    row = of.filter(asset__in=[asset.pk for asset in sample]).order_by("asset__code", "id").first()
    return row or of.order_by("id").first()


def in_scope(site: Site, spec: specs.Spec) -> tuple[QuerySet[Point], QuerySet[Asset]]:
    """The points a rule reads, and the assets it can be about; a predicate's own quantities and kinds narrow both."""
    scope, assets = spec.scope, Asset.objects.filter(site=site, retired_at=None)
    if scope.kinds:
        assets = assets.filter(kind__slug__in=scope.kinds)
    if scope.assets:
        assets = assets.filter(code__in=scope.assets)
    if scope.sectors:
        wanted = set(scope.sectors)
        paths = Sector.objects.filter(site=site).values_list("id", "path")
        assets = assets.filter(sector__in=[pk for pk, path in paths if not wanted.isdisjoint(path.split("/"))])
    for name, value in scope.attributes.items():
        assets = assets.filter(attributes__contains={name: value})
    if scope.tags:
        assets = assets.filter(attributes__contains={"tags": list(scope.tags)})
    facts = predicates(spec)
    kinds = {kind for fact in facts for kind in fact.kinds} if facts and all(fact.kinds for fact in facts) else set()
    if kinds:
        assets = assets.filter(kind__slug__in=kinds)
    points = Point.objects.filter(asset__in=assets)
    if scope.quantity is not None:
        points = points.filter(quantity=scope.quantity)
    if quantities := _quantities(spec):
        points = points.filter(quantity__in=quantities)
    return points, assets.filter(pk__in=points.values("asset")) if _of_points(spec) else assets


def _of_points(spec: specs.Spec) -> bool:
    """Whether only assets with such points can be concerned; events and alarms may be of any."""
    return all(fact.event is None and fact.rule is None for fact in predicates(spec))


def predicates(spec: specs.Spec) -> list[specs.Predicate]:
    given = (getattr(spec, name, None) for name in ("of", "first", "then", "unless"))
    return [each for each in given if isinstance(each, specs.Predicate)]


def _quantities(spec: specs.Spec) -> set[str]:
    if isinstance(spec, specs.Condition):
        return {term.quantity for term in spec.when.terms() if term.of == "asset" and term.quantity}
    return {fact.quantity for fact in predicates(spec) if fact.quantity}


def _check_rules(site: Site, spec: specs.Spec, slug: str) -> None:
    """Rules that speak of each other in a circle are found by the engine, which needs no inventory for that."""
    if not any(fact.rule for fact in predicates(spec)):
        return
    none = np.array([], np.int32)
    others = [rule for rule in active_rules(site.pk) if not rule.shadow and rule.slug != slug]
    nobody = _nothing(limit_names(others))
    scoped = [ScopedRule(rule.version, rule.spec, none, rule.slug, none) for rule in others]
    Engine(nobody, (*scoped, ScopedRule(DRAFT, spec, none, slug, none)), time.time_ns() // 1000, site.timezone)


def _nothing(limits: set[str]) -> Register:
    """An inventory of nothing, which knows the names of these limits: rules that name one are not refused for it."""
    ids, numbers = np.array([], np.int64), np.array([], np.float64)
    return Register(
        Points(id=ids, asset=ids, feed=ids, quantity=[], interval=ids, limits=dict.fromkeys(limits, numbers)),
        Assets(id=ids, kind=[], sector=[], parent=ids, lon=numbers, lat=numbers),
        Feeds(id=ids, interval=ids),
    )


def _example(site: Site, spec: specs.Spec, point: Point | None, sample: list[Asset], now: int) -> tuple[str, str, str]:
    kind = subject_kind(spec)
    asset = point.asset if point is not None else sample[0] if sample else None
    subject, named = _subject(site, spec, kind, point, asset)
    limits = {name: float(value) for name, value in point.limits.items() if isinstance(value, int | float)} if point else {}
    spec = labelled(spec, templates(), rule_names(site.pk))
    raised = firing(spec, subject, Example(limits, point.interval if point else 60, bool(_counters(spec))), now)
    return *sentence(raised, named, spec.message), raised.severity


def _subject(site: Site, spec: specs.Spec, kind: str, point: Point | None, asset: Asset | None) -> tuple[int | str, Named]:
    """The sample, under the names the correlator would give it; something general when the scope is empty."""
    if kind == "site":
        return 0, Named(site.name)
    if kind == "attribute":
        return f"{spec.by.attribute}=…", Named("…")
    if kind == "feed":
        feed = Feed.objects.filter(supervisor__site=site, enabled=True).order_by("slug").first()
        return 0, Named(feed.name if feed else "…")
    if kind == "sector":
        return "", Named(asset.sector.name if asset and asset.sector else "…")
    if asset is None:
        slug = spec.scope.quantity or ""
        known = next((told for (_, quantity), told in sorted(templates().items()) if quantity == slug), {})
        return 0, Named("…", {language: known.get(f"name_{language}") or slug.replace("_", " ") for language in ("fr", "en")})
    if kind == "asset":
        parent = getattr(spec, "by", None) == "parent" and asset.depends_on
        return asset.pk, Named(parent.name if parent else asset.name)
    of_kind = {(asset.kind.slug, template["quantity"]): template for template in asset.kind.points}
    codes = msgspec.json.encode(point.codes).decode()
    names = Names(
        {asset.pk: (asset.name, asset.kind.slug, None)}, {point.pk: (asset.pk, point.quantity, point.unit, codes)}, {}, of_kind,
        {}, site.name,
    )  # fmt: skip
    named = names.of("point", point.pk).named
    if getattr(spec, "per", "point") == "sector" and asset.sector:
        named = msgspec.structs.replace(named, name=f"{asset.sector.name} · {named.name}")
    return point.pk, named


def _remarks(site: Site, spec: specs.Spec, points: QuerySet[Point], counted: int, assets: int):
    if not assets and not (isinstance(spec, specs.Silence) and spec.of == "feed"):
        yield RhythmRemark("scope", "Aucun équipement n’est concerné aujourd’hui.", "No asset is concerned today.")
    for index, rung in enumerate(getattr(spec, "limits", ())):
        bound = getattr(rung, "limit", None)
        if counted and isinstance(bound, specs.PointLimit) and not points.filter(limits__has_key=bound.point).exists():
            known = ", ".join(_limits_of(points))
            yield RhythmRemark(
                f"limits[{index}].limit",
                f"Aucun de ces points n’a de limite « {bound.point} »." + (f" Les leurs : {known}." if known else ""),
                f"None of these points has a limit “{bound.point}”." + (f" Theirs: {known}." if known else ""),
            )
    named = {fact.rule for fact in predicates(spec) if fact.rule}
    known = dict(Rule.objects.filter(site=site, slug__in=named, built_in=False).values_list("slug", "state")) if named else {}
    for slug in sorted(named):
        if slug not in known:
            yield RhythmRemark("", f"La règle « {slug} » n’existe pas.", f"There is no rule “{slug}”.")
        elif known[slug] != Rule.State.ACTIVE:
            yield RhythmRemark(
                "", f"La règle « {slug} » n’est pas active : rien ne viendra d’elle.",
                f"The rule “{slug}” is not active: nothing will come of it.",
            )  # fmt: skip


def _counters(spec: specs.Spec) -> list[str]:
    """The quantities the rule names that are counters."""
    asked = {spec.scope.quantity} if spec.scope.quantity else _quantities(spec)
    known = [(kind, quantity) for (kind, quantity), template in templates().items() if template.get("counter")]
    return sorted({each for kind, each in known if each in asked and kind in (spec.scope.kinds or (kind,))})


def _of_counters(spec: specs.Spec, counters: list[str]) -> Iterator[RhythmRemark]:
    """The level of a counter says nothing: it grows until the meter is changed."""
    if counters and not isinstance(spec, specs.Rate | specs.Forecast | specs.Anomaly | specs.Silence):
        names = ", ".join(counters)
        yield RhythmRemark(
            "scope.quantity",
            f"Un compteur ne fait que monter ({names}) : juger sa consommation, par une règle de vitesse, de prévision ou "
            "d’anomalie.",
            f"A counter only grows ({names}): judge its consumption, by a rule of rate, forecast or anomaly.",
        )


def _limits_of(points: QuerySet[Point]) -> list[str]:
    """Names of limits some of these points have."""
    some = points.exclude(limits={}).order_by("pk").values_list("limits", flat=True)[:LIMITS_READ]
    return sorted({name for limits in some for name in limits})
