"""Réglages, commands: what rules command by themselves, whether it would leave, and the forms to set it up and take it away."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from alarms.models import Rule
from assets.alphabet import alphabetical
from assets.models import Site
from commands import reactions
from commands.models import Reaction, Scenario, SiteChoice
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.pages.frame import around
from hypervisor.pages.parameter_words import TYPED, parameters, written
from hypervisor.pages.refused import at_form
from hypervisor.pages.scenario_forms import Choices
from hypervisor.rights import Right, Verb

LONGEST = 366 * 1440
"""Minutes that something may stand at most."""
_TEXT, _SELECT = {"class": "input", "autocomplete": "off"}, {"class": "input"}


class Offered:
    """What a rule may command on a site, and what lets it leave, read once for a page."""

    def __init__(self, site: Site, english: bool) -> None:
        self.choices = Choices(site, english)
        self.names = dict(self.choices.slugs)
        self.rules = {row.slug: row for row in Rule.objects.filter(site=site)}
        self.scenarios = {row.slug: row for row in Scenario.objects.filter(site=site)}
        self.name = "name_en" if english else "name_fr"
        picked = SiteChoice.objects.filter(site=site, enabled=True, automatic=True)
        automatic = set(picked.values_list("type_id", flat=True))
        self.automatic = {row.slug for row in self.choices.types if row.pk in automatic}

    def called(self, rule: str) -> str:
        return getattr(self.rules[rule], self.name) if rule in self.rules else rule

    def what(self, row: Reaction) -> str:
        return getattr(row.scenario, self.name) if row.scenario else self.names.get(row.type, row.type)

    def hindrance(self, row: Reaction) -> str:
        """What keeps it from ever leaving as things are; empty: nothing does."""
        rule = self.rules.get(row.rule)
        if rule is None or (rule.state != Rule.State.ACTIVE and not rule.built_in):
            return _("The rule is not active.")
        if row.scenario is not None:
            if not row.scenario.enabled:
                return _("The scenario is switched off.")
            return "" if row.scenario.automatic else _("Rules may not run this scenario by themselves.")
        return "" if row.type in self.automatic else _("The site lets no asset take this command without a person.")


class ReactionForm(forms.Form):
    """A type of command for the alarm's asset, or a scenario; which of them may be given is the room's to say."""

    rule = forms.ChoiceField(label=gettext_lazy("When this rule raises an alarm"), widget=forms.Select(_SELECT))
    type = forms.ChoiceField(label=gettext_lazy("Command to its asset"), required=False, widget=forms.Select(_SELECT))
    parameters = forms.CharField(
        label=gettext_lazy("Parameters"), max_length=1000, required=False, widget=forms.TextInput(_TEXT), help_text=TYPED
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes it stands"), min_value=1, max_value=LONGEST, required=False,
        widget=forms.NumberInput(_SELECT), help_text=gettext_lazy("Of a command that lasts until an end; else empty."),
    )  # fmt: skip
    scenario = forms.ChoiceField(label=gettext_lazy("Or a scenario"), required=False, widget=forms.Select(_SELECT))
    enabled = forms.BooleanField(label=gettext_lazy("Active"), required=False)

    def __init__(self, offered: Offered, taken: set[str], *given: object, **told: object) -> None:
        """`taken`: rules that command something already."""
        super().__init__(*given, **told)
        self.offered = offered
        free = [(slug, offered.called(slug)) for slug, row in offered.rules.items()
                if slug not in taken and row.state != Rule.State.RETIRED]  # fmt: skip
        named = [(slug, getattr(row, offered.name)) for slug, row in offered.scenarios.items()]
        self.fields["rule"].choices = [("", "—"), *sorted(free, key=lambda each: alphabetical(each[1]))]
        self.fields["type"].choices = [("", "—"), *offered.choices.slugs]
        self.fields["scenario"].choices = [("", "—"), *sorted(named, key=lambda each: alphabetical(each[1]))]

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if not self.errors:
            if bool(given["type"]) == bool(given["scenario"]):
                raise forms.ValidationError(_("Choose a command or a scenario."))
            of_type = [row for row in self.offered.choices.types if row.slug == given["type"]]
            try:
                given["parameters"] = parameters(given["parameters"], of_type)
            except forms.ValidationError as error:
                self.add_error("parameters", error)
        return given


def _right(request: HttpRequest, site: str) -> tuple[Right, Site, Offered]:
    right, the_site = rights.on_site(request, site, Verb.RULES)
    return right, the_site, Offered(the_site, get_language() == "en")


def _write(request: HttpRequest, site: Site, rule: str, form: ReactionForm) -> bool:
    """Save it; whether it was."""
    given = {name: form.cleaned_data[name] for name in ("type", "parameters", "minutes", "scenario", "enabled")}
    of_parameters = {f"parameters.{name}": "parameters" for name in _parameters_named(form, given["parameters"])}
    with at_form(form, of_parameters):
        reactions.write(site, rule, **given, by=actor_of(request), now=timezone.now())
    if form.errors:
        return False
    messages.success(request, _("What the rule {name} commands is set.").format(name=form.offered.called(rule)))
    return True


def _parameters_named(form: ReactionForm, given: dict[str, object]) -> set[str]:
    """Names that a refusal may be about: those given, and those that the type asks for."""
    asked = {
        each["name"] for row in form.offered.choices.types if row.slug == form.cleaned_data["type"]
        for each in row.spec.get("parameters", ())
    }  # fmt: skip
    return asked | {name[:60] for name in given}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """What the rules of the site command, and the form for one more."""
    right, the_site, offered = _right(request, site)
    rows = list(Reaction.objects.filter(site=the_site).select_related("scenario"))
    form = ReactionForm(offered, {row.rule for row in rows}, request.POST or None, initial={"enabled": True})
    if request.method == "POST" and form.is_valid() and _write(request, the_site, form.cleaned_data["rule"], form):
        return redirect("reaction_settings", site)
    told = [
        {"row": row, "name": offered.called(row.rule), "what": offered.what(row), "parameters": written(row.parameters),
         "hindrance": offered.hindrance(row) if row.enabled else ""}
        for row in rows
    ]  # fmt: skip
    context = around(request, right, the_site, "settings") | {
        "tab": "commands", "part": "reactions", "form": form,
        "reactions": sorted(told, key=lambda each: alphabetical(each["name"])),
    }  # fmt: skip
    return render(request, "configuration/reactions.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reaction(request: HttpRequest, site: str, rule: str) -> HttpResponse:
    """What one rule commands."""
    right, the_site, offered = _right(request, site)
    row = get_object_or_404(Reaction.objects.select_related("scenario"), site=the_site, rule=rule)
    first = {
        "type": row.type, "parameters": written(row.parameters), "minutes": row.minutes,
        "scenario": row.scenario and row.scenario.slug, "enabled": row.enabled,
    }  # fmt: skip
    form = ReactionForm(offered, set(), request.POST or None, initial=first)
    del form.fields["rule"]
    if request.method == "POST" and form.is_valid() and _write(request, the_site, rule, form):
        return redirect("reaction_settings", site)
    context = around(request, right, the_site, "settings") | {
        "tab": "commands", "part": "reactions", "form": form, "row": row, "name": offered.called(rule),
        "hindrance": offered.hindrance(row) if row.enabled else "",
    }  # fmt: skip
    return render(request, "configuration/reaction.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def remove(request: HttpRequest, site: str, rule: str) -> HttpResponse:
    """Let a rule command nothing any more."""
    right = rights.of(request).on(site, Verb.RULES)
    row = get_object_or_404(Reaction, site_id=right.site_id, rule=rule)
    reactions.remove(row, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The rule commands nothing any more."))
    return redirect("reaction_settings", site)
