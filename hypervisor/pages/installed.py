"""What makes the pages installable on a phone or a desk, and what stands there while the server cannot be reached."""

import hashlib
import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

KEPT = (
    "css/tokens.css",
    "css/base.css",
    "css/login.css",
    "icons/favicon.svg",
    "js/away.js",
    "lib/inter/files/inter-latin-wght-normal.woff2",
)
"""What the page of `away` is made of, kept by the browser beside it."""


@require_safe
@cache_control(max_age=3600, public=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """The web application manifest (W3C Application Manifest)."""
    icons = [{"src": static("icons/favicon.svg"), "type": "image/svg+xml", "sizes": "any", "purpose": "any maskable"}]
    told = {
        "name": "Vigie", "short_name": "Vigie", "id": "/", "start_url": "/", "scope": "/", "display": "standalone",
        "background_color": "#14181c", "theme_color": "#14181c", "icons": icons,
    }  # fmt: skip
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of every page, with the addresses it keeps; a new version of any of them is a new worker."""
    kept = [reverse("away"), *map(static, KEPT)]
    version = hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:12]
    return render(request, "installed/worker.js", {"kept": kept, "version": version}, content_type="text/javascript")


@require_safe
def away(request: HttpRequest) -> HttpResponse:
    """Shown in place of any page that cannot be had: since when nothing is heard, in both languages, as nobody can be asked."""
    return render(request, "installed/away.html")
