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

from alarms import rules, trying
from alarms.engine import spec as specs
from alarms.engine.layout import CompileError
from alarms.engine.spec import SpecError
from alarms.models import Alarm, Rule, RuleVersion, WouldBeAlarm
from alarms.preview import preview
from alarms.rhythm import Rhythm
from assets.models import Asset, Site
from hypervisor import rights
from hypervisor.api import reasons, rule_shapes, shapes, wouldbe
from hypervisor.api.moves import Conflict, checked, language_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.problems import problem
from hypervisor.api.render import instant
from hypervisor.rights import Verb

WRONG_SPEC = {
    422: OpenApiResponse(shapes.ProblemDetails, description="The spec cannot be used; `errors` names field and reason.")
}

_TAKEN = {
    "fr": "Le site a déjà une règle de ce nom : ajoutez-lui une version, ou changez le nom.",
    "en": "The site has a rule of this name already: add a version to it, or change the name.",
}
_HEARD = {"fr": "Cette version est déjà active : on l’entend.", "en": "This version is active already: it is heard."}


def _read() -> QuerySet[Rule]:
    opened = Count("alarms", filter=~Q(alarms__state=Alarm.State.NORMAL))
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


def refused_spec(error: SpecError | CompileError, spec: dict[str, object], language: str) -> Response:
    """At its field and in the reader's language; the first reason is the problem's detail."""
    found = reasons.told(error.path, error.reason, spec, language)
    return problem(422, found[0][1], errors={f"spec.{path}".rstrip("."): [reason] for path, reason in found})


class Rules(APIView):
    @extend_schema(
        operation_id="list_rules",
        summary="The rules of the sites you administer",
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
        summary="Write a rule; it does not run before a version is activated",
        request=rule_shapes.NewRule,
        responses={201: rule_shapes.RuleDetail, **WRONG_SPEC},
    )
    def post(self, request: Request) -> Response:
        told = checked(rule_shapes.NewRule, request)
        right = rights.of(request).on(told["site"], Verb.RULES)
        site = Site.objects.get(pk=right.site_id)
        if site.rules.filter(slug=told["slug"]).exists():
            raise Conflict(_TAKEN[language_of(request)])
        name = told["name"]
        try:
            version = rules.write_rule(
                site, told["slug"], name["fr"], name["en"], told["spec"], by=request.user, note=told["note"], now=timezone.now()
            )
        except SpecError as error:
            return refused_spec(error, told["spec"], language_of(request))
        return Response(_detail(found_rule(request, version.rule_id)), status=status.HTTP_201_CREATED)


class RuleView(APIView):
    @extend_schema(operation_id="get_rule", summary="One rule, with all its versions", responses=rule_shapes.RuleDetail)
    def get(self, request: Request, rule: int) -> Response:
        return Response(_detail(found_rule(request, rule)))


class Versions(APIView):
    @extend_schema(
        operation_id="create_rule_version",
        summary="Write a new version of a rule; what runs does not change",
        request=rule_shapes.NewVersion,
        responses={201: rule_shapes.RuleDetail, **WRONG_SPEC},
    )
    def post(self, request: Request, rule: int) -> Response:
        told = checked(rule_shapes.NewVersion, request)
        row = found_rule(request, rule)
        try:
            name = told.get("name") or {"fr": row.name_fr, "en": row.name_en}
            rules.write_rule(
                row.site, row.slug, name["fr"], name["en"], told["spec"], by=request.user, note=told["note"], now=timezone.now()
            )
        except SpecError as error:
            return refused_spec(error, told["spec"], language_of(request))
        return Response(_detail(found_rule(request, rule)), status=status.HTTP_201_CREATED)


class Activation(APIView):
    @extend_schema(
        operation_id="activate_rule",
        summary="Let a version run",
        request=rule_shapes.Activation,
        responses={
            200: rule_shapes.RuleDetail,
            409: OpenApiResponse(shapes.ProblemDetails, description="The site wants it done by another person than its author."),
            **WRONG_SPEC,
        },
    )
    def post(self, request: Request, rule: int) -> Response:
        told = checked(rule_shapes.Activation, request)
        row = found_rule(request, rule)
        version = row.versions.filter(number=told["version"]).first()
        if version is None:
            raise Http404
        try:
            trying.can_run(version)
        except CompileError as error:
            return refused_spec(error, version.spec, language_of(request))
        try:
            rules.activate(version, by=request.user, now=timezone.now())
        except rules.NeedsSecondPerson as refused:
            raise Conflict(getattr(refused, language_of(request))) from refused
        return Response(_detail(found_rule(request, rule)))

    @extend_schema(
        operation_id="retire_rule",
        summary="Stop a rule; its open alarms clear",
        description="On a site whose rules need two people the first call asks for it, and the call of another person does it.",
        request=None,
        responses={200: rule_shapes.RuleDetail},
    )
    def delete(self, request: Request, rule: int) -> Response:
        row = found_rule(request, rule)
        rules.retire(row, by=request.user, now=timezone.now())
        return Response(_detail(found_rule(request, rule)))


class Shadow(APIView):
    @extend_schema(
        operation_id="list_shadow_alarms",
        summary="What versions of this rule in shadow would have raised, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(rule_shapes.WouldBeRow),
    )
    def get(self, request: Request, rule: int) -> Response:
        right = rights.of(request).by_site[found_rule(request, rule).site_id]
        alarms = WouldBeAlarm.objects.filter(backtest=None, version__rule=rule)
        return page(request, alarms, {"id": "id"}, wouldbe.rows(right), newest=True)

    @extend_schema(
        operation_id="shadow_rule",
        summary="Let a version run beside what is active, unheard",
        request=rule_shapes.Activation,
        responses={200: rule_shapes.RuleDetail, **WRONG_SPEC},
    )
    def post(self, request: Request, rule: int) -> Response:
        told = checked(rule_shapes.Activation, request)
        version = found_rule(request, rule).versions.filter(number=told["version"]).first()
        if version is None:
            raise Http404
        try:
            trying.can_run(version)
            rules.put_in_shadow(version, by=request.user, now=timezone.now())
        except CompileError as error:
            return refused_spec(error, version.spec, language_of(request))
        except rules.IsActive as error:
            raise Conflict(_HEARD[language_of(request)]) from error
        return Response(_detail(found_rule(request, rule)))

    @extend_schema(
        operation_id="end_rule_shadow",
        summary="Stop what runs unheard; what it found stays",
        request=None,
        responses={200: rule_shapes.RuleDetail},
    )
    def delete(self, request: Request, rule: int) -> Response:
        rules.end_shadow(found_rule(request, rule), by=request.user, now=timezone.now())
        return Response(_detail(found_rule(request, rule)))


class Preview(APIView):
    @extend_schema(
        operation_id="preview_rule",
        summary="What a spec would be about today, and what it would say; nothing is stored",
        request=rule_shapes.Previewed,
        responses={200: rule_shapes.Preview, **WRONG_SPEC},
    )
    def post(self, request: Request, site: str) -> Response:
        told = checked(rule_shapes.Previewed, request)
        right = rights.of(request).on(site, Verb.RULES)
        language = language_of(request)
        try:
            seen = preview(Site.objects.get(pk=right.site_id), specs.decode(told["spec"]), told["rule"])
        except (SpecError, CompileError) as error:
            return refused_spec(error, told["spec"], language)
        fr, en = seen.sentence
        return Response({
            "points": seen.points, "assets": seen.assets, "places": seen.places, "severity": seen.severity,
            "sample": [_brief(asset) for asset in seen.sample], "sentence": {"fr": fr, "en": en},
            "rhythm": _rhythm(seen.rhythm),
            "errors": [{"path": each.path, "reason": getattr(each, language)} for each in seen.remarks],
        })  # fmt: skip


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
        operation_id="get_rule_spec_schema", summary="What a rule may say, as JSON Schema", responses={200: {"type": "object"}}
    )
    def get(self, request: Request) -> Response:
        return Response(specs.schema())
