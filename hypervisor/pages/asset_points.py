"""The points of one asset as an administrator sets them up: unit, feed and address, states, and the limits that rules read."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alarms.models import Rule
from alarms.rules.heard import limit_readers
from assets.inventory.kinds import Template, templates
from assets.models import Asset, Point, Site
from hypervisor import kinds, rights
from hypervisor.acting import actor_of
from hypervisor.pages.frame import around
from hypervisor.pages.kind_forms import PointForm
from hypervisor.pages.kinds import named, states_of
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.rights import Right, Verb

Readers = dict[str, list[Rule]]


def _asset(request: HttpRequest, site: str, asset: int) -> tuple[Right, Site, Asset]:
    right = rights.of(request).on(site, Verb.IMPORTS)
    row = get_object_or_404(Asset.objects.select_related("kind"), pk=asset, site_id=right.site_id)
    return right, get_object_or_404(Site, pk=right.site_id), row


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def points(request: HttpRequest, site: str, asset: int) -> HttpResponse:
    """Its points with what reads them, and a form for one more of the quantities of its kind."""
    right, the_site, row = _asset(request, site, asset)
    known = {each.quantity: each for each in templates(row.kind.points)}
    readers = limit_readers(the_site.pk)
    own = list(Point.objects.filter(asset=row).select_related("feed"))
    free = {each.quantity: named(each) for each in known.values() if each.quantity not in {one.quantity for one in own}}
    if request.method == "POST" and (template := known.get(request.POST.get("quantity", ""))) is not None:
        with in_messages(request):
            made = kinds.add_point(
                row, template.quantity, unit=template.unit, interval=template.interval, codes={}, limits={}, feed=None,
                address="", by=actor_of(request), now=timezone.now(),
            )  # fmt: skip
            messages.success(request, _("The point was added. Say by which feed it is read."))
            return redirect("asset_point", site, asset, made.pk)
        return redirect("asset_points", site, asset)
    rows = [
        {"point": point, "name": _name(known.get(point.quantity), point), "states": _states(point, known.get(point.quantity)),
         "limits": _limits(point, readers.get(point.quantity, {}))}
        for point in own
    ]  # fmt: skip
    context = around(request, right, the_site, "assets") | {"asset": row, "rows": rows, "free": free}
    return render(request, "assets/points.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def point(request: HttpRequest, site: str, asset: int, point: int) -> HttpResponse:
    """One point, changed or deleted (`act`)."""
    right, the_site, row = _asset(request, site, asset)
    one = get_object_or_404(Point.objects.select_related("feed", "asset__kind"), pk=point, asset=row)
    told = {"by": actor_of(request), "now": timezone.now()}
    if request.POST.get("act") == "delete":
        with in_messages(request):
            kinds.delete_point(one, **told)
            messages.success(request, _("The point was deleted."))
            return redirect("asset_points", site, asset)
        return redirect("asset_point", site, asset, point)
    template = next((each for each in templates(row.kind.points) if each.quantity == one.quantity), None)
    limits = _fields(one, limit_readers(the_site.pk).get(one.quantity, {}))
    form = PointForm(the_site.pk, limits, request.POST if request.method == "POST" else None, initial=PointForm.filled(one))
    if form.is_valid():
        with at_form(form, {}):
            accepted = form.cleaned_data["accept_meaning"]
            kinds.change_point(one, **form.told(one.limits), accept_meaning=accepted, **told)
            messages.success(request, _("The point was saved."))
            return redirect("asset_points", site, asset)
    form.asked()
    context = around(request, right, the_site, "assets") | {
        "asset": row, "point": one, "name": _name(template, one), "form": form, "states": template and states_of(template)
    }  # fmt: skip
    return render(request, "assets/point.html", context, status=422 if form.errors else 200)


def _name(template: Template | None, point: Point) -> str:
    return named(template) if template else point.quantity


def _states(point: Point, template: Template | None) -> str:
    if point.codes:
        return ", ".join(f"{code} = {name}" for code, name in point.codes.items())
    return states_of(template) if template else ""


def _rule(rule: Rule) -> str:
    return rule.name_en if get_language() == "en" else rule.name_fr


def _limits(point: Point, readers: Readers) -> list[dict[str, object]]:
    """name, value, and the rules that judge by it; those that rules ask for and the point lacks have no value."""
    names = [*point.limits, *(name for name in readers if name not in point.limits)]
    return [
        {"name": name, "value": point.limits.get(name), "rules": [_rule(rule) for rule in readers.get(name, ())]}
        for name in names
    ]


def _fields(point: Point, readers: Readers) -> dict[str, str]:
    """The limits the form has a field for, with who reads them: all but those that are no number."""
    told = {}
    for each in _limits(point, readers):
        value, rules = each["value"], ", ".join(each["rules"])
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            label = _("Limit {name}, read by {rules}") if rules else _("Limit {name}, read by no active rule")
            told[str(each["name"])] = label.format(name=each["name"], rules=rules)
    return told
