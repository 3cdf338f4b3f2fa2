"""A camera's picture, through the control room: the browser speaks to nobody else, and rights are asked before it is shown.

Only the cameras of the pretend city so far; a site's own video comes with its supervisor.
"""

import httpx
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assets.models import Asset
from hypervisor import rights

PATIENCE = 3.0
"""Seconds; the tile asks again soon."""


@never_cache
@require_safe
@login_required
def picture(request: HttpRequest, site: str, asset: int) -> HttpResponse:
    """A still of one camera, as image/png. 404 for who may not see it, 502 when the camera does not answer."""
    right = rights.of(request).on(site)
    cameras = Asset.objects.select_related("site").filter(right.within(), site_id=right.site_id, site__demo=True)
    return still(get_object_or_404(cameras, pk=asset))


def still(camera: Asset) -> HttpResponse:
    """What a camera shows now, for whoever was found to have the right to it."""
    path = camera.attributes.get("picture")  # an inventory's word, of any type
    if not isinstance(path, str) or not path.startswith("/cameras/"):
        raise Http404
    try:
        address = f"{settings.CITY_URL.rstrip('/')}{path.replace('.mjpeg', '.png')}"
        answer = httpx.get(address, timeout=PATIENCE, trust_env=False)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL):
        return HttpResponse(status=502)
    return HttpResponse(answer.content, content_type="image/png")


@require_safe
@login_required
def window(request: HttpRequest, site: str, asset: int) -> HttpResponse:
    """One camera in a window of its own, which its name keeps: moved to a screen once, it shows there whatever is opened next."""
    right = rights.of(request).on(site)
    cameras = Asset.objects.select_related("sector").filter(right.within(), site_id=right.site_id)
    return render(request, "assets/camera.html", {"camera": get_object_or_404(cameras, pk=asset), "slug": site})
