"""Réglages, access-management systems, which permits come from, pushed or pulled: set, given a token, switched off."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.pages.failure_words import failure
from hypervisor.pages.frame import around
from hypervisor.pages.refused import at_form
from hypervisor.rights import Right, Verb
from passages import gates
from passages.models import PermitSource

_TEXT = {"class": "input", "autocomplete": "off", "spellcheck": "false"}


class PermitSourceForm(forms.Form):
    """An access-management system. Its secret is never shown: an empty field keeps it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(_TEXT))
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=60, widget=forms.TextInput(_TEXT),
        help_text=gettext_lazy("Part of the address it sends to, once in the installation."),
    )  # fmt: skip
    address = forms.CharField(
        label=gettext_lazy("Address its permits are pulled from"), max_length=500, required=False,
        widget=forms.TextInput({**_TEXT, "placeholder": "https://"}),
        help_text=gettext_lazy("Empty: it sends them to us. A password in it is not shown again; left as it stands, it is kept."),
    )  # fmt: skip
    secret = forms.CharField(
        label=gettext_lazy("Header “Authorization” of a pull"), max_length=500, required=False,
        widget=forms.PasswordInput({**_TEXT, "autocomplete": "new-password", "placeholder": "Bearer …"}),
    )  # fmt: skip
    forget = forms.BooleanField(label=gettext_lazy("Send no such header any more"), required=False)
    interval = forms.IntegerField(
        label=gettext_lazy("Seconds between two pulls"), min_value=gates.INTERVAL[0], max_value=gates.INTERVAL[1],
        widget=forms.NumberInput({"class": "input"}),
    )  # fmt: skip
    allow_private_address = forms.BooleanField(label=gettext_lazy("It is inside our network"), required=False)
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def __init__(self, known: PermitSource | None, *given: object) -> None:
        super().__init__(*given, initial=NEW if known is None else _of(known))
        self.known = known
        if known is None or not known.secret:
            del self.fields["forget"]
        else:
            self.fields["secret"].help_text = _("One is kept. Empty: it stays.")

    def wanted(self) -> dict[str, object]:
        """The fields as the room writes them."""
        given = dict(self.cleaned_data)
        given["address"] = gates.address_kept(self.known, given["address"])
        if given.pop("forget", False):
            given["secret"] = ""
        elif not given["secret"]:
            del given["secret"]
        return given


NEW = {"interval": 900, "enabled": True}


def _of(source: PermitSource) -> dict[str, object]:
    told = {name: getattr(source, name) for name in gates.SOURCE_FIELDS if name != "secret"}
    return told | {"address": gates.without_password(source.address)}


def _source(site: Site, source: str) -> PermitSource:
    return get_object_or_404(PermitSource.objects.annotate(number=Count("permits")), site=site, slug=source)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The systems of the site, and the form for one more."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    form = PermitSourceForm(None, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with at_form(form, {}):
            source = gates.save_source(the_site, form.wanted(), by=actor_of(request), now=timezone.now())
        if not form.errors:
            messages.success(request, _("The system {name} is set.").format(name=source.name))
            return redirect("permit_source", site, source.slug)
    found = PermitSource.objects.filter(site=the_site).annotate(number=Count("permits"))
    told = [{"row": each, "failure": failure(each.failure)} for each in found]
    context = around(request, right, the_site, "settings") | {"tab": "gates", "part": "sources", "form": form, "sources": told}
    return render(request, "configuration/permit_sources.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def source(request: HttpRequest, site: str, source: str) -> HttpResponse:
    """One system: its form, its token, and how it does."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    row = _source(the_site, source)
    form = PermitSourceForm(row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with at_form(form, {}):
            gates.save_source(the_site, form.wanted(), by=actor_of(request), now=timezone.now(), known=row)
        if not form.errors:
            messages.success(request, _("The system {name} is set.").format(name=row.name))
            return redirect("permit_source", site, row.slug)
        row = _source(the_site, source)  # as it is, and not as it was refused
    return _page(request, right, the_site, row, form)


@never_cache
@require_POST
@login_required
def token(request: HttpRequest, site: str, source: str) -> HttpResponse:
    """A new token of a system, shown on this very page and never again."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    row = _source(the_site, source)
    made = gates.new_token(row, row, by=actor_of(request), now=timezone.now())
    return _page(request, right, the_site, row, PermitSourceForm(row), token=made)


@require_POST
@login_required
def remove(request: HttpRequest, site: str, source: str) -> HttpResponse:
    """Take a system away; whoever does it says what becomes of its permits."""
    _right_there, the_site = rights.on_site(request, site, Verb.GATES)
    row = _source(the_site, source)
    permits = request.POST.get("permits")
    if permits not in ("end", "keep") and row.number:
        messages.error(request, _("Say what becomes of its permits: they end, or they stay."))
        return redirect("permit_source", site, source)
    gates.remove_source(row, ending=permits == "end", by=actor_of(request), now=timezone.now())
    messages.success(request, _("The system {name} was removed.").format(name=row.name))
    return redirect("permit_source_settings", site)


def _page(request: HttpRequest, right: Right, site: Site, row: PermitSource, form: PermitSourceForm, **more: str) -> HttpResponse:
    hook = request.build_absolute_uri(reverse("permit-source-permits", args=[row.slug]))
    context = around(request, right, site, "settings") | {
        "tab": "gates", "part": "sources", "form": form, "source": row, "hook": hook, "failure": failure(row.failure), **more,
    }  # fmt: skip
    return render(request, "configuration/permit_source.html", context, status=422 if form.errors else 200)
