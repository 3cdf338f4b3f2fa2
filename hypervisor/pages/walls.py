"""Mur d'images: views for the screens of a wall, opened by a token, which reaches these addresses and nothing else."""

import contextlib
from collections.abc import Callable
from functools import wraps
from typing import cast

import msgspec
import redis
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alarms.models import Alarm, Severity
from alarms.rows import EXPLAINED, SET_ASIDE, SILENT, WORST_FIRST, alarm_rows
from assets.models import Asset, Site
from assets.zones import zone_words
from hypervisor import feeds_now, walls
from hypervisor.api.assets import nearest_cameras
from hypervisor.models import Wall
from hypervisor.pages import cameras, tiles
from hypervisor.pages.frame import SEVERITY_NAMES, WAITING
from hypervisor.pages.words import words
from journal.models import Ledger

COOKIE = "wall"
VIEWS = ("all", "map", "alarms", "cameras", "lamps")
SHARED = 1
"""Seconds for which what was made for one screen is good for the others."""
MOST = 3000
"""Alarms that a wall is told, the worst: the lamps count all of them."""
_TOLD = (
    "id", "seq", "severity", "stake", "state", "feed", "feed_name", "raised_at", "closed_at", "suppressed_by",
    "shelved_until", "out_of_service_until", "witness",
)  # fmt: skip
"""Of an alarm: a wall is read by visitors, so no person, reason or comment."""

View = Callable[..., HttpResponse]


def for_wall(view: View) -> View:
    """The view as `view(request, wall, …)`, for whoever brings the token of a wall of the site; 403 for all others."""

    @wraps(view)
    @never_cache
    @require_safe
    def guarded(request: HttpRequest, site: str, **more: object) -> HttpResponse:
        wall = walls.known(request.COOKIES.get(COOKIE, ""), site, timezone.now())
        return render(request, "wall/refused.html", status=403) if wall is None else view(request, wall, **more)

    return guarded


@never_cache
@require_safe
def enter(request: HttpRequest, site: str, token: str) -> HttpResponse:
    """Keep the token in the browser of the wall, for its own addresses alone, and go to the view."""
    if walls.known(token, site, timezone.now()) is None:
        return render(request, "wall/refused.html", status=403)
    view = request.GET.get("view", VIEWS[0])
    answer = redirect("wall", site, view if view in VIEWS else VIEWS[0])
    answer.set_cookie(
        COOKIE, token, max_age=400 * 86400, path=f"/walls/{site}/", httponly=True, samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@for_wall
def view(request: HttpRequest, wall: Wall, view: str) -> HttpResponse:
    """One page of a wall; what it shows comes by `state`."""
    if view not in VIEWS:
        raise Http404
    site = wall.site
    zone = zone_words(site.timezone, get_language() or "fr")
    key = reverse("wall_key", args=[site.slug])
    told = {"slug": site.slug, "name": site.name, "timezone": site.timezone, "zone": zone, "key": key}
    context = {
        "site": site, "view": view, "words": words(), "build": _build(),
        "parts": ("lamps", "map", "alarms", "cameras") if view == "all" else {"lamps", view},
        "lamps": [(severity.label, SEVERITY_NAMES[severity.label]) for severity in Severity],
        "client": {"site": told, "names": {}, "verbs": []},
    }  # fmt: skip
    return render(request, "wall/wall.html", context)


@for_wall
def state(request: HttpRequest, wall: Wall) -> HttpResponse:
    """What the wall shows now; `seq` of the last answer spares the alarms while nothing changed."""
    site = wall.site
    seq = Ledger.objects.filter(site=site).values_list("seq", flat=True).first() or 0
    answer: dict[str, object] = {"at": timezone.now().isoformat(), "build": _build(), "feeds": _feeds(site), "stands": None}
    if request.GET.get("seq") != str(seq):
        answer["stands"] = msgspec.Raw(_stands(wall, seq))
    return HttpResponse(msgspec.json.encode(answer), content_type="application/json")


def _stands(wall: Wall, seq: int) -> bytes:
    """What stands, with its `seq`: made once a second for all screens of a site, however many alarms come meanwhile."""
    key = f"wall:{wall.site_id}"
    kept = _recall(key)
    if kept is None:
        kept = msgspec.json.encode({"seq": seq} | _shown(wall))
        with contextlib.suppress(redis.RedisError):
            cache.set(key, kept, SHARED)
    return kept


def _recall(key: str) -> bytes | None:
    try:
        return cast("bytes | None", cache.get(key))
    except redis.RedisError:
        return None  # the wall goes on without it


def _shown(wall: Wall) -> dict[str, object]:
    found = Alarm.objects.filter(site=wall.site, is_open=True)
    totals = found.aggregate(
        shelved=Count("pk", SET_ASIDE),
        suppressed=Count("pk", EXPLAINED),
        **{f"open_{each.label}": Count("pk", ~SILENT & Q(severity=each)) for each in Severity},
        **{f"waiting_{each.label}": Count("pk", ~SILENT & WAITING & Q(severity=each)) for each in Severity},
    )
    rows = alarm_rows(found.filter(~SILENT).order_by(*WORST_FIRST, "-raised_at", "-id")[:MOST])
    alarms = [
        {name: getattr(row, name) for name in _TOLD}
        | {
            "sentence": {"fr": row.sentence.fr, "en": row.sentence.en},
            "asset": row.asset and {name: getattr(row.asset, name) for name in ("id", "code", "name", "kind", "lon", "lat")},
            "sector": row.sector and {"path": row.sector.path, "name": row.sector.name},
            "incident": None,
            "taken": row.taken_by is not None,
        }
        for row in rows
    ]
    return {"totals": totals, "alarms": alarms, "cameras": _cameras(wall)}


def _cameras(wall: Wall) -> list[dict[str, object]]:
    """The cameras nearest to the worst alarm that has a place."""
    loud = Alarm.objects.filter(~SILENT, site=wall.site, is_open=True, asset__isnull=False)
    worst = loud.select_related("asset").order_by(*WORST_FIRST, "-raised_at", "-id").first()
    near = nearest_cameras(worst.asset, walls.right_of(wall)) if worst and worst.asset else []
    return [{name: each[name] for name in ("id", "code", "name", "distance")} for each in near]


def _feeds(site: Site) -> dict[str, int] | None:
    try:
        return feeds_now.counted(feeds_now.look(site.pk), None)._asdict()
    except redis.RedisError:
        return None


def _build() -> str:
    """Changes when the page would be another: a wall then loads itself again."""
    return f"{static('js/wall.js')} {static('css/wall.css')}"


@for_wall
def picture(request: HttpRequest, wall: Wall, asset: int) -> HttpResponse:
    """A still of a camera that the wall shows now; of no other."""
    if asset not in {each["id"] for each in _cameras(wall)}:
        raise Http404
    return cameras.still(get_object_or_404(Asset, pk=asset, site=wall.site, site__demo=True))


@for_wall
def key(request: HttpRequest, wall: Wall) -> HttpResponse:
    return tiles.key_of(walls.right_of(wall), "wall_tile")


@for_wall
def tile(request: HttpRequest, wall: Wall, version: int, z: int, x: int, y: int) -> HttpResponse:
    return tiles.tile_of(request, walls.right_of(wall), version, (z, x, y), "wall_tile")
