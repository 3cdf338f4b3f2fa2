"""Réglages, walls: the screens that show the site without a login; their address is shown once, and revoked here."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hypervisor import rights, walls
from hypervisor.acting import actor_of
from hypervisor.models import Wall
from hypervisor.pages.frame import around
from hypervisor.pages.refused import at_form
from hypervisor.pages.walls import VIEWS
from hypervisor.rights import Verb

SHOWN = 50
"""Walls that were revoked, of which the page shows the last."""
NAMES = {
    "all": gettext_lazy("everything"),
    "map": gettext_lazy("the map"),
    "alarms": gettext_lazy("the alarms"),
    "cameras": gettext_lazy("the cameras of the worst alarm"),
    "lamps": gettext_lazy("the lamps"),
}


class WallForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the screen"), max_length=60,
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The walls of the site, and the form for one more; the addresses of a new one are shown on this page alone."""
    right, the_site = rights.on_site(request, site, Verb.USERS)
    form = WallForm(request.POST or None)
    made: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        with at_form(form, {}):
            wall, token = walls.create(the_site, form.cleaned_data["name"], by=actor_of(request), now=timezone.now())
            address = request.build_absolute_uri(reverse("wall_entry", args=[site, token]))
            made = {"made": wall.name, "addresses": [(NAMES[view], f"{address}?view={view}") for view in VIEWS]}
    wrong = bool(form.errors)
    found = Wall.objects.filter(site=the_site)
    context = around(request, right, the_site, "settings") | {
        "tab": "walls", "form": form if wrong else WallForm(), "in_force": found.filter(revoked_at=None),
        "ended": found.exclude(revoked_at=None).order_by("-pk")[:SHOWN], **made,
    }  # fmt: skip
    return render(request, "configuration/walls.html", context, status=422 if wrong else 200)


@require_POST
@login_required
def revoke(request: HttpRequest, site: str, wall: int) -> HttpResponse:
    """Close a wall at once."""
    _known, the_site = rights.on_site(request, site, Verb.USERS)
    row = get_object_or_404(Wall, site=the_site, pk=wall)
    walls.revoke(row, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The wall {name} is revoked.").format(name=row.name))
    return redirect("wall_settings", site)
