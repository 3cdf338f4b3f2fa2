"""The forms of a contract's page: a commitment, limits of all of them, an exclusion, and what freezes a month."""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from hypervisor.pages.contractor_forms import PRIORITIES
from reports.contracts.commitments import MEASURE_WORDS, OF_ORDERS, PER_WORDS
from reports.contracts.keeping import LONGEST
from reports.contracts.tables import KIND_WORDS
from reports.tables import Words

_INPUT = {"class": "input"}
_MOMENT = {"class": "input", "type": "datetime-local"}
_EUROS = {"min_value": 0, "max_value": 1_000_000, "decimal_places": 2, "max_digits": 9}


def _in_words(told: dict[str, Words]) -> list[tuple[str, str]]:
    language = "en" if get_language() == "en" else "fr"
    return [(str(name), words[language]) for name, words in told.items()]


def _euros(label: Any, *, required: bool) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=required, widget=forms.NumberInput(_INPUT | {"step": "0.01"}), **_EUROS)


def _cents(euros: Decimal | None) -> int | None:
    return None if euros is None else int(euros * 100)


class CommitmentForm(forms.Form):
    measure = forms.ChoiceField(label=gettext_lazy("What is measured"), widget=forms.Select(_INPUT))
    priority = forms.ChoiceField(label=gettext_lazy("Of orders of the priority"), required=False, widget=forms.Select(_INPUT))
    target = forms.FloatField(
        label=gettext_lazy("Target, %"),
        min_value=0,
        max_value=100,
        initial=100,
        widget=forms.NumberInput(_INPUT | {"step": "any"}),
    )
    amount = _euros(gettext_lazy("Penalty, €"), required=True)
    per = forms.ChoiceField(label=gettext_lazy("Owed"), widget=forms.Select(_INPUT))
    most = _euros(gettext_lazy("At most in a month, €"), required=False)
    at_all_hours = forms.BooleanField(label=gettext_lazy("Of assets: every hour counts"), required=False)

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.fields["measure"].choices = _in_words(MEASURE_WORDS)
        self.fields["per"].choices = _in_words(PER_WORDS)
        self.fields["priority"].choices = [("", _("all of them")), *((each.value, name) for each, name in PRIORITIES.items())]
        self.fields["amount"].initial = 0

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("measure") in OF_ORDERS:
            if given.get("at_all_hours"):
                self.add_error("at_all_hours", _("Of orders the contract says this, by priority."))
        elif given.get("priority"):
            self.add_error("priority", _("Assets have no priority."))
        elif given.get("per") in ("hour", "day"):
            self.add_error("per", _("Of assets: for each miss or percentage point."))
        return given

    def document(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "measure": given["measure"], "target": given["target"], "priority": given["priority"] or None,
            "cents": _cents(given["amount"]), "per": given["per"], "most": _cents(given["most"]),
            "at_all_hours": given["at_all_hours"],
        }  # fmt: skip


class LimitsForm(forms.Form):
    failed_after = forms.IntegerField(
        label=gettext_lazy("An asset has failed after so many minutes down in the month"), min_value=1, max_value=44_640,
        widget=forms.NumberInput(_INPUT),
    )  # fmt: skip
    most = _euros(gettext_lazy("All penalties of a month at most, €"), required=False)

    def document(self) -> dict[str, Any]:
        return {"failed_after": self.cleaned_data["failed_after"], "most": _cents(self.cleaned_data["most"])}


class ExclusionForm(forms.Form):
    """Times are on the site's clocks."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of exclusion"), widget=forms.Select(_INPUT))
    begins_at = forms.DateTimeField(label=gettext_lazy("From"), widget=forms.DateTimeInput(_MOMENT, "%Y-%m-%dT%H:%M"))
    ends_at = forms.DateTimeField(label=gettext_lazy("Until"), widget=forms.DateTimeInput(_MOMENT, "%Y-%m-%dT%H:%M"))
    asset = forms.CharField(
        label=gettext_lazy("Only this asset, by its code"), required=False, max_length=80, widget=forms.TextInput(_INPUT)
    )
    order = forms.IntegerField(
        label=gettext_lazy("Only this work order, by its number"), required=False, min_value=1, max_value=2**53,
        widget=forms.NumberInput(_INPUT),
    )  # fmt: skip
    why = forms.CharField(
        label=gettext_lazy("The argument, as it is printed"), max_length=LONGEST,
        widget=forms.Textarea({"class": "input", "rows": 2}),
    )  # fmt: skip

    def __init__(self, zone: str, *given: Any) -> None:
        super().__init__(*given)
        self._zone = ZoneInfo(zone)
        self.fields["kind"].choices = _in_words(KIND_WORDS)

    def document(self) -> dict[str, Any]:
        given = self.cleaned_data
        return given | {name: self._here(given[name]) for name in ("begins_at", "ends_at")}

    def _here(self, at: dt.datetime) -> dt.datetime:
        """The wall clock's reading, whatever zone the form took it for."""
        return at.replace(tzinfo=self._zone)


class FreezeForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why it is frozen again"), required=False, max_length=LONGEST, widget=forms.TextInput(_INPUT)
    )
