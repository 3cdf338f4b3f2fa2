"""Réglages, webhooks: which addresses are told of the journal's lines, how far each is, and the form for one more."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import webhooks
from hypervisor.pages.failure_words import failure
from hypervisor.pages.frame import SEVERITY_NAMES, around
from hypervisor.pages.refused import at_form
from hypervisor.rights import Verb
from journal import nouns
from journal.models import Webhook
from journal.webhooks import moves


def _nouns() -> dict[str, str]:
    """What a person calls several of each noun, by its name."""
    return {noun.name: noun.label or noun.name for noun in nouns.every()}


class WebhookForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput({"class": "input"}))
    url = forms.URLField(
        label=gettext_lazy("Address (https)"), max_length=500, assume_scheme="https",
        widget=forms.URLInput({"class": "input", "placeholder": "https://"}),
    )  # fmt: skip
    nouns = forms.MultipleChoiceField(
        label=gettext_lazy("Lines about"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=lambda: list(_nouns().items()),
        help_text=gettext_lazy("None ticked: every line of the journal."),
    )  # fmt: skip
    severities = forms.MultipleChoiceField(
        label=gettext_lazy("Severities"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=list(SEVERITY_NAMES.items()),
        help_text=gettext_lazy("Of alarms. None ticked: all."),
    )  # fmt: skip

    def clean_url(self) -> str:
        url = self.cleaned_data["url"]
        if not moves.is_web(url):
            raise forms.ValidationError(_("Give an http or https URL."))
        return url


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def webhook_settings(request: HttpRequest, site: str) -> HttpResponse:
    """Show the webhooks; add one, switch one on or off, renew its secret, delete it. A new secret is shown once."""
    right, the_site = rights.on_site(request, site, Verb.FEEDS)
    form = WebhookForm(request.POST if request.POST.get("act") == "add" else None)
    shown: dict[str, object] = {}
    if request.method == "POST":
        shown = _add(request, the_site, form) if form.is_bound else _act(request, the_site)
        if not shown and not form.errors:
            return redirect("webhook_settings", site)
    context = around(request, right, the_site, "settings") | {
        "tab": "webhooks", "hooks": _named(webhooks.of_site(the_site.pk)), "form": form, **shown,
    }  # fmt: skip
    return render(request, "configuration/webhooks.html", context)


def _named(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Rows with what they want in the reader's language."""
    for row in rows:
        fields = {"nouns": _nouns(), "severities": SEVERITY_NAMES}
        row["last_error"] = failure(str(row["last_error"]))
        row["wanted"] = {field: [names.get(each, each) for each in row[field]] for field, names in fields.items()}
    return rows


def _add(request: HttpRequest, site: Site, form: WebhookForm) -> dict[str, object]:
    if not form.is_valid():
        return {}
    with at_form(form, {}):
        hook = moves.create(site.pk, **form.cleaned_data, by=actor_of(request), now=timezone.now())
    if form.errors:
        return {}
    return {"secret": hook.secret, "secret_of": hook.name, "form": WebhookForm()}


def _act(request: HttpRequest, site: Site) -> dict[str, object]:
    number = request.POST.get("webhook", "")
    known = number.isascii() and number.isdigit() and len(number) < 19
    hook = get_object_or_404(Webhook, site=site, pk=int(number) if known else 0)
    by, now = actor_of(request), timezone.now()
    match request.POST.get("act"):
        case "on" | "off" as wanted:
            moves.switch(hook, wanted == "on", by=by, now=now)
            messages.success(request, _("It goes on where it stopped.") if wanted == "on" else _("It is told no more."))
        case "secret":
            return {"secret": moves.renew_secret(hook, by=by, now=now), "secret_of": hook.name}
        case "delete":
            moves.delete(hook, by=by, now=now)
            messages.success(request, _("The webhook was deleted."))
    return {}
