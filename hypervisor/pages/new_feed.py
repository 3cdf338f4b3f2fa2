"""Réglages: a new feed. What is to be connected is found in a list; a form makes the feed, and says what is to be done next."""

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from assets.alphabet import alphabetical
from assets.models import Feed, Protocol, Site, Supervisor
from hypervisor import new_feeds, offers, rights
from hypervisor.acting import actor_of
from hypervisor.offers import Offer
from hypervisor.pages.frame import around
from hypervisor.pages.refused import at_form
from hypervisor.rights import Right, Verb

INTERVALS = {Protocol.PULL: 300, Protocol.MQTT: 600}
"""Seconds between two messages that the form proposes; 60 for the others."""


class NewFeedForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput({"class": "input"}))
    supervisor = forms.ModelChoiceField(
        Supervisor.objects.none(), label=gettext_lazy("Supervisor"), required=False, empty_label=gettext_lazy("A new one"),
        to_field_name="slug", widget=forms.Select({"class": "input"}),
    )  # fmt: skip
    supervisor_name = forms.CharField(
        label=gettext_lazy("Name of the new supervisor"), max_length=120, required=False,
        help_text=gettext_lazy("The system that speaks. Left empty, it is called as the feed."),
        widget=forms.TextInput({"class": "input"}),
    )  # fmt: skip
    address = forms.CharField(label=gettext_lazy("Address"), max_length=500, widget=forms.TextInput({"class": "input mapping"}))
    broker = forms.RegexField(
        r"^mqtts?://[^\s]+\Z", label=gettext_lazy("Broker"), max_length=500, required=False,
        help_text=gettext_lazy("mqtts://user:password@broker.example.org. Left empty, the installation’s own."),
        widget=forms.TextInput({"class": "input mapping", "autocomplete": "off"}),
    )  # fmt: skip
    interval = forms.IntegerField(
        label=gettext_lazy("Seconds between two messages in normal times"), min_value=1, max_value=10**7,
        widget=forms.NumberInput({"class": "input"}),
    )  # fmt: skip
    private = forms.BooleanField(
        label=gettext_lazy("The address is in a private network of ours"), required=False, widget=forms.CheckboxInput
    )

    def __init__(self, site: Site, offer: Offer, *given: object) -> None:
        first = {"address": offer.address, "interval": INTERVALS.get(offer.protocol, 60)}
        super().__init__(*given, initial=first, label_suffix="")
        rows = Supervisor.objects.filter(site=site)
        chosen = self.fields["supervisor"]
        chosen.queryset = rows  # type: ignore[attr-defined]
        chosen.choices = [  # type: ignore[attr-defined]
            ("", _("A new one")), *sorted(rows.values_list("slug", "name"), key=lambda each: alphabetical(each[1])),
        ]  # fmt: skip
        if not offer.asks_address:
            del self.fields["address"]
        if offer.protocol != Protocol.MQTT:
            del self.fields["broker"]
        if offer.protocol == Protocol.PULL:
            self.fields["address"] = forms.RegexField(
                r"^https?://[^\s/?#]+[^\s]*\Z", label=gettext_lazy("URL"), max_length=500, initial=offer.address,
                widget=forms.TextInput({"class": "input mapping"}),
            )  # fmt: skip
        else:
            del self.fields["private"]

    def wanted(self) -> new_feeds.Wanted:
        said = self.cleaned_data
        supervisor = said["supervisor"] or said["supervisor_name"] or said["name"]
        return new_feeds.Wanted(
            said["name"], supervisor, said["interval"], said.get("address", ""), said.get("broker", ""),
            said.get("private", False),
        )  # fmt: skip


def _site(request: HttpRequest, site: str) -> tuple[Right, Site]:
    return rights.on_site(request, site, Verb.FEEDS)


@require_safe
@login_required
def choose(request: HttpRequest, site: str) -> HttpResponse:
    """Everything that can be connected, under its groups."""
    right, the_site = _site(request, site)
    language = get_language() or "fr"
    listed = [
        (
            group.said(language),
            [{"offer": one, "name": one.called(language), "said": one.words.said(language)} for one in members],
        )
        for group, members in offers.by_group()
    ]
    context = {"groups": listed, "tab": "feeds"}
    return render(request, "configuration/offers.html", around(request, right, the_site, "settings") | context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def make(request: HttpRequest, site: str, offer: str) -> HttpResponse:
    """The form for a feed of an offer; once it is made, its token is shown here and never again."""
    right, the_site = _site(request, site)
    chosen = offers.offers().get(offer)
    if chosen is None:
        raise Http404
    form = NewFeedForm(the_site, chosen, request.POST or None)
    language = get_language() or "fr"
    context = {"name": chosen.called(language), "said": chosen.words.said(language), "form": form, "tab": "feeds"}
    if request.method == "POST" and form.is_valid():
        with at_form(form, {"name": "name"}):
            made, token = new_feeds.make(the_site, chosen, form.wanted(), by=actor_of(request), now=timezone.now())
            context |= {"row": made, "token": token, "pushed": request.build_absolute_uri("/"), **connector(request, made, token)}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "configuration/new_feed.html", around(request, right, the_site, "settings") | context, status=status)


def connector(request: HttpRequest, feed: Feed, token: str = "") -> dict[str, object]:
    """The file and the commands of the connector that a feed's messages come from; nothing where there is none."""
    offer = offers.connector_of(feed)
    if offer is None:
        return {}
    url = (settings.ADDRESS or request.build_absolute_uri("/")).rstrip("/")
    file = offers.connector_file(offer, feed, url, token)
    return {"connector": {"name": offer.name, "file": file, "commands": offers.connector_commands(feed)}}
