"""Réglages, personal data: which attributes of events name people, and until when anybody can tell whom."""

import re

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alarms import pseudonyms
from alarms.models import PersonalAttribute, PseudonymKey
from assets.inventory.version import raise_version
from assets.models import Site
from hypervisor import changes, rights
from hypervisor.acting import actor_of
from hypervisor.pages.frame import around
from hypervisor.rights import Verb

_NAME = re.compile(r"[-\w]{1,60}\Z", re.ASCII)
_KIND = re.compile(r"[-.:\w]{0,60}\Z")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def personal_data(request: HttpRequest, site: str) -> HttpResponse:
    """Show what is kept of people, and declare or withdraw an attribute."""
    right, the_site = rights.on_site(request, site, Verb.FEEDS)
    if request.method == "POST":
        _change(request, the_site)
        return redirect("privacy_settings", site)
    keys = PseudonymKey.objects.filter(site=the_site).order_by("month")
    context = around(request, right, the_site, "settings") | {
        "tab": "privacy",
        "always": sorted(pseudonyms.ALWAYS),
        "declared": PersonalAttribute.objects.filter(site=the_site),
        "keys": [{"month": key.month, "ends_at": pseudonyms.end_of(key.month)} for key in keys],
        "retention": settings.RETENTION_DAYS,
    }
    return render(request, "configuration/privacy.html", context)


def _change(request: HttpRequest, site: Site) -> None:
    kind, attribute = request.POST.get("event_kind", "").strip(), request.POST.get("attribute", "").strip()
    if not _NAME.match(attribute) or not _KIND.match(kind):
        messages.error(request, _("An attribute is of letters, digits, - and _; a kind of event as its supervisor writes it."))
        return
    row = {"site": site, "event_kind": kind, "attribute": attribute}
    with transaction.atomic():
        if request.POST.get("withdraw"):
            changed = PersonalAttribute.objects.filter(**row).delete()[0] > 0
        else:
            changed = PersonalAttribute.objects.get_or_create(**row)[1]
        if changed:  # the correlator follows the inventory's version
            raise_version([site.pk])
            declared = not request.POST.get("withdraw")
            changes.told_of_personal_attribute(site, kind, attribute, declared, by=actor_of(request), now=timezone.now())
    messages.success(request, _("Personal attributes were changed."))
