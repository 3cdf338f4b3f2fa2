"""Réglages, sirène: how the sirens of the room are driven, whether they are reached, and a button to try each."""

from typing import Any

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from assets.models import Site
from hypervisor import rights
from hypervisor.pages.frame import SEVERITY_NAMES, around
from hypervisor.rights import Right, Verb
from response.models import Siren
from response.siren import moves
from response.siren.rows import siren_rows
from response.siren.spec import LAMPS, SEVERITIES, SOUNDS, fault_words

SOUND_NAMES = {
    "off": pgettext_lazy("siren", "no sound"), "continuous": gettext_lazy("continuous"), "slow": gettext_lazy("slow beeps"),
    "fast": gettext_lazy("fast beeps"),
}  # fmt: skip
LAMP_NAMES = {
    "off": gettext_lazy("no lamp"), "steady": pgettext_lazy("siren", "steady"), "slow": gettext_lazy("slow flashes"),
    "fast": gettext_lazy("fast flashes"),
}  # fmt: skip
EXAMPLE = {
    "protocol": "http", "url": "https://relais.example/etat", "method": "POST",
    "body": {"battement": "{heartbeat}", "gravite": "{severity}", "son": "{sound}", "lampe": "{lamp}"},
    "allow_private_address": True,
}  # fmt: skip


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """`part=state` is what the page asks again."""
    right = rights.of(request).on(site, Verb.SIRENS)
    context: dict[str, Any] = {"sirens": _sirens(right)}
    if request.GET.get("part") == "state":
        return render(request, "configuration/_sirens.html", context)
    the_site = get_object_or_404(Site, pk=right.site_id)
    context |= around(request, right, the_site, "settings") | {
        "tab": "siren", "severities": [(name, SEVERITY_NAMES[name]) for name in reversed(SEVERITIES)],
        "proposed": ("criticalfast", "highslow"), "sounds": SOUND_NAMES.items(), "lamp_names": LAMP_NAMES.items(),
        "example": msgspec.json.format(msgspec.json.encode(EXAMPLE), indent=2).decode(),
    }  # fmt: skip
    return render(request, "configuration/siren.html", context)


def _sirens(right: Right) -> list[dict[str, Any]]:
    now, found = timezone.now(), Siren.objects.filter(site_id=right.site_id)
    lost = {each.pk: moves.is_lost(each, now) for each in found}
    language = "en" if get_language() == "en" else "fr"
    nobody = dict(zip(("fr", "en"), fault_words("nobody"), strict=True))
    return [
        row | {"state": _state(row, lost[row["id"]]), "now": _now(row), "why": (row["fault"] or nobody)[language]}
        for row in siren_rows(found)
    ]


def _state(row: dict[str, Any], lost: bool) -> str:
    if not row["enabled"]:
        return "off"
    if lost:
        return "lost"
    return "reached" if row["reached_at"] and not row["fault"] else "waiting"


def _now(row: dict[str, Any]) -> dict[str, Any] | None:
    """What it was told last, in words."""
    said = row["said"]
    return said and {"sound": SOUND_NAMES[SOUNDS[said["sound"]]], "lamp": LAMP_NAMES[LAMPS[said["lamp"]]], "test": said["test"]}
