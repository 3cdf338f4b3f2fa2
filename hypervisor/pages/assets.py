"""Équipements: the inventory as a table one searches by typing, and the sheet of each asset."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from assets.models import Site
from hypervisor import rights
from hypervisor.pages.frame import around


@require_GET
@login_required
def table(request: HttpRequest, site: str) -> HttpResponse:
    right = rights.of(request).on(site)
    the_site = get_object_or_404(Site, pk=right.site_id)
    return render(request, "framed.html", around(request, right, the_site, "assets"))


@require_GET
@login_required
def sheet(request: HttpRequest, site: str, asset: int) -> HttpResponse:
    right = rights.of(request).on(site)
    the_site = get_object_or_404(Site, pk=right.site_id)
    return render(request, "framed.html", around(request, right, the_site, "assets"))
