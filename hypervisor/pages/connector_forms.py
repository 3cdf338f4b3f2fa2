"""The form of a supervisor's connector, and of trying it on one asset before it is saved."""

import json
import re
from collections.abc import Mapping

import msgspec
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import Asset, Supervisor
from commands import connectors
from commands.models import CommandType, Connector
from hypervisor.pages.asset_called import WIDGET, called
from hypervisor.pages.parameter_words import TYPED, parameters

LONGEST_MAPPING = 20_000
_TEXT = {"class": "input", "autocomplete": "off", "spellcheck": "false"}
STARTS: Mapping[str, Mapping[str, object]] = {
    "http": {
        "protocol": "http", "method": "POST", "path": "/assets/{asset}/orders", "headers": {"authorization": "Bearer …"},
        "body": {"order": "{type}", "reference": "{key}"},
        "answer": {"field": "state", "accepted": ["accepted"], "refused": ["refused"], "id": "id", "message": "message"},
        "timeout": 5,
    },
    "mqtt": {
        "protocol": "mqtt", "topic": "orders/{asset}", "body": {"order": "{type}", "reference": "{key}"},
        "answer_topic": "answers/{asset}", "correlation": "reference",
        "answer": {"field": "state", "accepted": ["accepted"], "refused": ["refused"], "message": "message"}, "timeout": 5,
    },
}  # fmt: skip
"""By protocol, a mapping to begin from."""
ADDRESSES = {"http": "https://", "mqtt": "mqtt://"}


def _written(mapping: Mapping[str, object]) -> str:
    return json.dumps(mapping, ensure_ascii=False, indent=2)


class ConnectorForm(forms.Form):
    """`mapping` is the JSON of docs/commands.md; secrets come back as they were shown, and are kept."""

    address = forms.CharField(label=gettext_lazy("Address"), max_length=500, widget=forms.TextInput(_TEXT))
    mapping = forms.CharField(
        label=gettext_lazy("How it is asked, and what it answers"), max_length=LONGEST_MAPPING,
        widget=forms.Textarea({**_TEXT, "class": "input mapping", "rows": 20}),
    )  # fmt: skip
    allow_private_address = forms.BooleanField(label=gettext_lazy("It is inside our network"), required=False)
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def clean_mapping(self) -> dict[str, object]:
        try:
            told = msgspec.json.decode(self.cleaned_data["mapping"])
        except (ValueError, RecursionError) as error:
            line = _line(self.cleaned_data["mapping"], str(error))
            raise forms.ValidationError(_("This is no JSON: it cannot be read at line {line}.").format(line=line)) from error
        if not isinstance(told, dict):
            raise forms.ValidationError(_("A mapping is an object of JSON, in braces."))
        return told


def _line(text: str, error: str) -> int:
    """The line that an error of the decoder is about, which counts bytes; the last one where it ended too early."""
    place = re.search(r"\(byte (\d+)\)", error)
    return (text.encode()[: int(place[1])] if place else text.rstrip().encode()).count(b"\n") + 1


class TrialForm(forms.Form):
    """One command of one asset, and an answer as the supervisor might give it."""

    use_required_attribute = False  # it stands in the form of the connector, which is saved without it

    asset = forms.CharField(label=gettext_lazy("Asset, by its name or its code"), max_length=200, widget=forms.TextInput(WIDGET))
    type = forms.ChoiceField(label=gettext_lazy("Command"), widget=forms.Select({"class": "input"}))
    parameters = forms.CharField(
        label=gettext_lazy("Parameters"), max_length=1000, required=False, widget=forms.TextInput(_TEXT), help_text=TYPED
    )
    status = forms.IntegerField(
        label=gettext_lazy("Status of an answer, over HTTP"), min_value=100, max_value=599, initial=200,
        widget=forms.NumberInput({"class": "input"}),
    )  # fmt: skip
    answer = forms.CharField(
        label=gettext_lazy("Body of an answer"), max_length=10_000, required=False, widget=forms.Textarea({**_TEXT, "rows": 3})
    )

    def __init__(self, supervisor: Supervisor, english: bool, *given: object, **told: object) -> None:
        super().__init__(*given, **told)
        self.assets = Asset.objects.select_related("kind", "site").filter(
            site_id=supervisor.site_id, supervisor=supervisor, retired_at=None
        )
        kinds = self.assets.order_by().values("kind").distinct()
        name = "en" if english else "fr"
        self.types = list(CommandType.objects.filter(kind__in=kinds).select_related("kind"))
        self.fields["type"].choices = sorted(
            {(row.slug, row.spec["name"][name]) for row in self.types}, key=lambda each: each[1]
        )  # fmt: skip

    def clean_asset(self) -> Asset:
        return called(self.cleaned_data["asset"].strip(), self.assets)

    def clean(self) -> Mapping[str, object]:
        given = super().clean()
        if not self.errors:
            row = next(
                (each for each in self.types if (each.slug, each.kind_id) == (given["type"], given["asset"].kind_id)), None
            )
            given["parameters"] = parameters(given["parameters"], [row] if row else [])
        return given


def of_connector(known: Connector | None, protocol: str) -> dict[str, object]:
    """What the form begins with: what is known without its secrets, or a mapping of this protocol to begin from."""
    if known is None:
        start = protocol if protocol in STARTS else "http"
        return {"address": ADDRESSES[start], "mapping": _written(STARTS[start]), "enabled": True}
    return {
        "address": connectors.without_password(known.address), "mapping": _written(connectors.without_secrets(known.mapping)),
        "enabled": known.enabled, "allow_private_address": known.allow_private_address,
    }  # fmt: skip
