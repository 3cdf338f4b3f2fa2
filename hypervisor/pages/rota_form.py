"""The form of an on-call rota: layers of people who take turns, their hours, holidays, and the region whose holidays count."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from response.notification import spec
from response.rota import REGIONS

LAYERS = 3
"""Layers that the form offers; a rota of more, or of several hours in one layer, is written by the interface."""
WEEKDAYS = [
    (1, gettext_lazy("Mon")), (2, gettext_lazy("Tue")), (3, gettext_lazy("Wed")), (4, gettext_lazy("Thu")),
    (5, gettext_lazy("Fri")), (6, gettext_lazy("Sat")), (7, gettext_lazy("Sun")),
]  # fmt: skip
DAYS = [
    ("all", gettext_lazy("every day")),
    ("holidays", gettext_lazy("on public holidays only")),
    ("not_holidays", gettext_lazy("but on public holidays")),
]
OF_A_LAYER = ("people", "starts", "every_days", "weekdays", "start", "end", "days")
_INPUT = {"class": "input"}


class RotaForm(forms.Form):
    """Up to three layers; the last that covers an instant decides."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput(_INPUT))
    region = forms.ChoiceField(
        label=gettext_lazy("Public holidays of"), required=False, widget=forms.Select(_INPUT),
        choices=[("", gettext_lazy("France")), *REGIONS.items()],
    )  # fmt: skip
    holidays = forms.CharField(
        label=gettext_lazy("Further holidays, as 2026-06-24"), required=False, max_length=2300, widget=forms.TextInput(_INPUT)
    )

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        for number in range(1, LAYERS + 1):
            for name, field in _layer_fields(required=number == 1).items():
                self.fields[_called(name, number)] = field

    def layers(self) -> list[dict[str, Any]]:
        """Of each layer its fields, by name, and whether it is in use."""
        return [
            {
                "number": number,
                "used": bool(self[_called("people", number)].value()),
                **{name: self[_called(name, number)] for name in OF_A_LAYER},
            }
            for number in range(1, LAYERS + 1)
        ]

    def clean_holidays(self) -> list[str]:
        days = re.split(r"[\s,;]+", self.cleaned_data["holidays"].strip())
        try:
            return [dt.date.fromisoformat(day).isoformat() for day in days if day]
        except ValueError:
            raise forms.ValidationError(_("Write days as 2026-06-24, with spaces between them.")) from None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for number in range(2, LAYERS + 1):
            if given.get(_called("people", number)) and not given.get(_called("starts", number)):
                self.add_error(_called("starts", number), _("A layer begins with a hand-over."))
        return given

    def document(self) -> dict[str, Any]:
        given = self.cleaned_data
        layers = [
            _layer({name: given[_called(name, number)] for name in OF_A_LAYER})
            for number in range(1, LAYERS + 1)
            if given[_called("people", number)]
        ]
        told: dict[str, Any] = {"name": given["name"], "layers": layers}
        told |= {"holidays": given["holidays"]} if given["holidays"] else {}
        return told | ({"region": given["region"]} if given["region"] else {})


def initial(document: spec.Rota) -> dict[str, Any] | None:
    """What the form begins with to change a rota; None: it says more than the form does."""
    if len(document.layers) > LAYERS or any(len(layer.hours) > 1 or layer.ends for layer in document.layers):
        return None
    told: dict[str, Any] = {"name": document.name, "region": document.region}
    told["holidays"] = " ".join(day.isoformat() for day in document.holidays)
    for number, layer in enumerate(document.layers, 1):
        hours = layer.hours[0] if layer.hours else None
        of_layer = {
            "people": ", ".join(layer.people), "starts": f"{layer.starts:%Y-%m-%dT%H:%M}", "every_days": layer.every_days,
            "days": layer.days, "weekdays": list(hours.weekdays) if hours and len(hours.weekdays) < 7 else [],
            "start": f"{hours.start:%H:%M}" if hours else None, "end": f"{hours.end:%H:%M}" if hours else None,
        }  # fmt: skip
        told |= {_called(name, number): value for name, value in of_layer.items()}
    return told


def _called(name: str, number: int) -> str:
    return name if number == 1 else f"{name}_{number}"


def _layer(given: dict[str, Any]) -> dict[str, Any]:
    """Hours where any are given, or where holidays matter: then whole days."""
    told = {
        "people": given["people"].replace(",", " ").split(),
        "starts": timezone.make_naive(given["starts"]).isoformat(),
        "every_days": given["every_days"] or 7,
    }
    if given["weekdays"] or given["start"] or given["end"] or given["days"] not in ("", "all"):
        hours = {"start": (given["start"] or dt.time()).isoformat(), "end": (given["end"] or dt.time()).isoformat()}
        told["hours"] = [hours | ({"weekdays": sorted(map(int, given["weekdays"]))} if given["weekdays"] else {})]
    return told | ({"days": given["days"]} if given["days"] not in ("", "all") else {})


def _layer_fields(*, required: bool) -> dict[str, forms.Field]:
    clock = {"class": "input", "type": "time"}
    return {
        "people": forms.CharField(
            label=_("User names, in the order of their turns"), max_length=2000, required=required, widget=forms.TextInput(_INPUT)
        ),
        "starts": forms.DateTimeField(
            label=_("First hand-over"), required=required,
            widget=forms.DateTimeInput({"class": "input", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        ),
        "every_days": forms.IntegerField(
            label=_("Days of a turn"), min_value=1, max_value=366, initial=7, required=required, widget=forms.NumberInput(_INPUT)
        ),
        "weekdays": forms.MultipleChoiceField(
            label=_("On these days of the week (none: all)"), choices=WEEKDAYS, required=False,
            widget=forms.CheckboxSelectMultiple,
        ),
        "start": forms.TimeField(label=_("On call from"), required=False, widget=forms.TimeInput(clock, format="%H:%M")),
        "end": forms.TimeField(label=_("On call until"), required=False, widget=forms.TimeInput(clock, format="%H:%M")),
        "days": forms.ChoiceField(label=_("Holidays"), choices=DAYS, initial="all", required=False, widget=forms.Select(_INPUT)),
    }  # fmt: skip
