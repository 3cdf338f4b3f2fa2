"""Rules, for administrators: what runs, every version of it, and its activation."""

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms import rules
from alarms.engine import spec as specs
from alarms.engine.layout import CompileError
from alarms.engine.spec import SpecError
from alarms.models import Rule, RuleVersion, WouldBeAlarm
from alarms.rules import trying
from alarms.rules.lately import Lately, lately
from alarms.rules.overlapping import OtherRule
from alarms.rules.preview import preview
from alarms.rules.rhythm import Rhythm
from assets.models import Asset, Site
from assets.refusal import Refused
from assets.spread import PERCENTS
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import reasons, rule_shapes, shapes, wouldbe
from hypervisor.api.moves import checked, language_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.problems import problem
from hypervisor.api.render import instant
from hypervisor.rights import Verb

WRONG_SPEC = {
    422: OpenApiResponse(shapes.ProblemDetails, description="The spec cannot be used; `errors` names field and reason.")
}


def _read() -> QuerySet[Rule]:
    opened = Count("alarms", filter=Q(alarms__is_open=True))
    rules = Rule.objects.filter(built_in=False).annotate(opened=opened)
    return rules.select_related("site", "active_version", "shadow_version", "retirement_asked_by")


def rows(found: Iterable[Rule]) -> list[dict[str, object]]:
    now = timezone.now()
    return [
        {"id": rule.pk, "site": rule.site.slug, "slug": rule.slug, "name": {"fr": rule.name_fr, "en": rule.name_en},
         "state": rule.state, "active_version": rule.active_version and rule.active_version.number,
         "shadow_version": rule.shadow_version and rule.shadow_version.number, "trouble": rule.trouble,
         "open_alarms": rule.opened,
         "retirement_asked_by": rule.retirement_asked_by.username if rules.retirement_asked_by(rule, now) else None}
        for rule in found
    ]  # fmt: skip


def _version(version: RuleVersion) -> dict[str, object]:
    author = version.created_by
    return {"id": version.pk, "number": version.number, "spec": version.spec, "created_at": instant(version.created_at),
            "created_by": author and author.username, "note": version.note}  # fmt: skip


def _detail(rule: Rule) -> dict[str, object]:
    versions = rule.versions.select_related("created_by")
    return rows([rule])[0] | {"versions": [_version(version) for version in versions]}


def found_rule(request: Request, rule: int) -> Rule:
    """The rule, for who may change it."""
    row = _read().filter(pk=rule).first()
    if row is None:
        raise Http404
    rights.of(request).at(row.site_id, None, Verb.RULES)
    return row


def refused_spec(error: SpecError | CompileError, language: str) -> Response:
    """At its field and in the reader's language; the reason is the problem's detail too."""
    reason = reasons.said(error.trouble, language)
    return problem(422, reason, errors={f"spec.{error.path}".rstrip("."): [reason]})


class Rules(APIView):
    @extend_schema(
        operation_id="list_rules",
        summary="List the rules of the sites you administer",
        parameters=[OpenApiParameter("site", str), *PARAMETERS],
        responses=shapes.paged(rule_shapes.RuleRow),
    )
    def get(self, request: Request) -> Response:
        held = rights.of(request)
        if slug := request.query_params.get("site"):
            sites = [held.on(slug, Verb.RULES).site_id]
        else:
            sites = [right.site_id for right in held.by_site.values() if right.may(Verb.RULES)]
            if not sites:
                raise rights.PermissionDenied
        return page(request, _read().filter(site_id__in=sites), {"id": "id"}, rows, newest=False)

    @extend_schema(
        operation_id="create_rule",
        summary="Create a rule, without activating it",
        request=rule_shapes.NewRule,
        responses={201: rule_shapes.RuleDetail, **WRONG_SPEC},
    )
    def post(self, request: Request) -> Response:
        body = checked(rule_shapes.NewRule, request)
        right = rights.of(request).on(body["site"], Verb.RULES)
        site = Site.objects.get(pk=right.site_id)
        if site.rules.filter(slug=body["slug"]).exists():
            raise Refused(
                "name_taken",
                "Le site a déjà une règle de ce nom : ajoutez-lui une version, ou changez le nom.",
                "The site has a rule of this name already: add a version to it, or change the name.",
            )
        name = body["name"]
        try:
            version = rules.write_rule(
                site, body["slug"], name["fr"], name["en"], body["spec"], by=actor_of(request), note=body["note"],
                now=timezone.now(),
            )  # fmt: skip
        except SpecError as error:
            return refused_spec(error, language_of(request))
        return Response(_detail(found_rule(request, version.rule_id)), status=status.HTTP_201_CREATED)


class RuleView(APIView):
    @extend_schema(operation_id="get_rule", summary="Get a rule with all its versions", responses=rule_shapes.RuleDetail)
    def get(self, request: Request, rule: int) -> Response:
        return Response(_detail(found_rule(request, rule)))


class Versions(APIView):
    @extend_schema(
        operation_id="create_rule_version",
        summary="Create a version of a rule, without activating it",
        request=rule_shapes.NewVersion,
        responses={201: rule_shapes.RuleDetail, **WRONG_SPEC},
    )
    def post(self, request: Request, rule: int) -> Response:
        body = checked(rule_shapes.NewVersion, request)
        row = found_rule(request, rule)
        try:
            name = body.get("name") or {"fr": row.name_fr, "en": row.name_en}
            rules.write_rule(
                row.site, row.slug, name["fr"], name["en"], body["spec"], by=actor_of(request), note=body["note"],
                now=timezone.now(),
            )  # fmt: skip
        except SpecError as error:
            return refused_spec(error, language_of(request))
        return Response(_detail(found_rule(request, rule)), status=status.HTTP_201_CREATED)


class Activation(APIView):
    @extend_schema(
        operation_id="activate_rule",
        summary="Activate a version of a rule",
        request=rule_shapes.Activation,
        responses={
            200: rule_shapes.RuleDetail,
            409: OpenApiResponse(shapes.ProblemDetails, description="The site wants it done by another person than its author."),
            **WRONG_SPEC,
        },
    )
    def post(self, request: Request, rule: int) -> Response:
        body = checked(rule_shapes.Activation, request)
        row = found_rule(request, rule)
        version = row.versions.filter(number=body["version"]).first()
        if version is None:
            raise Http404
        try:
            trying.can_run(version)
        except CompileError as error:
            return refused_spec(error, language_of(request))
        rules.activate(version, by=actor_of(request), now=timezone.now())
        return Response(_detail(found_rule(request, rule)))

    @extend_schema(
        operation_id="retire_rule",
        summary="Deactivate a rule and clear its open alarms",
        description="On a site that requires two people, the first request asks for confirmation and a request of another"
        " person confirms it.",
        request=None,
        responses={200: rule_shapes.RuleDetail},
    )
    def delete(self, request: Request, rule: int) -> Response:
        row = found_rule(request, rule)
        rules.retire(row, by=actor_of(request), now=timezone.now())
        return Response(_detail(found_rule(request, rule)))


class Shadow(APIView):
    @extend_schema(
        operation_id="list_shadow_alarms",
        summary="List the alarms of a rule in shadow, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(rule_shapes.WouldBeRow),
    )
    def get(self, request: Request, rule: int) -> Response:
        right = rights.of(request).by_site[found_rule(request, rule).site_id]
        alarms = WouldBeAlarm.objects.filter(backtest=None, version__rule=rule)
        return page(request, alarms, {"id": "id"}, wouldbe.rows(right), newest=True)

    @extend_schema(
        operation_id="shadow_rule",
        summary="Run a version in shadow, beside the active one",
        description="A version in shadow raises no alarm; its would-be alarms are stored for comparison.",
        request=rule_shapes.Activation,
        responses={200: rule_shapes.RuleDetail, **WRONG_SPEC},
    )
    def post(self, request: Request, rule: int) -> Response:
        body = checked(rule_shapes.Activation, request)
        version = found_rule(request, rule).versions.filter(number=body["version"]).first()
        if version is None:
            raise Http404
        try:
            trying.can_run(version)
            rules.put_in_shadow(version, by=actor_of(request), now=timezone.now())
        except CompileError as error:
            return refused_spec(error, language_of(request))
        return Response(_detail(found_rule(request, rule)))

    @extend_schema(
        operation_id="end_rule_shadow",
        summary="Stop the version in shadow and keep its alarms",
        request=None,
        responses={200: rule_shapes.RuleDetail},
    )
    def delete(self, request: Request, rule: int) -> Response:
        rules.end_shadow(found_rule(request, rule), by=actor_of(request), now=timezone.now())
        return Response(_detail(found_rule(request, rule)))


class Preview(APIView):
    @extend_schema(
        operation_id="preview_rule",
        summary="Preview what a spec would match today",
        description="Returns the assets and points in scope and an example of the sentence. Nothing is stored.",
        request=rule_shapes.Previewed,
        responses={200: rule_shapes.Preview, **WRONG_SPEC},
    )
    def post(self, request: Request, site: str) -> Response:
        body = checked(rule_shapes.Previewed, request)
        right = rights.of(request).on(site, Verb.RULES)
        language = language_of(request)
        try:
            seen = preview(Site.objects.get(pk=right.site_id), specs.decode(body["spec"]), body["rule"])
        except (SpecError, CompileError) as error:
            return refused_spec(error, language)
        fr, en = seen.sentence
        return Response({
            "points": seen.points, "assets": seen.assets, "places": seen.places, "severity": seen.severity,
            "sample": [_brief(asset) for asset in seen.sample], "sentence": {"fr": fr, "en": en},
            "rhythm": _rhythm(seen.rhythm), "others": [_other(each) for each in seen.others],
            "errors": [{"path": each.path, "reason": getattr(each, language)} for each in seen.remarks],
        })  # fmt: skip


class Readings(APIView):
    @extend_schema(
        operation_id="get_rule_readings",
        summary="Get how the readings of a rule's points were spread",
        description=(
            "For rules about the level or the state of one quantity: the readings of at most seven days and 40 points. "
            "Nothing is stored."
        ),
        request=rule_shapes.Previewed,
        responses={200: rule_shapes.Lately, **WRONG_SPEC},
    )
    def post(self, request: Request, site: str) -> Response:
        body = checked(rule_shapes.Previewed, request)
        right = rights.of(request).on(site, Verb.RULES)
        try:
            spec = specs.decode(body["spec"])
        except SpecError as error:
            return refused_spec(error, language_of(request))
        return Response(_lately(lately(Site.objects.get(pk=right.site_id), spec, timezone.now())))


def _lately(seen: Lately | None) -> dict[str, object]:
    if seen is None:
        return {"points": 0, "since": None, "unit": "", "low": None, "high": None, "percentiles": [], "bins": [], "states": []}
    told, bins = seen.spread, []
    if told is not None:
        step = (told.high - told.low) / len(told.bins)
        edges = [*(told.low + step * each for each in range(len(told.bins))), told.high]
        bins = [{"low": low, "high": high, "count": n} for low, high, n in zip(edges, edges[1:], told.bins, strict=False)]
    return {
        "points": seen.points, "since": instant(seen.since), "unit": seen.unit,
        "low": told and told.low, "high": told and told.high, "bins": bins,
        "percentiles": [
            {"percent": percent, "value": value}
            for percent, value in zip(PERCENTS, told.percentiles if told else (), strict=told is not None)
        ],
        "states": [{"code": each.code, "name": {"fr": each.fr, "en": each.en}, "count": each.count} for each in seen.states],
    }  # fmt: skip


def _other(one: OtherRule) -> dict[str, object]:
    return {"id": one.rule.pk, "name": {"fr": one.rule.name_fr, "en": one.rule.name_en}, "severity": one.severity}


def _brief(asset: Asset) -> dict[str, object]:
    return {"id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug, "lon": asset.longitude,
            "lat": asset.latitude}  # fmt: skip


def _rhythm(seen: Rhythm | None) -> dict[str, float | None] | None:
    if seen is None:
        return None
    declared, measured = seen.usual
    return {"declared": declared, "measured": None if measured is None else round(measured, 1)}


class SpecSchema(APIView):
    @extend_schema(
        operation_id="get_rule_spec_schema", summary="Get the JSON Schema of rules", responses={200: {"type": "object"}}
    )
    def get(self, request: Request) -> Response:
        return Response(specs.schema())
