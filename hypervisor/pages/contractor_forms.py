"""The forms of contractors, contracts and preventive plans: what they begin with, and the document each of them says."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from response.models import OrderPlan
from response.orders.terms import Priority
from response.rota import REGIONS

_INPUT = {"class": "input"}
_DATE = {"class": "input", "type": "date"}
_TIME = {"class": "input", "type": "time"}
DAYS = {
    "monday": gettext_lazy("Monday"), "tuesday": gettext_lazy("Tuesday"), "wednesday": gettext_lazy("Wednesday"),
    "thursday": gettext_lazy("Thursday"), "friday": gettext_lazy("Friday"), "saturday": gettext_lazy("Saturday"),
    "sunday": gettext_lazy("Sunday"),
}  # fmt: skip
PRIORITIES = {
    Priority.URGENT: gettext_lazy("urgent"), Priority.HIGH: gettext_lazy("high"), Priority.NORMAL: gettext_lazy("normal"),
    Priority.LOW: gettext_lazy("low"),
}  # fmt: skip
STEPS = {
    "accept": gettext_lazy("accept, min"), "arrive": gettext_lazy("on site (GTI), min"),
    "restore": gettext_lazy("restore (GTR), min"),
}  # fmt: skip


def minutes_words(minutes: int | None) -> str:
    """Minutes as people say them."""
    if minutes is None:
        return "—"
    hours, rest = divmod(minutes, 60)
    return f"{rest} min" if not hours else f"{hours} h {rest:02}" if rest else f"{hours} h"


def _text(label: Any, most: int, *, required: bool = True) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=required, widget=forms.TextInput(_INPUT))


class ContractorForm(forms.Form):
    name = _text(gettext_lazy("Name"), 120)
    email = forms.EmailField(label=gettext_lazy("Mail address"), required=False, widget=forms.EmailInput(_INPUT))
    phone = _text(gettext_lazy("Phone"), 40, required=False)
    contact = _text(gettext_lazy("Who answers, and when"), 200, required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mails"), choices=[("fr", "français"), ("en", "English")], widget=forms.Select(_INPUT)
    )
    mails = forms.BooleanField(label=gettext_lazy("Mail each order as soon as it is made"), required=False)
    retired = forms.BooleanField(label=gettext_lazy("Nothing more is ordered from it"), required=False)

    @staticmethod
    def begun(row: dict[str, Any] | None) -> dict[str, Any]:
        return {} if row is None else {**row, "retired": row["retired_at"] is not None}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("mails") and not given.get("email"):
            self.add_error("email", _("An address is needed to mail orders."))
        return given

    def document(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def slug(self, taken: Collection[str]) -> str:
        """A name for addresses, made of the name; another where it is taken."""
        base = slugify(self.cleaned_data["name"])[:50] or "entreprise"
        return next(each for number in range(len(taken) + 1) if (each := f"{base}-{number + 1}" if number else base) not in taken)


class ContractForm(forms.Form):
    contractor = forms.ChoiceField(label=gettext_lazy("Contractor"), widget=forms.Select(_INPUT))
    reference = _text(gettext_lazy("Reference"), 60)
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(_DATE, "%Y-%m-%d"))
    ends_on = forms.DateField(label=gettext_lazy("Last day"), required=False, widget=forms.DateInput(_DATE, "%Y-%m-%d"))
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of assets"), required=False, help_text=gettext_lazy("None chosen: every kind."),
        widget=forms.SelectMultiple({"class": "input", "size": 6}),
    )  # fmt: skip
    sectors = forms.MultipleChoiceField(
        label=gettext_lazy("Sectors"), required=False, help_text=gettext_lazy("None chosen: the whole site."),
        widget=forms.SelectMultiple({"class": "input", "size": 6}),
    )  # fmt: skip
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days that count"), required=False, choices=list(DAYS.items()), widget=forms.CheckboxSelectMultiple
    )
    opens = forms.TimeField(label=gettext_lazy("From"), required=False, widget=forms.TimeInput(_TIME, "%H:%M"))
    closes = forms.TimeField(label=gettext_lazy("Until"), required=False, widget=forms.TimeInput(_TIME, "%H:%M"))
    holidays = forms.ChoiceField(
        label=gettext_lazy("Public holidays that do not count"), required=False, widget=forms.Select(_INPUT),
        choices=[("", gettext_lazy("they count")), ("FR", gettext_lazy("France")), *REGIONS.items()],
    )  # fmt: skip

    def __init__(
        self, contractors: list[Any], kinds: list[Any], sectors: list[Any], known: dict[str, Any] | None, *given: Any
    ) -> None:
        super().__init__(*given)
        self.fields["contractor"].choices, self.fields["kinds"].choices = contractors, kinds
        self.fields["sectors"].choices = sectors
        for priority in PRIORITIES:
            for step, label in STEPS.items():
                self.fields[f"{priority.value}_{step}"] = forms.IntegerField(
                    label=label,
                    required=False,
                    min_value=1,
                    max_value=60 * 24 * 366,
                    widget=forms.NumberInput(_INPUT),
                )
            self.fields[f"{priority.value}_always"] = forms.BooleanField(label=_("every hour counts"), required=False)
        self.kept = known["hours"] if known is not None and _window(known["hours"]) is None else None
        if self.kept is not None:  # hours that the form cannot say stay as they are
            for name in ("days", "opens", "closes"):
                del self.fields[name]

    @staticmethod
    def begun(row: dict[str, Any] | None) -> dict[str, Any]:
        if row is None:
            return {}
        same = ("contractor", "reference", "starts_on", "ends_on", "kinds", "sectors", "holidays")
        told = {name: row[name] for name in same}
        for priority, terms in row["terms"].items():
            told |= {f"{priority}_{step}": terms.get(step) for step in STEPS} | {f"{priority}_always": terms.get("at_all_hours")}
        return told | (_window(row["hours"]) or {})

    def terms(self) -> list[tuple[Any, list[Any]]]:
        """The fields of each priority, for the page."""
        return [(name, [self[f"{each.value}_{step}"] for step in (*STEPS, "always")]) for each, name in PRIORITIES.items()]

    def others(self) -> list[Any]:
        ours = {f"{each.value}_{step}" for each in PRIORITIES for step in (*STEPS, "always")}
        return [field for field in self if field.name not in ours]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.kept is None and bool(given.get("days")) != bool(given.get("opens") and given.get("closes")):
            self.add_error("days", _("Give the days, from when and until when; or none of them: every hour counts."))
        return given

    def document(self) -> dict[str, Any]:
        given = self.cleaned_data
        terms = {}
        for priority in PRIORITIES:
            promised: dict[str, Any] = {step: value for step in STEPS if (value := given[f"{priority.value}_{step}"]) is not None}
            if given[f"{priority.value}_always"]:
                promised["at_all_hours"] = True
            if promised:
                terms[priority.value] = promised
        hours = self.kept
        if hours is None:
            window = (
                {"days": given["days"], "from": f"{given['opens']:%H:%M}", "to": f"{given['closes']:%H:%M}"}
                if given["days"]
                else None
            )
            hours = {"weekly": [window]} if window else {}
        same = ("contractor", "reference", "kinds", "sectors", "holidays", "starts_on", "ends_on")
        return {**{name: given[name] for name in same}, "terms": terms, "hours": hours}


def _window(hours: dict[str, Any]) -> dict[str, Any] | None:
    """The one window that the form can say; {} of all hours; None where there is more."""
    weekly = hours.get("weekly", [])
    if not hours:
        return {}
    if len(weekly) != 1 or set(hours) - {"weekly"} or set(weekly[0]) != {"days", "from", "to"}:
        return None
    return {"days": weekly[0]["days"], "opens": weekly[0]["from"], "closes": weekly[0]["to"]}


class PlanForm(forms.Form):
    name = _text(gettext_lazy("Name"), 120)
    contract = forms.TypedChoiceField(label=gettext_lazy("Contract"), coerce=int, widget=forms.Select(_INPUT))
    work = forms.CharField(
        label=gettext_lazy("What is to be done"), max_length=1000, widget=forms.Textarea({"class": "input", "rows": 2})
    )
    kind = forms.ChoiceField(label=gettext_lazy("All assets of a kind"), required=False, widget=forms.Select(_INPUT))
    sector = forms.ChoiceField(label=gettext_lazy("Only in the sector"), required=False, widget=forms.Select(_INPUT))
    assets = _text(gettext_lazy("Or these assets, by their codes"), 4000, required=False)
    every = forms.IntegerField(
        label=gettext_lazy("Every"), min_value=1, max_value=1000, initial=6, widget=forms.NumberInput(_INPUT)
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Days or months"), widget=forms.Select(_INPUT),
        choices=[(OrderPlan.Unit.MONTHS.value, gettext_lazy("months")), (OrderPlan.Unit.DAYS.value, gettext_lazy("days"))],
    )  # fmt: skip
    starts_on = forms.DateField(label=gettext_lazy("First due on"), widget=forms.DateInput(_DATE, "%Y-%m-%d"))
    season = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Only in these months"), required=False, coerce=int, choices=list(MONTHS.items()),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    remind_days = forms.IntegerField(
        label=gettext_lazy("Days ahead of which it is reminded"), min_value=0, max_value=365, initial=14,
        widget=forms.NumberInput(_INPUT),
    )  # fmt: skip
    window_start = forms.TimeField(
        label=gettext_lazy("Its maintenance window begins at"), required=False, widget=forms.TimeInput(_TIME, "%H:%M")
    )
    window_minutes = forms.IntegerField(
        label=gettext_lazy("and lasts, min"), min_value=0, max_value=1440, initial=0, widget=forms.NumberInput(_INPUT)
    )

    def __init__(self, contracts: list[Any], kinds: list[Any], sectors: list[Any], *given: Any) -> None:
        super().__init__(*given)
        self.fields["contract"].choices = contracts
        self.fields["kind"].choices, self.fields["sector"].choices = [("", "—"), *kinds], [("", _("all")), *sectors]

    @staticmethod
    def begun(row: dict[str, Any] | None) -> dict[str, Any]:
        return {} if row is None else {**row, "assets": ", ".join(row["assets"])}

    def document(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("kind", "sector") or value}
        return given | {"assets": given["assets"].replace(",", " ").split()}
