"""The forms of a scenario of commands: what it is called, who may run it, and its steps one below the other."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext_lazy

from assets.alphabet import alphabetical, in_tree
from assets.models import Asset, AssetKind, Site
from commands.models import CommandType, Scenario
from commands.scenarios.steps import Step
from commands.spec import EVERYBODY
from hypervisor.pages.frame import ROLE_NAMES, indented
from hypervisor.pages.parameter_words import TYPED, parameters, written

MOST_STEPS = 100
_TEXT = {"class": "input", "autocomplete": "off"}
_SELECT = {"class": "input"}
DAY = 86_400


class ScenarioForm(forms.Form):
    name_fr = forms.CharField(label=gettext_lazy("Name in French"), max_length=120, widget=forms.TextInput(_TEXT))
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, widget=forms.TextInput(_TEXT))
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=60, widget=forms.TextInput(_TEXT),
        help_text=gettext_lazy("By which rules and programs name it."),
    )  # fmt: skip
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Who may run it"), choices=[(role, ROLE_NAMES[role]) for role in EVERYBODY],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    automatic = forms.BooleanField(label=gettext_lazy("Rules and procedures may run it by themselves"), required=False)
    enabled = forms.BooleanField(label=gettext_lazy("Active"), required=False)


class Choices:
    """What a step may choose from on a site, read once for all its steps."""

    def __init__(self, site: Site, english: bool) -> None:
        name = "en" if english else "fr"
        kinds = AssetKind.objects.filter(pk__in=Asset.objects.filter(site=site, retired_at=None).values("kind"))
        self.types = list(CommandType.objects.filter(kind__in=kinds, enabled=True).select_related("kind"))
        with_types = {row.kind.slug: getattr(row.kind, f"name_{name}") for row in self.types}
        self.kinds = sorted(with_types.items(), key=lambda kind: alphabetical(kind[1]))
        told: dict[str, list[str]] = {}
        for row in self.types:
            told.setdefault(row.slug, []).append(f"{row.spec['name'][name]} ({getattr(row.kind, f'name_{name}').lower()})")
        self.slugs = sorted(((slug, ", ".join(sorted(set(names)))) for slug, names in told.items()), key=lambda each: each[1])
        self.sectors = [(sector.path, indented(sector)) for sector in in_tree(site.sectors.defer("polygon"))]


class StepForm(forms.Form):
    """One step; `step()` after `is_valid()` is its plain form."""

    type = forms.ChoiceField(label=gettext_lazy("Command"), widget=forms.Select(_SELECT))
    assets = forms.CharField(
        label=gettext_lazy("Assets, by their codes"), max_length=20_000, required=False, widget=forms.TextInput(_TEXT),
        help_text=gettext_lazy("Separated by commas; or a kind instead."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("Or all of a kind"), required=False, widget=forms.Select(_SELECT))
    sector = forms.ChoiceField(label=gettext_lazy("in the sector"), required=False, widget=forms.Select(_SELECT))
    parameters = forms.CharField(
        label=gettext_lazy("Parameters"), max_length=1000, required=False, widget=forms.TextInput(_TEXT), help_text=TYPED
    )
    wait = forms.BooleanField(label=gettext_lazy("The next step waits until these have ended"), required=False)
    within = forms.FloatField(
        label=gettext_lazy("… but no longer than (seconds)"), min_value=0, max_value=DAY, required=False,
        widget=forms.NumberInput(_SELECT),
    )  # fmt: skip
    stop = forms.BooleanField(label=gettext_lazy("One that does not succeed ends the run"), required=False)

    def __init__(self, *given: object, choices: Choices, **told: object) -> None:
        super().__init__(*given, **told)
        self.known = choices
        self.fields["type"].choices = [("", "—"), *choices.slugs]
        self.fields["kind"].choices = [("", "—"), *choices.kinds]
        self.fields["sector"].choices = [("", "—"), *choices.sectors]

    def clean(self) -> Mapping[str, Any]:
        given = super().clean()
        if not self.errors and not self.cleaned_data.get("DELETE"):
            of_type = [row for row in self.known.types if row.slug == given["type"]]
            given["parameters"] = parameters(given["parameters"], of_type)
            given["codes"] = [code.strip() for code in given["assets"].split(",") if code.strip()]
            if bool(given["codes"]) == bool(given["kind"]):
                raise forms.ValidationError(gettext_lazy("Name either assets or a kind."))
        return given

    def step(self) -> dict[str, Any]:
        given = self.cleaned_data
        place = {"kind": given["kind"], "sector": given["sector"] or None}
        target = {"assets": given["codes"]} if given["codes"] else {name: told for name, told in place.items() if told}
        return {
            "target": target, "type": given["type"], "parameters": given["parameters"], "wait": given["wait"],
            "stop": given["stop"], "within": given["within"] or 0.0,
        }  # fmt: skip


Steps = forms.formset_factory(
    StepForm, extra=0, min_num=1, max_num=MOST_STEPS, absolute_max=MOST_STEPS, validate_min=True, validate_max=True,
    can_delete=True, can_order=True,
)  # fmt: skip
BLANK: Mapping[str, object] = {"wait": True}


def of_scenario(row: Scenario) -> dict[str, object]:
    """What the form of a scenario begins with."""
    return {name: getattr(row, name) for name in ScenarioForm.base_fields}


def of_steps(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """What the forms of its steps begin with."""
    return [
        {"type": step.type, "assets": ", ".join(step.target.assets), "kind": step.target.kind or "",
         "sector": step.target.sector or "", "parameters": written(step.parameters), "wait": step.wait, "stop": step.stop,
         "within": step.within or None}
        for step in msgspec.convert(list(steps), list[Step])
    ]  # fmt: skip


def steps_of(forms_of_steps: forms.BaseFormSet) -> list[dict[str, Any]]:
    """The steps in the order that was given them, without those taken away."""
    return [form.step() for form in forms_of_steps.ordered_forms]
