"""Réglages: the workbench of a feed. A message, the mapping that reads it, and at once the readings and refusals it gives.

What a mapping has of secrets (keys, passwords) is not shown: it stands as dots, and stays as it is where the dots stay.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto

import msgspec
import redis
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from assets import log
from assets.feeds import captured, recorded, trial
from assets.feeds.hints import hints
from assets.feeds.presets import presets
from assets.feeds.recorded import Checked
from assets.feeds.trial import Trial
from assets.feeds.ways import pull
from assets.inventory.version import raise_version
from assets.models import Feed, Protocol, Site
from hypervisor import changes, rights
from hypervisor.acting import actor_of
from hypervisor.pages.failure_words import failure
from hypervisor.pages.frame import around
from hypervisor.pages.refused import in_messages
from hypervisor.rights import Verb

DOTS = "••••••"
_SECRETS = ("headers", "parameters")
_SEALED = ("credentials", "signature")
_OF_SEALED = ("password", "key", "client_secret", "secret")
_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")


class Outcome(Enum):
    """What came of an act: DONE and nothing is left to write, STAY with what was written, or REFUSED."""

    DONE = auto()
    STAY = auto()
    REFUSED = auto()


class WorkForm(forms.Form):
    address = forms.CharField(label=gettext_lazy("Address: URL or topic"), max_length=500, required=False)
    mapping = forms.CharField(label=gettext_lazy("Mapping"), max_length=100_000, required=False, strip=False)
    topic = forms.CharField(label=gettext_lazy("Topic"), max_length=400, required=False)
    message = forms.CharField(label=gettext_lazy("Message"), max_length=captured.LARGEST, required=False, strip=False)
    name = forms.CharField(label=gettext_lazy("Name of the recorded message"), max_length=80, required=False)
    anyway = forms.BooleanField(required=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def workbench(request: HttpRequest, site: str, feed: str) -> HttpResponse:
    """The page; `part=tried` of it is what a message gives, `part=captured` the messages that came meanwhile."""
    right, the_site = rights.on_site(request, site, Verb.FEEDS)
    row = get_object_or_404(Feed.objects.select_related("supervisor"), slug=feed, supervisor__site=the_site)
    if request.GET.get("part") == "captured":
        return render(request, "configuration/_captured.html", {"captured": _captured(row)})
    form = WorkForm(request.POST) if request.method == "POST" else WorkForm(_first(row))
    if not form.is_valid():
        form.cleaned_data = {name: form.cleaned_data.get(name, "") for name in form.fields}
    said = form.cleaned_data
    mapping, wrong = _read(said["mapping"], row.mapping)
    if form.errors:
        wrong = _("A field is too long, or has characters that cannot be kept.")
    act = request.POST.get("act", "")
    outcome = _ACTS[act](request, the_site, row, said, mapping) if act in _ACTS and not wrong else None
    if outcome is Outcome.DONE:
        return redirect("workbench", site, feed)
    context = {"site": the_site, "row": row, "said": said, **_tried(row, said, mapping, wrong)}
    if request.GET.get("part") == "tried":
        return render(request, "configuration/_tried.html", context)
    context |= {"presets": _offered(row), "captured": _captured(row), "tab": "feeds", "topics": row.protocol == Protocol.MQTT}
    context |= {"addressed": row.protocol in (Protocol.MQTT, Protocol.PULL)}
    status = 422 if outcome is Outcome.REFUSED or (act in _ACTS and wrong) else 200
    return render(request, "configuration/workbench.html", around(request, right, the_site, "settings") | context, status=status)


def _first(row: Feed) -> dict[str, object]:
    """What the page begins with: the feed as it is, and the last message that was kept of it."""
    kept = row.recorded_messages.last()
    return {
        "address": row.address,
        "mapping": msgspec.json.format(msgspec.json.encode(masked(row.mapping)), indent=1).decode() if row.mapping else "",
        "topic": kept.topic if kept else "",
        "message": kept.message if kept else "",
    }


def _read(written: str, stored: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """(the mapping, what is wrong with it as a text)."""
    if not written.strip():
        return {}, ""
    try:
        mapping = msgspec.json.decode(written.replace("\0", "\ufffd"), type=dict[str, object])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return {}, _("The mapping is no JSON object: {error}").format(error=str(error)[:200])
    return unmasked(mapping, stored), ""


def _tried(row: Feed, said: Mapping[str, str], mapping: Mapping[str, object], wrong: str) -> dict[str, object]:
    now, message = timezone.now(), said["message"]
    if wrong:
        return {"trial": Trial(failed=wrong), "refusals": [], "checked": [], "differ": 0, "hints": hints(mapping, message)}
    made = trial.tried(row, mapping, said["address"], message.encode(), said["topic"], now) if message.strip() else None
    if made is not None:
        made.failed = failure(made.failed)
        for one in made.readings:
            one.refused = failure(one.refused)
    told = [(one.index, failure(one.reason), one.sample) for one in made.refusals] if made else []
    checked = recorded.check(row, mapping, said["address"])
    return {"trial": made, "refusals": told, "checked": checked, "differ": sum(not one.same for one in checked),
            "hints": hints(mapping, message)}  # fmt: skip


def _save(request: HttpRequest, site: Site, row: Feed, said: Mapping[str, str], mapping: dict[str, object]) -> Outcome:
    """The mapping becomes the feed's if it is usable, and reads what was kept as before, or the difference is accepted."""
    checked: list[Checked] = recorded.check(row, mapping, said["address"])
    example = said["message"] or '{"": 0}'
    failed = trial.unusable(row, mapping, said["address"], example, said["topic"])
    if failed:
        messages.error(request, failure(failed))
        return Outcome.REFUSED
    differ = [one for one in checked if not one.same]
    if differ and not said["anyway"]:
        messages.error(request, _("Recorded messages would be read otherwise: look at them, and confirm below if that is right."))
        return Outcome.REFUSED
    changed = [name for name, value in (("mapping", mapping), ("address", said["address"])) if getattr(row, name) != value]
    with transaction.atomic():
        row.mapping, row.address = mapping, said["address"]
        row.save(update_fields=["mapping", "address"])
        recorded.accept(differ)
        raise_version([site.pk])
        changes.told_of_feed(row, changed, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The mapping was saved: the next message is read with it."))
    return Outcome.DONE


def _keep(request: HttpRequest, site: Site, row: Feed, said: Mapping[str, str], mapping: dict[str, object]) -> Outcome:
    now = timezone.now()
    name = said["name"] or timezone.localtime(now).strftime("%d/%m/%Y %H:%M:%S")
    with in_messages(request):
        recorded.keep(
            row, name, said["message"], said["topic"], mapping, said["address"], by=request.user.get_username(), now=now
        )
        messages.success(request, _("The message was recorded."))
        return _left(row, mapping)
    return Outcome.REFUSED


def _forget(request: HttpRequest, site: Site, row: Feed, said: Mapping[str, str], mapping: dict[str, object]) -> Outcome:
    number = request.POST.get("recorded", "")
    if number.isascii() and number.isdigit() and len(number) < 18:
        recorded.forget(row, int(number))
    return _left(row, mapping)


def _capture(request: HttpRequest, site: Site, row: Feed, said: Mapping[str, str], mapping: dict[str, object]) -> Outcome:
    now = timezone.now()
    captured.ask(row, now)
    if row.protocol == Protocol.PULL:
        pull.soon(row.pk, now.timestamp())
    return Outcome.STAY


def _left(row: Feed, mapping: Mapping[str, object]) -> Outcome:
    """STAY while there is a mapping that was not saved."""
    return Outcome.DONE if row.mapping == mapping else Outcome.STAY


_ACTS = {"save": _save, "keep": _keep, "forget": _forget, "capture": _capture}


def _captured(row: Feed) -> dict[str, object]:
    waits = row.capture_until is not None and row.capture_until > timezone.now()
    try:
        return {"messages": captured.newest(log.shared().redis, row.pk), "waits": waits}
    except redis.RedisError:
        return {"messages": [], "waits": False}


def _offered(row: Feed) -> list[dict[str, object]]:
    """Ready mappings with a message of each; those of the feed's own protocol come first."""
    ordered = sorted(presets(), key=lambda preset: preset.protocol != row.protocol)
    return [
        {"name": preset.name, "slug": preset.slug, "address": preset.address,
         "mapping": msgspec.json.format(msgspec.json.encode(preset.mapping), indent=1).decode(),
         "topic": preset.recordings[0].topic, "message": preset.recordings[0].body}
        for preset in ordered
    ]  # fmt: skip


def masked(mapping: Mapping[str, object]) -> dict[str, object]:
    """The mapping as it is shown: dots for what opens a supervisor."""
    shown = dict(mapping)
    for name in _SECRETS:
        if isinstance(held := shown.get(name), dict):
            shown[name] = dict.fromkeys(held, DOTS)
    for name in _SEALED:
        if isinstance(held := shown.get(name), dict):
            shown[name] = {each: DOTS if each in _OF_SEALED else value for each, value in held.items()}
    if isinstance(held := shown.get("broker"), str):
        shown["broker"] = _PASSWORD.sub(DOTS, held)
    return shown


def unmasked(mapping: dict[str, object], stored: Mapping[str, object]) -> dict[str, object]:
    """The mapping as it is meant: where the dots stand, what was stored."""
    for name in (*_SECRETS, *_SEALED):
        held, known = mapping.get(name), stored.get(name)
        if isinstance(held, dict) and isinstance(known, dict):
            mapping[name] = {each: known.get(each, DOTS) if value == DOTS else value for each, value in held.items()}
    if isinstance(held := mapping.get("broker"), str) and DOTS in held and isinstance(known := stored.get("broker"), str):
        password = _PASSWORD.search(known)
        mapping["broker"] = held.replace(DOTS, password[0]) if password else held
    return mapping
