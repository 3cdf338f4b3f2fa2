"""The forms of Réglages, notification: policies, rules, who is told of maintenance, servers, and what a site says of its duty."""

from typing import Any

import msgspec
from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from assets.alphabet import alphabetical
from assets.models import AssetKind
from hypervisor.pages.frame import SEVERITY_NAMES
from response.duty.settings import LONGEST_ANNOUNCEMENT, LONGEST_PATIENCE
from response.notification import gateways
from response.rota import REGIONS

STEPS = 4
"""Steps that the form offers; a policy of more is written by the interface."""
KINDS = [("mail", gettext_lazy("mail")), ("sms", gettext_lazy("SMS")), ("webhook", gettext_lazy("webhook"))]
SECURITY = [("starttls", "STARTTLS"), ("tls", "TLS"), ("none", gettext_lazy("none"))]
ABOUT = {
    "feeds": gettext_lazy("supervisors and feeds"),
    "assets": gettext_lazy("assets"),
    "positions": gettext_lazy("positions"),
}
_INPUT = {"class": "input"}


class PolicyForm(forms.Form):
    """A policy of up to four steps."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput(_INPUT))
    repeat = forms.IntegerField(
        label=gettext_lazy("Times it begins again"), min_value=0, max_value=20, initial=1, widget=forms.NumberInput(_INPUT)
    )

    def __init__(self, targets: list[tuple[str, str]], *given: object) -> None:
        super().__init__(*given)
        for number in range(1, STEPS + 1):
            self.fields[f"targets_{number}"] = forms.MultipleChoiceField(
                label=_("Step {n}: who").format(n=number), choices=targets, required=number == 1,
                widget=forms.SelectMultiple({"class": "input", "size": 4}),
            )  # fmt: skip
            self.fields[f"delay_{number}"] = forms.IntegerField(
                label=_("Step {n}: minutes until the next").format(n=number), min_value=0, max_value=1440, initial=5,
                widget=forms.NumberInput(_INPUT),
            )  # fmt: skip

    def document(self) -> dict[str, Any]:
        given = self.cleaned_data
        steps = [
            {
                "targets": [dict([target.split(":", 1)]) for target in given[f"targets_{number}"]],
                "delay_minutes": given[f"delay_{number}"],
            }
            for number in range(1, STEPS + 1)
            if given[f"targets_{number}"]
        ]
        return {"name": given["name"], "repeat": given["repeat"], "steps": steps}


class RuleForm(forms.Form):
    """Which alarms follow a policy."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(_INPUT))
    policy = forms.ChoiceField(label=gettext_lazy("Policy"), widget=forms.Select(_INPUT))
    sector = forms.ChoiceField(label=gettext_lazy("Sector"), required=False, widget=forms.Select(_INPUT))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of asset"), required=False, widget=forms.Select(_INPUT))
    severities = forms.MultipleChoiceField(
        label=gettext_lazy("Severities"), required=False, choices=list(SEVERITY_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    start = forms.TimeField(
        label=gettext_lazy("From"), required=False, widget=forms.TimeInput({"class": "input", "type": "time"})
    )
    end = forms.TimeField(label=gettext_lazy("Until"), required=False, widget=forms.TimeInput({"class": "input", "type": "time"}))
    resolved = forms.BooleanField(label=gettext_lazy("Tell those it reached that the alarm has ended"), required=False)

    def __init__(self, policies: list[tuple[str, str]], sectors: list[tuple[str, str]], *given: object) -> None:
        super().__init__(*given)
        english = get_language() == "en"
        kinds = [(kind.slug, kind.name_en if english else kind.name_fr) for kind in AssetKind.objects.all()]
        self.fields["policy"].choices = policies
        self.fields["sector"].choices = [("", _("all")), *sectors]
        self.fields["kind"].choices = [("", _("all")), *sorted(kinds, key=lambda each: alphabetical(each[1]))]

    def document(self) -> dict[str, Any]:
        given = self.cleaned_data
        told = {name: given[name] for name in ("name", "policy", "severities", "sector", "resolved")}
        if given["kind"]:
            told["kinds"] = [given["kind"]]
        if given["start"] and given["end"]:
            told["hours"] = [{"start": given["start"].isoformat(), "end": given["end"].isoformat()}]
        return told


class AnnouncementForm(forms.Form):
    """Who is told of maintenance."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(_INPUT))
    targets = forms.MultipleChoiceField(label=gettext_lazy("Who"), widget=forms.SelectMultiple({"class": "input", "size": 4}))
    about = forms.MultipleChoiceField(
        label=gettext_lazy("Maintenance of (none: of all)"), choices=list(ABOUT.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, targets: list[tuple[str, str]], *given: object) -> None:
        super().__init__(*given)
        self.fields["targets"].choices = targets

    def document(self) -> dict[str, Any]:
        given = self.cleaned_data
        targets = [dict([target.split(":", 1)]) for target in given["targets"]]
        return {"name": given["name"], "targets": targets, "about": given["about"]}


class MailForm(forms.Form):
    """The SMTP server."""

    host = forms.CharField(label=gettext_lazy("Server"), max_length=253, widget=forms.TextInput(_INPUT))
    port = forms.IntegerField(
        label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587, widget=forms.NumberInput(_INPUT)
    )
    security = forms.ChoiceField(label=gettext_lazy("Encryption"), choices=SECURITY, widget=forms.Select(_INPUT))
    sender = forms.EmailField(label=gettext_lazy("Sender"), widget=forms.EmailInput(_INPUT))
    user = forms.CharField(
        label=gettext_lazy("Account"), required=False, max_length=200,
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
    )  # fmt: skip
    password = forms.CharField(
        label=gettext_lazy("Password"), required=False, max_length=400,
        widget=forms.PasswordInput({"class": "input", "autocomplete": "new-password"}, render_value=False),
    )  # fmt: skip
    allow_private_address = forms.BooleanField(label=gettext_lazy("In our own network"), required=False)

    def document(self) -> dict[str, Any]:
        """A password that is left empty stays as it is."""
        given = self.cleaned_data
        return {"protocol": "smtp", **given, "password": given["password"] or (gateways.KEPT if given["user"] else "")}


class PushForm(forms.Form):
    """Whom push services may write to; the site's key is made with it, and never shown."""

    subject = forms.CharField(
        label=gettext_lazy("Whom push services may write to (mailto: or https:)"), max_length=200,
        widget=forms.TextInput({"class": "input", "placeholder": "mailto:vigie@ville.fr"}),
    )  # fmt: skip

    def document(self) -> dict[str, Any]:
        return {"protocol": "vapid", "subject": self.cleaned_data["subject"]}


class SmsForm(forms.Form):
    """The SMS provider, as docs/notification.md describes it."""

    settings = forms.CharField(
        label=gettext_lazy("Settings (JSON)"), max_length=8000,
        widget=forms.Textarea({"class": "input", "rows": 10, "spellcheck": "false"}),
    )  # fmt: skip

    def clean_settings(self) -> dict[str, Any]:
        try:
            given = msgspec.json.decode(self.cleaned_data["settings"].encode())
        except (msgspec.DecodeError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise forms.ValidationError(_("This is no JSON object."))
        return given


class DutyForm(forms.Form):
    """What a site says of its duty."""

    patience_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes after which a critical alarm nobody acknowledged is told"), min_value=1,
        max_value=LONGEST_PATIENCE, widget=forms.NumberInput(_INPUT),
    )  # fmt: skip
    announce_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes before a position is closed that it is announced"), min_value=1,
        max_value=LONGEST_ANNOUNCEMENT, widget=forms.NumberInput(_INPUT),
    )  # fmt: skip
    region = forms.ChoiceField(
        label=gettext_lazy("Public holidays of"), required=False, widget=forms.Select(_INPUT),
        choices=[("", gettext_lazy("France")), *REGIONS.items()],
    )  # fmt: skip
