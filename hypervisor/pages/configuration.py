"""Réglages: how each feed does, what it speaks of that nobody knows, what it was refused, and its token; the sectors."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.alphabet import in_tree
from assets.feeds import unknown
from assets.inventory.version import raise_version
from assets.models import Asset, Feed, Protocol, Sector, Site, Supervisor, UnknownAddress
from assets.sector_paths import lies_in
from hypervisor import changes, offers, rights
from hypervisor.acting import actor_of
from hypervisor.api.feeds import feed_rows
from hypervisor.pages.failure_words import failure
from hypervisor.pages.feed_words import STATES, reason
from hypervisor.pages.frame import around
from hypervisor.pages.new_feed import connector
from hypervisor.pages.refused import in_messages
from hypervisor.rights import Right, Verb

MOST_AHEAD = 366 * 86_400
"""Seconds that a clock may be set right by."""
ADDRESSES = 100
"""Unknown addresses shown at once."""


class FeedForm(forms.ModelForm):
    clock_ahead = forms.FloatField(
        label=gettext_lazy("Seconds its clock is ahead of ours, taken from its times (behind: negative)"),
        min_value=-MOST_AHEAD,
        max_value=MOST_AHEAD,
        required=False,
        widget=forms.NumberInput({"class": "input", "step": "any"}),
    )

    class Meta:
        model = Feed
        fields = ("name", "expected_interval", "clock_ahead", "enabled")
        labels = {
            "name": gettext_lazy("Name"),
            "expected_interval": gettext_lazy("Seconds between two messages in normal times"),
            "enabled": gettext_lazy("Switched on"),
        }
        help_texts = {"expected_interval": ""}
        widgets = {
            "name": forms.TextInput({"class": "input"}),
            "expected_interval": forms.NumberInput({"class": "input", "min": 1}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["clock_ahead"] = self.instance.clock_ahead or None  # one that is right is not asked about

    def clean_clock_ahead(self) -> float:
        return self.cleaned_data["clock_ahead"] or 0.0


class SectorForm(forms.ModelForm):
    class Meta:
        model = Sector
        fields = ("name",)


def _site(request: HttpRequest, site: str, verb: Verb = Verb.FEEDS) -> tuple[Right, Site]:
    right = rights.of(request).on(site, verb)
    return right, get_object_or_404(Site, pk=right.site_id)


@require_safe
@login_required
def feeds(request: HttpRequest, site: str) -> HttpResponse:
    """The feeds of the site with their health; `part=feeds` is what the page asks again and again."""
    right, the_site = _site(request, site)
    rows = _feeds_in_words(right)
    if request.GET.get("part") == "feeds":
        return render(request, "configuration/_feeds.html", {"site": the_site, "feeds": rows})
    return render(
        request, "configuration/feeds.html", around(request, right, the_site, "settings") | {"feeds": rows, "tab": "feeds"}
    )


def _feeds_in_words(right: Right) -> list[dict]:
    """The feeds in the words of the page."""
    names = dict(Supervisor.objects.filter(site_id=right.site_id).values_list("slug", "name"))
    protocols, now = dict(Protocol.choices), timezone.now()
    return [
        row | {"state_name": STATES[row["health"]["state"]], "reason": reason(row, now),
               "bars": bars(row["health"]["per_minute"]), "pace": pace(row["health"]["per_minute"]),
               "supervisor_name": names[row["supervisor"]], "protocol_name": _way(row, protocols)}
        for row in feed_rows(right)
    ]  # fmt: skip


def _way(row: Mapping[str, str], protocols: Mapping[str, str]) -> str:
    """How its messages come: by which connector, or by which protocol."""
    offer = offers.offers().get(row["made_from"])
    return f"{offer.name}, {_('connector')}" if offer is not None and offer.sample else protocols[row["protocol"]]


def pace(counts: Sequence[int]) -> tuple[float, str]:
    """Readings per second, of the last whole minute; of a slow feed per minute or hour, of all that are kept: no rounded 0."""
    *whole, _now = counts
    if whole[-1] >= 60:
        return whole[-1] / 60, "/s"
    total = sum(whole)
    if total >= len(whole):
        return total / len(whole), "/min"
    return total * 60 / len(whole), "/h"


def bars(counts: Iterable[int], height: int = 22) -> list[tuple[int, int, int]]:
    """Column, top and height of one bar per minute, for an SVG of that height; nothing received is no bar."""
    counts = list(counts)
    most = max(counts, default=0)
    tall = [max(1, round(count / most * height)) if count else 0 for count in counts]
    return [(column, height - high, high) for column, high in enumerate(tall) if high]


@never_cache
@require_safe
@login_required
def feed(request: HttpRequest, site: str, feed: str) -> HttpResponse:
    """One feed: health, unknown addresses with where each may belong, refusals, settings, token."""
    right, the_site = _site(request, site)
    row = _feed(the_site, feed)
    return render(request, "configuration/feed.html", _feed_context(request, right, the_site, row))


def _feed(site: Site, slug: str) -> Feed:
    return get_object_or_404(Feed.objects.select_related("supervisor"), slug=slug, supervisor__site=site)


def _feed_context(request: HttpRequest, right: Right, site: Site, row: Feed, **more: object) -> dict[str, object]:
    told = next(each for each in _feeds_in_words(right) if each["id"] == row.pk)
    refused = [{**one, "reason": failure(str(one["reason"]))} for one in told["health"]["rejections"]]
    told["health"] = {**told["health"], "rejections": refused}
    strangers = list(UnknownAddress.objects.filter(feed=row).order_by("-seen", "address")[:ADDRESSES])
    context = around(request, right, site, "settings") | {
        "feed": told,
        "row": row,
        "tab": "feeds",
        "form": FeedForm(instance=row),
    }
    return context | {"strangers": suggested(site, strangers), **connector(request, row), **more}


def suggested(site: Site, strangers: list[UnknownAddress]) -> list[dict[str, object]]:
    """Each address with the asset and quantity its own words name, when there is exactly such an asset; one query."""
    parts = {stranger.pk: _parts(stranger.address) for stranger in strangers}
    codes = {code for ways in parts.values() for code, _rest in ways}
    known = {
        asset.code: asset for asset in Asset.objects.filter(site=site, code__in=codes, retired_at=None).select_related("kind")
    }
    rows = []
    for stranger in strangers:
        place = next(((known[code], words) for code, words in parts[stranger.pk] if code in known), None)
        rows.append({"stranger": stranger, "asset": place and place[0], "quantity": _quantity(*place) if place else ""})
    return rows


def _parts(address: str) -> list[tuple[str, str]]:
    """Ways to cut an address in a code and what follows: EP-12/power, city:EP-12:power, EP-12."""
    words = re.split(r"[/:.|#\s]+", address)
    cuts = [(words[index], " ".join(words[index + 1 :])) for index in range(len(words) - 1, -1, -1)]
    return [(address, ""), *cuts]


def _quantity(asset: Asset, words: str) -> str:
    """The kind's quantity these words name, or the only one it has."""
    quantities = [template["quantity"] for template in asset.kind.points]
    plain = re.sub(r"[^a-z0-9]", "", words.lower())
    found = [name for name in quantities if re.sub(r"[^a-z0-9]", "", name) == plain]
    return found[0] if found else quantities[0] if len(quantities) == 1 else ""


@require_POST
@login_required
def save_feed(request: HttpRequest, site: str, feed: str) -> HttpResponse:
    right, the_site = _site(request, site)
    row = _feed(the_site, feed)
    form = FeedForm(request.POST, instance=row)
    if not form.is_valid():
        context = _feed_context(request, right, the_site, row, form=form)
        return render(request, "configuration/feed.html", context, status=422)
    with transaction.atomic():
        form.save()
        raise_version([the_site.pk])
        changes.told_of_feed(row, form.changed_data, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The feed was changed."))
    return redirect("feed_settings", site, feed)


@never_cache
@require_POST
@login_required
def renew_token(request: HttpRequest, site: str, feed: str) -> HttpResponse:
    """A new token, shown on this very page and never again."""
    right, the_site = _site(request, site)
    row = _feed(the_site, feed)
    token = changes.renew_token(row, by=actor_of(request), now=timezone.now())
    return render(request, "configuration/feed.html", _feed_context(request, right, the_site, row, token=token))


@require_POST
@login_required
def adopt(request: HttpRequest, site: str, feed: str, address: int) -> HttpResponse:
    """Give an unknown address to a quantity of the asset whose code was sent."""
    _right, the_site = _site(request, site)
    stranger = get_object_or_404(
        UnknownAddress.objects.select_related("feed__supervisor"), pk=address, feed=_feed(the_site, feed)
    )
    code, quantity = request.POST.get("code", "").replace("\0", "\ufffd").strip(), request.POST.get("quantity", "").strip()
    asset = Asset.objects.select_related("kind").filter(site=the_site, code=code, retired_at=None).first()
    if asset is None:
        messages.error(request, _("No asset has the code {code}.").format(code=code))
    elif not re.fullmatch(r"[-a-zA-Z0-9_]{1,60}", quantity):
        messages.error(request, _("Say which quantity of {code} it measures.").format(code=code))
    else:
        template = next((each for each in asset.kind.points if each["quantity"] == quantity), {})
        with in_messages(request):
            unknown.adopt(stranger, asset, quantity, unit=template.get("unit", ""), interval=template.get("interval", 60))
            said = {"address": stranger.address, "code": code, "quantity": quantity}
            messages.success(request, _("{address} now is {quantity} of {code}.").format(**said))
    return redirect("feed_settings", site, feed)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sectors(request: HttpRequest, site: str) -> HttpResponse:
    """The sectors with what they hold; their names can be changed, their outlines come with the inventory."""
    right, the_site = _site(request, site, Verb.IMPORTS)
    if request.method == "POST":
        number = request.POST.get("sector", "")
        if not number.isascii() or not number.isdigit() or len(number) > 18:
            raise Http404
        row = get_object_or_404(Sector, pk=int(number), site=the_site)
        form = SectorForm(request.POST, instance=row)
        if form.is_valid():
            with transaction.atomic():
                form.save()
                raise_version([the_site.pk])
            messages.success(request, _("The sector was renamed."))
        else:
            messages.error(request, _("A sector needs a name."))
        return redirect("sector_settings", site)
    counted = Sector.objects.filter(site=the_site).defer("polygon").annotate(held=Count("assets", Q(assets__retired_at=None)))
    counted = in_tree(counted)
    held = {sector.path: sector.held for sector in counted}
    rows = [
        {
            "sector": sector,
            "depth": sector.path.count("/"),
            "held": sum(n for path, n in held.items() if lies_in(path, (sector.path,))),
        }
        for sector in counted
    ]
    return render(
        request, "configuration/sectors.html", around(request, right, the_site, "settings") | {"rows": rows, "tab": "sectors"}
    )
