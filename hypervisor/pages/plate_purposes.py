"""Réglages, plates: why they are read here and on which legal basis, for how long, at which gates; proof of what was erased."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.pages.frame import around
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.rights import Verb
from passages import gates, purposes
from passages.models import Erasure, Gate, Purpose
from passages.purposes import MOST_DAYS, MOST_HOURS
from passages.recommendation import Policy

ERASURES = 20
USES = {
    Purpose.Use.SUBSCRIBERS: gettext_lazy("access of subscribers"),
    Purpose.Use.DELIVERIES: gettext_lazy("deliveries and works"),
    Purpose.Use.RESTRICTED_AREA: gettext_lazy("pedestrian or limited-traffic area"),
    Purpose.Use.CAR_PARK: gettext_lazy("car park"),
}
BASES = {
    Purpose.Basis.CONTRACT: gettext_lazy("performance of a contract (GDPR art. 6-1-b)"),
    Purpose.Basis.LEGAL_OBLIGATION: gettext_lazy("legal obligation (GDPR art. 6-1-c)"),
    Purpose.Basis.PUBLIC_TASK: gettext_lazy("task in the public interest (GDPR art. 6-1-e)"),
    Purpose.Basis.LEGITIMATE_INTEREST: gettext_lazy("legitimate interest (GDPR art. 6-1-f)"),
}
POLICIES = {
    Policy.MANUAL: gettext_lazy("people decide, nothing is recommended first"),
    Policy.ASSISTED: gettext_lazy("people decide, with a recommendation"),
    Policy.AUTOMATIC: gettext_lazy("opens by itself above the confidence"),
}
WHY = {
    "time": gettext_lazy("its time was over"),
    "person": gettext_lazy("at its holder’s request"),
    "purpose": gettext_lazy("the purpose was withdrawn"),
}


class PurposeForm(forms.Form):
    """What an administrator states, as a data protection officer expects to read it."""

    use = forms.ChoiceField(label=gettext_lazy("Use"), choices=USES.items(), widget=forms.Select({"class": "input"}))
    basis = forms.ChoiceField(label=gettext_lazy("Legal basis"), choices=BASES.items(), widget=forms.Select({"class": "input"}))
    statement = forms.CharField(
        label=gettext_lazy("Purpose, in the words of the register of processing"), max_length=2000,
        widget=forms.Textarea({"class": "input", "rows": 6}),
    )  # fmt: skip
    assessment = forms.CharField(
        label=gettext_lazy("Reference of the impact assessment"), max_length=120, widget=forms.TextInput({"class": "input"})
    )
    contact = forms.CharField(
        label=gettext_lazy("Data protection officer, whom people write to"), max_length=200,
        widget=forms.TextInput({"class": "input"}),
    )  # fmt: skip
    clear_hours = forms.IntegerField(
        label=gettext_lazy("Hours a plate stays in clear after its passage"), min_value=0, max_value=MOST_HOURS, initial=24,
        widget=forms.NumberInput({"class": "input"}),
    )  # fmt: skip
    history_days = forms.IntegerField(
        label=gettext_lazy("Days a passage is kept without its plate"), min_value=1, max_value=MOST_DAYS, initial=30,
        widget=forms.NumberInput({"class": "input"}),
    )  # fmt: skip
    not_policing = forms.BooleanField(
        label=gettext_lazy("It serves no policing, which is the State’s alone (CSI, L. 233-1 and L. 233-2)")
    )


class GateForm(forms.Form):
    """Under which purpose a gate reads plates, and who decides there."""

    purpose = forms.ModelChoiceField(Purpose.objects.none(), required=False)
    policy = forms.ChoiceField(choices=POLICIES.items())
    threshold = forms.FloatField(min_value=0.5, max_value=1)

    def __init__(self, site: Site, *given: object) -> None:
        super().__init__(*given)
        self.fields["purpose"].queryset = Purpose.objects.filter(site=site, withdrawn_at=None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """What is stated, and the form to state another purpose; `use` in the address begins it with the statement for that use."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    form = PurposeForm(request.POST or None, initial=_template(request.GET.get("use", "")))
    if request.method == "POST" and form.is_valid():
        with at_form(form, {}):
            purposes.state(the_site, **form.cleaned_data, by=actor_of(request), now=timezone.now())
        if not form.errors:
            messages.success(request, _("The purpose is stated. Choose it for the gates that read under it."))
            return redirect("plate_settings", site)
    stated = list(Purpose.objects.filter(site=the_site).prefetch_related("gates"))
    in_force = [purpose for purpose in stated if purpose.withdrawn_at is None]
    context = around(request, right, the_site, "settings") | {
        "tab": "plates", "form": form, "uses": USES.items(), "policies": POLICIES.items(),
        "purposes": [(purpose, USES[Purpose.Use(purpose.use)], BASES[Purpose.Basis(purpose.basis)]) for purpose in stated],
        "choices": [(purpose.pk, f"{USES[Purpose.Use(purpose.use)]} · {purpose.assessment}") for purpose in in_force],
        "gates": Gate.objects.filter(site=the_site).select_related("purpose", "asset"),
        "erasures": [(each, WHY[each.why]) for each in Erasure.objects.filter(site=the_site)[:ERASURES]],
    }  # fmt: skip
    return render(request, "configuration/plates.html", context, status=422 if form.errors else 200)


def _template(use: str) -> dict[str, object]:
    """What the form begins with for a use."""
    known = purposes.templates()
    wanted = use if use in known else Purpose.Use.DELIVERIES.value
    basis = {"subscribers": "contract", "car_park": "contract"}.get(wanted, "public_task")
    return {"use": wanted, "basis": basis, "statement": known[wanted]["en" if get_language() == "en" else "fr"]}


@require_POST
@login_required
def withdraw(request: HttpRequest, site: str, purpose: int) -> HttpResponse:
    """End a purpose: its gates read nothing more, and what was read under it is erased."""
    _known, the_site = rights.on_site(request, site, Verb.GATES)
    row = get_object_or_404(Purpose, pk=purpose, site=the_site)
    with in_messages(request):
        purposes.withdraw(row.pk, by=actor_of(request), now=timezone.now())
        messages.success(request, _("The purpose is withdrawn: nothing is read under it any more, and what was read is erased."))
    return redirect("plate_settings", site)


@require_POST
@login_required
def set_gate(request: HttpRequest, site: str, gate: int) -> HttpResponse:
    """Choose the purpose under which a gate reads, and how it decides."""
    _known, the_site = rights.on_site(request, site, Verb.GATES)
    row = get_object_or_404(Gate.objects.select_related("asset__kind", "purpose"), pk=gate, site=the_site)
    form = GateForm(the_site, request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return redirect("plate_settings", site)
    with in_messages(request):
        gates.save_gate(the_site, form.cleaned_data, by=actor_of(request), now=timezone.now(), known=row)
        messages.success(request, _("The gate {name} is set.").format(name=row.name))
    return redirect("plate_settings", site)
