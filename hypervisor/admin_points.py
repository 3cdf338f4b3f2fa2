"""Points in the administration: a change that gives their numbers another meaning is asked about, as an import's is."""

import msgspec
from django import forms
from django.forms import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from assets.inventory import kinds
from assets.inventory.failures import BrokenCatalogue
from assets.inventory.one_point import as_words
from assets.inventory.point_changes import ExistingPoint, PointChange
from assets.models import Latest, Point

_ACCEPTED = gettext_lazy("New meaning confirmed")


def _accepted() -> forms.BooleanField:
    return forms.BooleanField(label=_ACCEPTED, required=False)


def _question(change: str) -> str:
    return _(
        "{change}: the limits, the rules and the history keep their numbers. If that is right, tick “{box}” and save again."
    ).format(change=change, box=_ACCEPTED)


class PointForm(forms.ModelForm):
    """One point of an asset."""

    accept_meaning = _accepted()

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if self.instance.pk is None or given.get("DELETE") or given.get("accept_meaning"):
            return given
        before = as_words(self.instance)
        after = before._replace(**{name: given[name] for name in ("quantity", "unit") if name in given})
        readings = Latest.objects.filter(point=self.instance.pk).exists()
        change = PointChange(0, ExistingPoint(self.instance.pk, before, readings), after)
        if change.changes_meaning:
            self.add_error("quantity" if before.quantity != after.quantity else "unit", _question(change.shown))
        return given


class PointInline(TabularInline):
    model = Point
    form = PointForm
    fields = ("quantity", "unit", "interval", "feed", "address", "limits", "accept_meaning")
    autocomplete_fields = ("feed",)
    extra = 0


class AssetKindForm(forms.ModelForm):
    """The quantities of a kind are checked as those of the catalogue are: a slip would only show when a rule is judged.

    Points without codes of their own are read with the codes of their kind.
    """

    accept_meaning = _accepted()

    def clean_points(self) -> list[dict]:
        try:
            return msgspec.to_builtins(kinds.templates(self.cleaned_data["points"]))
        except BrokenCatalogue as refused:
            raise ValidationError(str(refused)) from refused

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if self.instance.pk is None or "points" not in given or given.get("accept_meaning"):
            return given
        for told in kinds.meaning_changes(self.instance, kinds.templates(given["points"])):
            self.add_error("points", _question(told))
        return given
