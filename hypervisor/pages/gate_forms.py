"""The forms of a gate and of what reads plates there; which values they allow is the room's to say."""

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from assets.models import Asset, Site
from hypervisor.pages.asset_called import WIDGET, called
from hypervisor.pages.plate_purposes import POLICIES, USES
from passages import gates
from passages.models import Gate, Purpose, Reader
from passages.recommendation import Policy

MOST_ZONES = 20
_TEXT, _SELECT, _NUMBER = {"class": "input", "autocomplete": "off"}, {"class": "input"}, {"class": "input"}
WAYS = {
    "in": pgettext_lazy("gate", "entrance"),
    "out": pgettext_lazy("gate", "exit"),
    "unknown": pgettext_lazy("gate", "both ways"),
}
READER_WAYS = {**WAYS, "unknown": gettext_lazy("as the reader says")}
SOURCES = {
    "axis": "Axis License Plate Verifier",
    "frigate": "Frigate (MQTT)",
    "hikvision": "Hikvision ISAPI",
    "onvif": "ONVIF Profile M (JSON)",
    "openalpr": "OpenALPR, Rekor Scout",
    "plain": gettext_lazy("Vigie’s own JSON"),
    "plate-recognizer": "Plate Recognizer",
    "verkada": "Verkada",
}
"""Sources of reads, as their makers call them."""


class _OfAsset(forms.Form):
    """A form with a field `asset`, of an asset of the site."""

    site: Site

    def clean_asset(self) -> Asset | None:
        told = self.cleaned_data["asset"].strip()
        if not told:
            return None
        return called(told, Asset.objects.select_related("kind").filter(site=self.site, retired_at=None))


class GateSettingsForm(_OfAsset):
    """All of a gate: its barrier, its way, why plates are read there and who decides."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(_TEXT))
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=60, widget=forms.TextInput(_TEXT),
        help_text=gettext_lazy("By which files of permits name it: letters, digits and hyphens."),
    )  # fmt: skip
    asset = forms.CharField(
        label=gettext_lazy("Barrier or bollard, by its name or its code"), max_length=200, widget=forms.TextInput(WIDGET)
    )
    direction = forms.ChoiceField(label=pgettext_lazy("gate", "Way"), choices=WAYS.items(), widget=forms.Select(_SELECT))
    area = forms.SlugField(
        label=gettext_lazy("Area it leads into"), max_length=60, required=False, widget=forms.TextInput(_TEXT),
        help_text=gettext_lazy("Gates of one area count one occupancy. Empty: who is inside is not counted."),
    )  # fmt: skip
    intercom = forms.CharField(
        label=gettext_lazy("Intercom"), max_length=200, required=False,
        widget=forms.TextInput({**_TEXT, "placeholder": "sip:…, tel:…, https:…"}),
        help_text=gettext_lazy("Empty: the attribute “intercom” of the barrier, where the inventory has one."),
    )  # fmt: skip
    purpose = forms.ModelChoiceField(
        Purpose.objects.none(), label=gettext_lazy("Reads plates for"), required=False, widget=forms.Select(_SELECT),
        empty_label=gettext_lazy("nothing: it reads none"),
    )  # fmt: skip
    policy = forms.ChoiceField(label=gettext_lazy("Decision"), choices=POLICIES.items(), widget=forms.Select(_SELECT))
    threshold = forms.FloatField(
        label=gettext_lazy("Confidence above which an automatic gate opens"), min_value=0.5, max_value=1,
        widget=forms.NumberInput({**_NUMBER, "step": "0.01"}),
    )  # fmt: skip
    zones = forms.CharField(
        label=gettext_lazy("Zones of the readers’ pictures that count"), max_length=1700, required=False,
        widget=forms.TextInput(_TEXT), help_text=gettext_lazy("Separated by commas. Empty: all of them."),
    )  # fmt: skip
    quiet_after = forms.IntegerField(
        label=gettext_lazy("Seconds without a read after which a vehicle is gone"), min_value=gates.QUIET[0],
        max_value=gates.QUIET[1], widget=forms.NumberInput(_NUMBER),
    )  # fmt: skip
    waits = forms.IntegerField(
        label=gettext_lazy("Seconds a vehicle that nobody decided on stays in the queue"), min_value=gates.WAITS[0],
        max_value=gates.WAITS[1], widget=forms.NumberInput(_NUMBER),
    )  # fmt: skip
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def __init__(self, site: Site, *given: object, **told: object) -> None:
        super().__init__(*given, **told)
        self.site = site
        purpose = self.fields["purpose"]
        purpose.queryset = Purpose.objects.filter(site=site, withdrawn_at=None)
        purpose.label_from_instance = lambda each: f"{USES[Purpose.Use(each.use)]} · {each.assessment}"

    def clean_zones(self) -> list[str]:
        zones = [zone.strip() for zone in self.cleaned_data["zones"].split(",") if zone.strip()]
        if len(zones) > MOST_ZONES or any(len(zone) > 80 for zone in zones):
            raise forms.ValidationError(gettext_lazy("20 zones at most, of 80 characters each."))
        return zones


NEW_GATE = {"direction": "in", "policy": Policy.ASSISTED, "threshold": 0.95, "quiet_after": 30, "waits": 300, "enabled": True}
"""What the form of a new gate begins with."""


def of_gate(gate: Gate) -> dict[str, object]:
    """What the form of a gate begins with."""
    told = {name: getattr(gate, name) for name in gates.FIELDS}
    return told | {"asset": f"{gate.asset.code} — {gate.asset.name}", "zones": ", ".join(gate.zones)}


class ReaderForm(_OfAsset):
    """What reads plates at a gate, and how it reaches us."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(_TEXT))
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=60, widget=forms.TextInput(_TEXT),
        help_text=gettext_lazy("Part of the address it sends to, once in the installation."),
    )  # fmt: skip
    source = forms.ChoiceField(label=gettext_lazy("It speaks"), choices=SOURCES.items(), widget=forms.Select(_SELECT))
    direction = forms.ChoiceField(
        label=gettext_lazy("Way of what it sees"), choices=READER_WAYS.items(), widget=forms.Select(_SELECT)
    )
    asset = forms.CharField(
        label=gettext_lazy("Camera of the inventory, by its name or its code"), max_length=200, required=False,
        widget=forms.TextInput(WIDGET),
    )  # fmt: skip
    address = forms.CharField(
        label=gettext_lazy("Broker and topic, where it speaks over MQTT"), max_length=500, required=False,
        widget=forms.TextInput({**_TEXT, "placeholder": "mqtt://user:password@host:1883/frigate"}),
        help_text=gettext_lazy("The password is not shown again; the address kept as it stands keeps it."),
    )  # fmt: skip
    camera = forms.CharField(
        label=gettext_lazy("Its name at the broker"), max_length=80, required=False, widget=forms.TextInput(_TEXT)
    )
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def __init__(self, site: Site, *given: object, **told: object) -> None:
        super().__init__(*given, **told)
        self.site = site


NEW_READER = {"source": "plain", "direction": "unknown", "enabled": True}


def of_reader(reader: Reader) -> dict[str, object]:
    """What the form of a reader begins with; without the password of its broker."""
    told = {name: getattr(reader, name) for name in gates.READER_FIELDS}
    asset = reader.asset
    return told | {
        "asset": f"{asset.code} — {asset.name}" if asset else "", "address": gates.without_password(reader.address)
    }  # fmt: skip
