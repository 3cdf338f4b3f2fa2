"""Réglages, supervisors: which systems speak to the site and by which feeds; made, renamed, deleted."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from assets.alphabet import alphabetical
from assets.models import Feed, Protocol, Site, Supervisor
from hypervisor import rights, supervisors
from hypervisor.acting import actor_of
from hypervisor.pages.frame import around
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.rights import Verb

PROTOCOLS = {
    Protocol.PUSH: gettext_lazy("It sends to us (HTTP)"),
    Protocol.PULL: gettext_lazy("We ask it (HTTP)"),
    Protocol.MQTT: gettext_lazy("We listen to its topics (MQTT)"),
    Protocol.NGSI_LD: gettext_lazy("It notifies us (NGSI-LD)"),
    Protocol.REPLAY: gettext_lazy("A file is replayed"),
}


class SupervisorForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput({"class": "input", "autocomplete": "off"})
    )
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=60, widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
        help_text=gettext_lazy("In addresses and files: letters, digits and hyphens. It stays."),
    )  # fmt: skip


class NewFeedForm(SupervisorForm):
    supervisor = forms.ModelChoiceField(
        Supervisor.objects.none(), label=gettext_lazy("Supervisor"), widget=forms.Select({"class": "input"})
    )
    protocol = forms.ChoiceField(
        label=gettext_lazy("How it arrives"), choices=PROTOCOLS.items(), widget=forms.Select({"class": "input"})
    )
    address = forms.CharField(
        label=gettext_lazy("Address: URL or topic"), max_length=500, required=False, widget=forms.TextInput({"class": "input"}),
        help_text=gettext_lazy("Where we ask or listen; empty where it sends to us."),
    )  # fmt: skip
    expected_interval = forms.IntegerField(
        label=gettext_lazy("Seconds between two messages in normal times"), min_value=1, max_value=2**31 - 1, initial=60,
        widget=forms.NumberInput({"class": "input"}),
    )  # fmt: skip
    private = forms.BooleanField(label=gettext_lazy("it has a private address"), required=False)

    def __init__(self, site: Site, *given: object) -> None:
        super().__init__(*given)
        self.fields["supervisor"].queryset = Supervisor.objects.filter(site=site).order_by("name")
        self.order_fields(["supervisor", "name", "slug"])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The supervisors with their feeds, and forms for one more of each (`act`); a new feed's token is shown here, once."""
    right, the_site = rights.on_site(request, site, Verb.FEEDS)
    act, now, by = request.POST.get("act", ""), timezone.now(), actor_of(request)
    form = SupervisorForm(request.POST if act == "supervisor" else None)
    feed_form = NewFeedForm(the_site, request.POST if act == "feed" else None)
    made: dict[str, object] = {}
    if form.is_valid():
        with at_form(form, {}):
            row = supervisors.make_supervisor(the_site, **form.cleaned_data, by=by, now=now)
            messages.success(request, _("The supervisor {name} was added. Add its feed.").format(name=row.name))
            return redirect("supervisor_settings", site)
    if feed_form.is_valid():
        with at_form(feed_form, {}):
            row, token = supervisors.make_feed(**feed_form.cleaned_data, by=by, now=now)
            if not token:
                messages.success(request, _("The feed was added and is switched off: write its mapping, then switch it on."))
                return redirect("workbench", site, row.slug)
            made, feed_form = {"token": token, "made": row}, NewFeedForm(the_site)
    wrong = bool(form.errors or feed_form.errors)
    context = around(request, right, the_site, "settings") | {
        "tab": "supervisors", "rows": _rows(the_site), "form": form, "feed_form": feed_form, **made
    }  # fmt: skip
    return render(request, "configuration/supervisors.html", context, status=422 if wrong else 200)


def _rows(site: Site) -> list[Supervisor]:
    held = Count("assets", Q(assets__retired_at=None))
    found = Supervisor.objects.filter(site=site).annotate(held=held).select_related("connector").prefetch_related("feeds")
    return sorted(found, key=lambda each: alphabetical(each.name))


@require_POST
@login_required
def rename(request: HttpRequest, site: str, supervisor: str) -> HttpResponse:
    """Another name; its short name stays."""
    _known, the_site = rights.on_site(request, site, Verb.FEEDS)
    row = get_object_or_404(Supervisor, site=the_site, slug=supervisor)
    form = SupervisorForm({"name": request.POST.get("name", ""), "slug": row.slug})
    if not form.is_valid():
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return redirect("supervisor_settings", site)
    with in_messages(request):
        supervisors.rename_supervisor(row, form.cleaned_data["name"], by=actor_of(request), now=timezone.now())
        messages.success(request, _("The supervisor {name} was renamed.").format(name=row.name))
    return redirect("supervisor_settings", site)


@require_POST
@login_required
def delete(request: HttpRequest, site: str, supervisor: str) -> HttpResponse:
    """Delete a supervisor that nothing hangs on."""
    _known, the_site = rights.on_site(request, site, Verb.FEEDS)
    row = get_object_or_404(Supervisor, site=the_site, slug=supervisor)
    with in_messages(request):
        supervisors.delete_supervisor(row, by=actor_of(request), now=timezone.now())
        messages.success(request, _("The supervisor {name} was deleted.").format(name=row.name))
    return redirect("supervisor_settings", site)


def _feed(request: HttpRequest, site: str, feed: str) -> Feed:
    _known, the_site = rights.on_site(request, site, Verb.FEEDS)
    return get_object_or_404(Feed.objects.select_related("supervisor"), slug=feed, supervisor__site=the_site)


@require_POST
@login_required
def delete_feed(request: HttpRequest, site: str, feed: str) -> HttpResponse:
    """Delete a feed that nothing hangs on."""
    row = _feed(request, site, feed)
    with in_messages(request):
        supervisors.delete_feed(row, by=actor_of(request), now=timezone.now())
        messages.success(request, _("The feed {name} was deleted.").format(name=row.name))
        return redirect("supervisor_settings", site)
    return redirect("feed_settings", site, feed)


@require_POST
@login_required
def revoke_token(request: HttpRequest, site: str, feed: str) -> HttpResponse:
    """Whoever has the token of the feed is refused from now on."""
    row = _feed(request, site, feed)
    supervisors.revoke_token(row, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The token of {name} is revoked.").format(name=row.name))
    return redirect("feed_settings", site, feed)
