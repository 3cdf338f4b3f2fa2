"""Réglages, kinds of assets: what can be installed, what it measures, in which unit and with which states."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assets.alphabet import alphabetical
from assets.inventory.kinds import Template, templates
from assets.models import Asset, AssetKind, Point, Site
from hypervisor import kinds, rights
from hypervisor.acting import actor_of
from hypervisor.pages import map_words
from hypervisor.pages.frame import around
from hypervisor.pages.kind_forms import KindForm, NewKindForm, QuantityForm
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.rights import Verb


def named(row: AssetKind | Template) -> str:
    """In the person's language; of a quantity without words its short name."""
    own = row.name_en if get_language() == "en" else row.name_fr
    return own or (row.quantity if isinstance(row, Template) else row.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The catalogue with what this site has of each kind, and a form for one more kind."""
    right, the_site = rights.on_site(request, site, Verb.IMPORTS)
    form = NewKindForm(request.POST or None, initial={"glyph": "unknown"})
    if request.method == "POST" and form.is_valid():
        with at_form(form, {}):
            row = kinds.add(the_site, form.kind(), by=actor_of(request), now=timezone.now())
            messages.success(request, _("The kind {name} was added. Say what it measures.").format(name=named(row)))
            return redirect("kind_settings", site, row.slug)
    held = dict(Asset.objects.filter(site=the_site, retired_at=None).order_by().values_list("kind").annotate(n=Count("pk")))
    domains = map_words.domains()
    rows = [
        {"kind": row, "name": named(row), "domain": domains.get(row.domain, row.domain), "held": held.get(row.pk, 0),
         "quantities": [named(each) for each in templates(row.points)]}
        for row in AssetKind.objects.all()
    ]  # fmt: skip
    rows.sort(key=lambda each: alphabetical(each["name"]))
    context = around(request, right, the_site, "settings") | {"tab": "kinds", "rows": rows, "form": form}
    return render(request, "configuration/kinds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def kind(request: HttpRequest, site: str, kind: str) -> HttpResponse:
    """One kind: its names, its quantities, and forms to change them (`act`)."""
    right, the_site = rights.on_site(request, site, Verb.IMPORTS)
    row = get_object_or_404(AssetKind, slug=kind)
    act, told = request.POST.get("act", ""), {"by": actor_of(request), "now": timezone.now()}
    if act == "delete":
        with in_messages(request):
            kinds.delete(the_site, row, **told)
            messages.success(request, _("The kind {name} was deleted.").format(name=named(row)))
            return redirect("kinds_settings", site)
        return redirect("kind_settings", site, kind)
    begun = {name: getattr(row, name) for name in ("name_fr", "name_en", "domain", "glyph")}
    form = KindForm(request.POST if act == "names" else None, initial=begun)
    quantity = QuantityForm(request.POST if act == "quantity" else None)
    if form.is_valid():
        with at_form(form, {}):
            kinds.change(the_site, row, **form.cleaned_data, rights=rights.of(request), **told)
            messages.success(request, _("The kind was changed."))
            return redirect("kind_settings", site, kind)
    known = templates(row.points)
    if quantity.is_valid():
        slug = quantity.cleaned_data["quantity"]
        if any(each.quantity == slug for each in known):
            quantity.add_error("quantity", _("This short name is taken."))
        elif _put(the_site, row, quantity, slug, request):
            return redirect("kind_settings", site, kind)
    quantity.asked()
    measured = Point.objects.filter(asset__kind=row, asset__site=the_site, asset__retired_at=None)
    counts = dict(measured.order_by().values_list("quantity").annotate(n=Count("pk")))
    context = around(request, right, the_site, "settings") | {
        "tab": "kinds", "row": row, "name": named(row), "form": form, "quantity_form": quantity,
        "may_change": kinds.may_change(row, rights.of(request)),
        "quantities": [{"told": each, "name": named(each), "points": counts.get(each.quantity, 0),
                        "states": states_of(each)} for each in known],
    }  # fmt: skip
    return render(request, "configuration/kind.html", context, status=422 if form.errors or quantity.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def quantity(request: HttpRequest, site: str, kind: str, quantity: str) -> HttpResponse:
    """One quantity of a kind: how it is called, its unit, its states; changed or removed (`act`)."""
    right, the_site = rights.on_site(request, site, Verb.IMPORTS)
    row = get_object_or_404(AssetKind, slug=kind)
    known = next((each for each in templates(row.points) if each.quantity == quantity), None)
    if known is None:
        raise Http404
    if request.POST.get("act") == "delete":
        with in_messages(request):
            kinds.remove_quantity(the_site, row, known, rights=rights.of(request), by=actor_of(request), now=timezone.now())
            messages.success(request, _("The quantity {name} was removed.").format(name=named(known)))
            return redirect("kind_settings", site, kind)
        return redirect("quantity_settings", site, kind, quantity)
    form = QuantityForm(request.POST if request.method == "POST" else None, initial=QuantityForm.filled(known))
    del form.fields["quantity"]
    if form.is_valid() and _put(the_site, row, form, quantity, request):
        return redirect("kind_settings", site, kind)
    form.asked()
    context = around(request, right, the_site, "settings") | {
        "tab": "kinds", "row": row, "kind_name": named(row), "name": named(known), "known": known, "form": form,
        "may_change": kinds.may_change(row, rights.of(request)),
    }  # fmt: skip
    return render(request, "configuration/quantity.html", context, status=422 if form.errors else 200)


def _put(site: Site, row: AssetKind, form: QuantityForm, slug: str, request: HttpRequest) -> bool:
    with at_form(form, {}):
        told = form.template(slug)
        kinds.put_quantity(
            site, row, told, accept_meaning=form.cleaned_data["accept_meaning"], rights=rights.of(request),
            by=actor_of(request), now=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("The quantity {name} was saved.").format(name=named(told)))
        return True
    return False


def states_of(template: Template) -> str:
    """`0 = off, 1 = on`, in the person's language."""
    english = get_language() == "en"
    names = template.codes | template.codes_en if english else template.codes
    return ", ".join(f"{code} = {name}" for code, name in names.items())
