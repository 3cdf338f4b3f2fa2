"""Import of an inventory file: send it, see what would change, confirm it, watch it being written."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from assets.inventory import layouts
from assets.inventory import mapping as mappings
from assets.inventory.failures import InventoryFailure
from assets.models import Asset, ImportRun, Site
from hypervisor import change_sets, rights
from hypervisor.acting import actor_of
from hypervisor.names import names_on
from hypervisor.pages import change_list, import_words
from hypervisor.pages.frame import around
from hypervisor.pages.refused import in_messages
from hypervisor.rights import Right, Verb

MOST_BYTES = 200 * 1024 * 1024
SHOWN = 20
_WAYS = [
    ("native", gettext_lazy("Assets, in Vigie's own columns")),
    ("points", gettext_lazy("Points, in Vigie's own columns")),
    ("irve", gettext_lazy("Charging points, IRVE static schema")),
    ("raepa-ouvraep", gettext_lazy("Drinking water works, RAEPA")),
    ("eclext", gettext_lazy("Light points, EclExt (CNIG)")),
    ("known", gettext_lazy("As an earlier import")),
    ("written", gettext_lazy("A mapping I write (TOML)")),
]
_WHOLE = [
    ("", gettext_lazy("Assets to add or change; what it lacks stays, unless the mapping says otherwise")),
    ("kinds", gettext_lazy("The complete list of the kinds it holds: what it lacks is to be decommissioned")),
]


class ImportForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File (CSV, GeoJSON, .xlsx, GeoPackage, zipped Shapefile, KML)"))
    way = forms.ChoiceField(label=gettext_lazy("How to read it"), choices=_WAYS, initial="native")
    known = forms.ModelChoiceField(ImportRun.objects.none(), label=gettext_lazy("Earlier import"), required=False)
    complete = forms.ChoiceField(label=gettext_lazy("What the file is"), choices=_WHOLE, required=False)
    column = forms.CharField(label=gettext_lazy("Only rows whose column…"), required=False, max_length=200)
    values = forms.CharField(label=gettext_lazy("… has one of these values (commune codes)"), required=False, max_length=2000)
    written = forms.CharField(label=gettext_lazy("Mapping"), required=False, max_length=100_000, widget=forms.Textarea)

    def __init__(self, site: Site, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["known"].queryset = site.imports.exclude(mapping={}).order_by("-started_at")
        for name in self.fields:
            self.fields[name].widget.attrs.setdefault("class", "input")

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large: {n} MB at most.").format(n=MOST_BYTES // 2**20))
        return file

    def clean(self) -> dict[str, object]:
        """Adds `mapping`, checked; None for points."""
        given = super().clean()
        way = given.get("way")
        try:
            if way == "points":
                given["mapping"] = None
            elif way == "written":
                given["mapping"] = mappings.check(tomllib.loads(given.get("written", "")))
            elif way == "known" and given.get("known"):
                given["mapping"] = mappings.check(given["known"].mapping)
            elif way == "known":
                self.add_error("known", _("Choose an earlier import."))
            elif way in layouts.NAMES:
                given["mapping"] = layouts.read(way)
            elif (file := given.get("file")) and Path(file.name).suffix.lower() in (".geojson", ".json"):
                self.add_error("way", _("Vigie's own columns are those of a CSV file: for GeoJSON, write a mapping."))
            else:
                given["mapping"] = mappings.NATIVE
            if given.get("mapping") is not None:
                values = [each.strip() for each in given.get("values", "").replace(";", ",").split(",") if each.strip()]
                given["mapping"] = layouts.picked(given["mapping"], given.get("column", "").strip(), values)
            if given.get("complete") and given.get("mapping") is not None:
                given["mapping"] = mappings.complete(given["mapping"])
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            self.add_error("written", _("This is not TOML: {reason}").format(reason=error))
        except InventoryFailure as failure:
            field = "written" if way == "written" else "known" if way == "known" else "column"
            self.add_error(field, import_words.failure(failure))
        return given


def _site(request: HttpRequest, site: str) -> tuple[Right, Site]:
    return rights.on_site(request, site, Verb.IMPORTS)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The earlier imports and the form of a new one; sending it starts the comparison."""
    right, the_site = _site(request, site)
    form = ImportForm(the_site, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        run = change_sets.begin(the_site, form.cleaned_data["file"], form.cleaned_data["mapping"], by=actor_of(request))
        return redirect("import", site, run.pk)
    context = around(request, right, the_site, "assets") | {"form": form, "runs": the_site.imports.all()[:SHOWN]}
    return render(request, "assets/imports.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD"])
@login_required
def follow(request: HttpRequest, site: str, run: int) -> HttpResponse:
    """What an import would change, how far it is, how it ended; `part=state` is what the page asks again and again, and
    `part=changes` the list of what would change."""
    right, the_site = _site(request, site)
    row = get_object_or_404(ImportRun, pk=run, site=the_site)
    context = {"run": row, "busy": row.finished_at is None, "total": row.new + row.changed, "details": row.details}
    context["classes"] = [
        ("new", ngettext("new row", "new rows", row.new), row.new),
        ("changed", ngettext("changed row", "changed rows", row.changed), row.changed),
        ("unchanged", ngettext("unchanged row", "unchanged rows", row.unchanged), row.unchanged),
        ("gone", ngettext("missing from the file", "missing from the file", row.gone), row.gone),
        ("refused", ngettext("refused row", "refused rows", row.refused), row.refused),
    ]
    if row.content == ImportRun.Content.POINTS:  # those that the file lacks are kept
        context["classes"] = [each for each in context["classes"] if each[0] != "gone"]
    context["to_confirm"] = [
        {name: import_words.detected(one[name]) for name in ("what", "value")}
        for one in row.details.get("detected", ())
        if one["confirm"]
    ]
    context["message"] = import_words.message(row)
    if row.content == ImportRun.Content.POINTS:
        context["changed"] = [one | {"changes": import_words.changes(one["fields"])} for one in row.details.get("changed", ())]
    else:
        context |= change_list.review(row) | change_list.page(row, request.GET)
    if request.GET.get("part") == "changes":
        return render(request, "assets/_changes.html", context | {"site": the_site})
    context["remarks"] = [one | {"said": import_words.remark(one)} for one in row.details.get("remarks", ())]
    context["far"] = _with_sheets(the_site, row.details.get("far", ()))
    context["refusals"] = [one | {"said": import_words.row(one)} for one in row.details.get("refused", ())]
    if request.GET.get("part") == "state":
        return render(request, "assets/_import.html", context | {"site": the_site, "names": names_on(the_site.pk)})
    return render(request, "assets/import.html", context | around(request, right, the_site, "assets"))


def _with_sheets(site: Site, far: Sequence[dict]) -> list[dict]:
    """What lies too far from the site, each with its asset's `id` when there is one already: its sheet shows where it stands."""
    if not far:
        return []
    ids = dict(Asset.objects.filter(site=site, code__in=[one["code"] for one in far]).order_by().values_list("code", "id"))
    return [one | {"id": ids.get(one["code"])} for one in far]


@require_POST
@login_required
def confirm(request: HttpRequest, site: str, run: int) -> HttpResponse:
    """Start to write what was approved; a second click finds it running and changes nothing."""
    _, the_site = _site(request, site)
    row = get_object_or_404(ImportRun, pk=run, site=the_site)
    accepted = {name: bool(request.POST.get(name)) for name in ("accept_detected", "accept_units", "without_refused")}
    with in_messages(request):
        change_sets.approve(row, by=actor_of(request), now=timezone.now(), **accepted)
    return redirect("import", site, run)


@require_POST
@login_required
def compare_again(request: HttpRequest, site: str, run: int) -> HttpResponse:
    """Compare the file of a run with the inventory as it stands now."""
    _, the_site = _site(request, site)
    row = get_object_or_404(ImportRun, pk=run, site=the_site)
    with in_messages(request):
        change_sets.compare_again(row, timezone.now())
    return redirect("import", site, run)
