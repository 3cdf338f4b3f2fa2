"""Forms of kinds of assets, of their quantities and of the points of an asset; states are written one a line."""

import re

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from assets.inventory.kinds import SLUG, Kind, Template
from assets.models import AssetKind, Feed, Point
from hypervisor.pages import map_words

_STATE = re.compile(r"\s*(-?\d{1,9})\s*[=:]\s*([^|]{1,80}?)\s*(?:\|\s*([^|]{1,80}?)\s*)?")
_DECIMAL = re.compile(r"-?\d{1,12}([.,]\d{1,9})?")
MOST_STATES = 200


def _text(label: str, most: int, **more: object) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, widget=forms.TextInput({"class": "input", "autocomplete": "off"}), **more
    )


class Figure(forms.CharField):
    """A number written with a comma or a point."""

    def __init__(self, **more: object) -> None:
        super().__init__(
            required=False, max_length=24, widget=forms.TextInput({"class": "input", "inputmode": "decimal"}), **more
        )

    def prepare_value(self, value: object) -> object:
        text = f"{value:.12g}" if isinstance(value, int | float) else value
        return text.replace(".", ",") if isinstance(text, str) and get_language() == "fr" else text

    def clean(self, value: object) -> float | None:
        text = super().clean(value).replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
        if not text:
            return None
        if not text.isascii() or not _DECIMAL.fullmatch(text):
            raise forms.ValidationError(_("Write a number."))
        return float(text.replace(",", "."))


class States(forms.CharField):
    """`1 = allumé | on`, one a line → ({"1": "allumé"}, {"1": "on"}); nothing: the value is no state."""

    def __init__(self, **more: object) -> None:
        widget = forms.Textarea({"class": "input", "rows": 5, "spellcheck": "false"})
        super().__init__(required=False, max_length=20_000, widget=widget, **more)

    def clean(self, value: object) -> tuple[dict[str, str], dict[str, str]]:
        french: dict[str, str] = {}
        english: dict[str, str] = {}
        for line in filter(str.strip, super().clean(value).splitlines()):
            found = _STATE.fullmatch(line)
            if found is None or not found[1].isascii() or not line.strip().isprintable():
                raise forms.ValidationError(_("“{line}”: write “1 = its name”, one state a line.").format(line=line[:60]))
            code = str(int(found[1]))
            if code in french or len(french) >= MOST_STATES:
                raise forms.ValidationError(_("The state {code} is there twice, or there are too many.").format(code=code))
            french[code] = found[2]
            if found[3]:
                english[code] = found[3]
        return french, english

    @staticmethod
    def written(french: dict[str, str], english: dict[str, str]) -> str:
        """What the form begins with."""
        return "\n".join(f"{code} = {name}" + (f" | {english[code]}" if code in english else "") for code, name in french.items())


class Asking(forms.Form):
    """Asks whether another meaning is wanted only once that was refused."""

    accept_meaning = forms.BooleanField(
        label=gettext_lazy("The new meaning is right: keep the numbers as they are"), required=False
    )

    def asked(self) -> None:
        """Leave the question out while nothing asks it."""
        if "accept_meaning" not in self.errors:
            del self.fields["accept_meaning"]


class KindForm(forms.Form):
    name_fr = _text(gettext_lazy("Name in French"), 80)
    name_en = _text(gettext_lazy("Name in English"), 80)
    domain = forms.ChoiceField(label=gettext_lazy("Domain"), widget=forms.Select({"class": "input"}))
    glyph = forms.ChoiceField(label=gettext_lazy("Drawn on the map as"), widget=forms.Select({"class": "input"}))

    def __init__(self, *given: object, **more: object) -> None:
        super().__init__(*given, **more)
        named = map_words.domains()
        kinds = list(AssetKind.objects.order_by("name_fr").values_list("glyph", "domain", "name_fr", "name_en"))
        self.fields["domain"].choices = sorted(
            (named | {domain: domain for _glyph, domain, *_names in kinds if domain not in named}).items(), key=lambda one: one[1]
        )
        english = get_language() == "en"
        glyphs: dict[str, list[str]] = {}
        for glyph, _domain, fr, en in kinds:
            glyphs.setdefault(glyph, []).append(en if english else fr)
        shown = {glyph: ", ".join(names[:3]) for glyph, names in glyphs.items()} | {"unknown": _("A plain circle")}
        self.fields["glyph"].choices = sorted(shown.items(), key=lambda one: one[1].lower())


class NewKindForm(KindForm):
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=40, widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
        help_text=gettext_lazy("In addresses and files: letters, digits and hyphens. It stays."),
    )  # fmt: skip

    def kind(self) -> Kind:
        return Kind(**self.cleaned_data)


class QuantityForm(Asking):
    quantity = forms.RegexField(
        SLUG, label=gettext_lazy("Short name"), max_length=60, strip=True,
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
        help_text=gettext_lazy("In rules, files and addresses: letters, digits, - and _. It stays."),
    )  # fmt: skip
    name_fr = _text(gettext_lazy("Name in French"), 80)
    name_en = _text(gettext_lazy("Name in English"), 80)
    unit = _text(gettext_lazy("Unit of new points"), 20, required=False)
    interval = forms.IntegerField(
        label=gettext_lazy("Seconds between two readings"), min_value=1, max_value=2**31 - 1, initial=60,
        widget=forms.NumberInput({"class": "input"}),
    )  # fmt: skip
    states = States(
        label=gettext_lazy("States, one a line"),
        help_text=gettext_lazy("“1 = allumé | on”: number, name in French, name in English. Empty for a measured value."),
    )
    counter = forms.BooleanField(label=gettext_lazy("It only grows (meter): its consumption is judged"), required=False)
    least = Figure(label=gettext_lazy("Least that it can be"))
    most = Figure(label=gettext_lazy("Most that it can be"), help_text=gettext_lazy("Bounds what is forecast; empty for none."))

    def clean(self) -> dict[str, object]:
        given = super().clean()
        least, most = given.get("least"), given.get("most")
        if (least is None) != (most is None):
            self.add_error("most" if most is None else "least", _("Both, or neither."))
        elif least is not None and most is not None and least >= most:
            self.add_error("most", _("The most is above the least."))
        if given.get("counter") and given.get("states", ({}, {}))[0]:
            self.add_error("counter", _("A meter has no states."))
        return given

    def template(self, quantity: str) -> Template:
        """What the form says, of the quantity of this slug."""
        given = self.cleaned_data
        french, english = given["states"]
        return Template(
            quantity, given["unit"], given["interval"], given["name_fr"], given["name_en"], french, english, given["counter"],
            None if given["least"] is None else (given["least"], given["most"]),
        )  # fmt: skip

    @classmethod
    def filled(cls, template: Template) -> dict[str, object]:
        """What it begins with for a quantity that there is."""
        least, most = template.plausible or (None, None)
        return {
            "name_fr": template.name_fr, "name_en": template.name_en, "unit": template.unit, "interval": template.interval,
            "states": States.written(template.codes, template.codes_en), "counter": template.counter, "least": least,
            "most": most,
        }  # fmt: skip


class PointForm(Asking):
    unit = _text(gettext_lazy("Unit"), 20, required=False)
    interval = forms.IntegerField(
        label=gettext_lazy("Seconds between two readings"), min_value=1, max_value=2**31 - 1,
        widget=forms.NumberInput({"class": "input"}),
    )  # fmt: skip
    feed = forms.ModelChoiceField(
        Feed.objects.none(), label=gettext_lazy("Feed"), required=False, empty_label="—", widget=forms.Select({"class": "input"})
    )
    address = _text(gettext_lazy("Address in the feed"), 200, required=False)
    states = States(
        label=gettext_lazy("States of its own, one a line"),
        help_text=gettext_lazy("“1 = fault”. Empty: those of its kind, or none for a measured value."),
    )

    def __init__(self, site: int, limits: dict[str, str], *given: object, **more: object) -> None:
        """`limits`: name of a limit → what it is called; each gets a field."""
        super().__init__(*given, **more)
        self.fields["feed"].queryset = Feed.objects.filter(supervisor__site=site).order_by("name")
        self.limits = limits
        for name, label in limits.items():
            self.fields[f"limit-{name}"] = Figure(label=label)

    def told(self, known: dict[str, object]) -> dict[str, object]:
        """What a point is written with; `known`: its limits, of which those that are no number stay as they are."""
        given = self.cleaned_data
        limits = {name: value for name, value in known.items() if name not in self.limits}
        limits |= {name: given[f"limit-{name}"] for name in self.limits if given[f"limit-{name}"] is not None}
        return {name: given[name] for name in ("unit", "interval", "feed", "address")} | {
            "codes": given["states"][0], "limits": limits
        }  # fmt: skip

    @classmethod
    def filled(cls, point: Point) -> dict[str, object]:
        limits = {f"limit-{name}": value for name, value in point.limits.items()}
        return limits | {
            "unit": point.unit, "interval": point.interval, "feed": point.feed_id, "address": point.address,
            "states": States.written(point.codes, {}),
        }  # fmt: skip
