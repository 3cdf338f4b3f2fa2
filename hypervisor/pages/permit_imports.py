"""Permits from a file: compared with what there is, shown, and written only when somebody confirms exactly that."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.pages import import_words
from hypervisor.pages.permits import around_permits
from hypervisor.pages.refused import in_messages
from hypervisor.rights import Right, Verb
from passages.models import PermitImport
from passages.permits import imports

SHOWN = 30
MOST_BYTES = 8 * 2**20
STATES = {
    PermitImport.State.COMPARED: gettext_lazy("compared, not written"),
    PermitImport.State.DONE: gettext_lazy("written"),
    PermitImport.State.REFUSED: gettext_lazy("refused file"),
}
FIELDS = {
    "company": gettext_lazy("Company"), "contact": gettext_lazy("Contact"), "purpose": gettext_lazy("What for"),
    "plates": gettext_lazy("Plates"), "gates": gettext_lazy("Gates"), "valid_from": gettext_lazy("Valid from"),
    "valid_until": gettext_lazy("Valid until"), "weekly": gettext_lazy("Hours"), "escort": gettext_lazy("Escort"),
    "longest_stay": gettext_lazy("Longest stay"), "state": gettext_lazy("State"),
}  # fmt: skip


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("CSV file"), widget=forms.FileInput({"class": "input", "accept": ".csv,.txt"}))
    whole = forms.BooleanField(label=gettext_lazy("It is the whole list: permits that are not in it end"), required=False)

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large: {n} MB at most.").format(n=MOST_BYTES // 2**20))
        return file


def _right(request: HttpRequest, site: str) -> tuple[Right, Site]:
    """A file is about any gate: whoever is confined to some has no such page."""
    right = rights.of(request).on(site, Verb.PERMITS)
    if right.sectors is not None:
        raise Http404
    return right, get_object_or_404(Site, pk=right.site_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """Earlier imports, and the form of a new one; sending it compares and writes nothing."""
    right, the_site = _right(request, site)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, by, now = form.cleaned_data["file"], actor_of(request), timezone.now()
        run = imports.compare_file(the_site, file.read(), file.name, by=by, now=now, whole=form.cleaned_data["whole"])
        return redirect("permit_comparison", site, run.pk)
    runs = PermitImport.objects.filter(site=the_site).select_related("source").defer("content")[:SHOWN]
    context = around_permits(request, right, the_site, "imports") | {
        "form": form, "runs": [(run, STATES[PermitImport.State(run.state)]) for run in runs],
    }  # fmt: skip
    return render(request, "permits/imports.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def compared(request: HttpRequest, site: str, permit_import: int) -> HttpResponse:
    """What an import would change, or changed."""
    right, the_site = _right(request, site)
    run = get_object_or_404(PermitImport.objects.select_related("source"), pk=permit_import, site=the_site)
    english = get_language() == "en"
    details = run.details
    context = around_permits(request, right, the_site, "imports") | {
        "run": run, "state_name": STATES[PermitImport.State(run.state)], "message": import_words.message(run),
        "to_confirm": run.state == PermitImport.State.COMPARED and bool(run.content),
        "counts": [
            ("new", pgettext("permits", "new"), run.new), ("changed", pgettext("permits", "changed"), run.changed),
            ("unchanged", pgettext("permits", "unchanged"), run.unchanged), ("gone", pgettext("permits", "ending"), run.gone),
            ("refused", pgettext("permits", "refused rows"), run.refused),
        ],
        "added": details.get("new", ()), "gone": details.get("gone", ()), "twins": details.get("twins", ()),
        "altered": [each | {"names": [FIELDS.get(name, name) for name in each["fields"]]} for each in details.get("changed", ())],
        "refusals": [
            each | {"said": each["sentence"] if english else each.get("sentence_fr", each["sentence"])}
            for each in details.get("refused", ())
        ],
    }  # fmt: skip
    return render(request, "permits/comparison.html", context)


@require_POST
@login_required
def confirm(request: HttpRequest, site: str, permit_import: int) -> HttpResponse:
    """Write what the comparison showed, and nothing else."""
    _known, the_site = _right(request, site)
    run = get_object_or_404(PermitImport, pk=permit_import, site=the_site)
    without = request.POST.get("without_refused") == "1"
    with in_messages(request):
        imports.carry_out_file(run.pk, by=actor_of(request), now=timezone.now(), without_refused=without)
        messages.success(request, _("The permits are written."))
    return redirect("permit_comparison", site, run.pk)
