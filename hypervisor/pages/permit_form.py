"""The form of a permit: its fields are the columns of a file of permits, and are read by the same words."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import get_language, gettext_lazy

from passages import plates
from passages.models import Gate, Permit
from passages.permits import hours
from passages.permits.refusals import Reason, Refusal
from passages.permits.table import BadCell, Described, described

_WRITTEN = {"class": "input", "autocomplete": "off"}
_LOCAL = {"class": "input", "type": "datetime-local"}
BY_REASON = {
    Reason.NO_PLATE: "plates", Reason.TOO_MANY_PLATES: "plates", Reason.UNKNOWN_GATE: "gates", Reason.ENDS_BEFORE: "valid_until",
    Reason.NO_HOURS: "hours", Reason.NO_DURATION: "longest_stay",
}  # fmt: skip
"""The field that a reason is about, where it does not say so itself."""


class PermitForm(forms.Form):
    """`permit()` after `is_valid()` is what was described; times are those of the site's own clocks."""

    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=80, widget=forms.TextInput(_WRITTEN))
    company = forms.CharField(label=gettext_lazy("Company"), max_length=160, widget=forms.TextInput(_WRITTEN))
    contact = forms.CharField(label=gettext_lazy("Contact"), max_length=200, required=False, widget=forms.TextInput(_WRITTEN))
    purpose = forms.CharField(label=gettext_lazy("What for"), max_length=300, required=False, widget=forms.TextInput(_WRITTEN))
    plates = forms.CharField(
        label=gettext_lazy("Plates"), max_length=6000, widget=forms.Textarea({**_WRITTEN, "rows": 3, "spellcheck": "false"})
    )
    gates = forms.MultipleChoiceField(label=gettext_lazy("Gates"), widget=forms.CheckboxSelectMultiple, required=False)
    valid_from = forms.CharField(
        label=gettext_lazy("Valid from"), max_length=20, required=False, widget=forms.DateTimeInput(_LOCAL)
    )
    valid_until = forms.CharField(label=gettext_lazy("Valid until"), max_length=20, widget=forms.DateTimeInput(_LOCAL))
    hours = forms.CharField(label=gettext_lazy("Hours"), max_length=600, required=False, widget=forms.TextInput(_WRITTEN))
    longest_stay = forms.CharField(
        label=gettext_lazy("Longest stay"), max_length=20, required=False, widget=forms.TextInput(_WRITTEN)
    )
    escort = forms.BooleanField(label=gettext_lazy("An escort is required"), required=False)

    def __init__(self, gates: Sequence[Gate], zone: ZoneInfo, *given: object, every: bool, **told: object) -> None:
        """`gates`: those that may be chosen; `every`: whether every gate may be, by one choice."""
        super().__init__(*given, **told)
        self.known, self.zone = gates, zone
        choices = [(gate.slug, gate.name) for gate in gates]
        self.fields["gates"].choices = [("*", gettext_lazy("every gate")), *choices] if every else choices

    def clean(self) -> Mapping[str, object]:
        given = super().clean()
        if self.errors:
            return given
        chosen = given["gates"]
        cells = {name: str(given[name]) for name in self.fields if name not in ("gates", "escort")}
        cells |= {"gates": "*" if "*" in chosen else ",".join(chosen), "escort": "1" if given["escort"] else ""}
        cells["plates"] = cells["plates"].replace("\n", ",").replace("\r", "")
        try:
            self.described = described(cells, {gate.slug for gate in self.known}, self.zone)
        except BadCell as bad:
            self.add_error(self._field_of(bad, cells), _sentence(bad, cells))
        return given

    def _field_of(self, bad: BadCell, cells: Mapping[str, str]) -> str | None:
        said = bad.fields.get("field") or BY_REASON.get(bad.reason)
        blamed = [name for name in ("valid_from", "valid_until") if cells[name][:40] == bad.fields.get("value")]
        found = [name for name in (said, *blamed) if name in self.fields]
        return str(found[0]) if found else None

    def permit(self, state: str) -> Described:
        return Described(**{name: getattr(self.described, name) for name in Described.__dataclass_fields__} | {"state": state})


def _sentence(bad: BadCell, cells: Mapping[str, str]) -> str:
    refusal = Refusal(0, bad.reason, bad.fields, cells["reference"])
    said = refusal.sentence if get_language() == "en" else refusal.sentence_fr
    return f"{said[0].upper()}{said[1:]}."


def written(permit: Permit, zone: ZoneInfo) -> dict[str, object]:
    """What the form of a stored permit begins with."""
    local = "%Y-%m-%dT%H:%M"
    told = [
        f"{each.country}:{plates.shown(each.plate)}" if each.country else plates.shown(each.plate) for each in permit.plates.all()
    ]
    stay = permit.longest_stay
    return {
        "reference": permit.reference, "company": permit.company, "contact": permit.contact, "purpose": permit.purpose,
        "plates": ", ".join(told), "gates": ["*"] if permit.every_gate else [gate.slug for gate in permit.gates.all()],
        "valid_from": permit.valid_from.astimezone(zone).strftime(local),
        "valid_until": permit.valid_until.astimezone(zone).strftime(local),
        "hours": "; ".join(hours.shown([window], "fr") for window in permit.weekly), "escort": permit.escort,
        "longest_stay": "" if stay is None else f"{stay // 60}h{stay % 60:02}" if stay >= 60 else str(stay),
    }  # fmt: skip
