"""Réglages, commands: the catalogue of types that the site's assets can be given, who may, and what the site allows of each."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assets.alphabet import alphabetical
from assets.models import AssetKind
from commands import catalogue, spec
from commands.models import CommandType
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.command_settings import type_rows
from hypervisor.pages.frame import around
from hypervisor.pages.type_words import described
from hypervisor.rights import Verb


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The types by kind of asset; a type is written in a file of the catalogue, and never here."""
    right, the_site = rights.on_site(request, site, Verb.FEEDS)
    language = "en" if get_language() == "en" else "fr"
    rows = type_rows(the_site.pk)
    kinds = {kind.slug: kind for kind in AssetKind.objects.filter(slug__in={row["kind"] for row in rows})}
    groups: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        kind = kinds[str(row["kind"])]
        told = described(spec.decode(row["spec"]), kind.points, language)
        groups.setdefault(getattr(kind, f"name_{language}"), []).append(row | told)
    context = around(request, right, the_site, "settings") | {
        "tab": "commands", "part": "types", "groups": sorted(groups.items(), key=lambda group: alphabetical(group[0])),
    }  # fmt: skip
    return render(request, "configuration/command_types.html", context)


@require_POST
@login_required
def choose(request: HttpRequest, site: str, type: int) -> HttpResponse:
    """Offer a type on the site or not, and let it leave by itself or not."""
    right = rights.of(request).on(site, Verb.FEEDS)
    row = get_object_or_404(CommandType.objects.select_related("kind"), pk=type)
    wanted = {name: request.POST.get(name) == "on" for name in ("enabled", "automatic")}
    catalogue.choose(right.site_id, row, **wanted, by=actor_of(request), now=timezone.now())
    name = getattr(row.type().name, "en" if get_language() == "en" else "fr")
    messages.success(request, _("The type {name} is set.").format(name=name))
    return redirect("type_settings", site)
