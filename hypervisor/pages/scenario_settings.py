"""Réglages, commands: scenarios of commands, written step by step, looked at before they are saved, switched on and off."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.models import Site
from commands.models import Scenario
from commands.scenarios import moves
from commands.scenarios.preview import Foreseen, foresee, orders, read
from commands.spec import EVERYBODY
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.pages.frame import ROLE_NAMES, around
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.pages.scenario_forms import BLANK, MOST_STEPS, Choices, ScenarioForm, Steps, of_scenario, of_steps, steps_of
from hypervisor.rights import Verb

SHOWN = 200
"""Commands of a preview that are shown."""


def _english() -> bool:
    return get_language() == "en"


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The scenarios of the site."""
    right, the_site = rights.on_site(request, site, Verb.RULES)
    name = "name_en" if _english() else "name_fr"
    found = [
        {"row": row, "name": getattr(row, name), "roles": [ROLE_NAMES[role] for role in row.roles], "steps": len(row.steps)}
        for row in Scenario.objects.filter(site=the_site)
    ]
    context = around(request, right, the_site, "settings") | {"tab": "commands", "part": "scenarios", "scenarios": found}
    return render(request, "configuration/scenarios.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest, site: str) -> HttpResponse:
    """A scenario written anew."""
    return _edit(request, site, None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: HttpRequest, site: str, slug: str) -> HttpResponse:
    """A scenario changed: its steps get another version when they are other ones."""
    _known, the_site = rights.on_site(request, site, Verb.RULES)
    return _edit(request, site, get_object_or_404(Scenario, site=the_site, slug=slug))


def _edit(request: HttpRequest, site: str, known: Scenario | None) -> HttpResponse:
    """`act`: `add` shows one more step, `preview` what each asset would get now, `save` writes; the others store nothing."""
    right, the_site = rights.on_site(request, site, Verb.RULES)
    choices, act = Choices(the_site, _english()), request.POST.get("act", "save")
    sent = _with_one_more(request.POST) if request.method == "POST" and act == "add" else request.POST or None
    form = ScenarioForm(sent, initial=of_scenario(known) if known else {"roles": EVERYBODY, "enabled": True})
    if known is not None:
        form.fields["slug"].disabled = True
    first = of_steps(known.steps) if known else [BLANK]
    steps = Steps(sent, initial=first, form_kwargs={"choices": choices}, prefix="steps")
    told: dict[str, object] = {}
    if request.method == "POST" and act != "add" and steps.is_valid() and form.is_valid():
        wanted = steps_of(steps)
        if act == "preview":
            with at_form(form, {}):
                told["foreseen"] = _foreseen(the_site.pk, wanted, timezone.now())
        elif _write(request, the_site, known, form, wanted):
            return redirect("scenario_settings", site)
    context = around(request, right, the_site, "settings") | {
        "tab": "commands", "part": "scenarios", "form": form, "steps": steps, "known": known, "most": MOST_STEPS, **told,
    }  # fmt: skip
    wrong = act != "add" and request.method == "POST" and (form.errors or steps.total_error_count())
    return render(request, "configuration/scenario.html", context, status=422 if wrong else 200)


def _with_one_more(sent: QueryDict) -> QueryDict:
    """What was sent, and a step that nothing is said of yet."""
    more, total = sent.copy(), sent.get("steps-TOTAL_FORMS", "")
    if total.isascii() and total.isdigit() and int(total[:4]) < MOST_STEPS:
        number = int(total[:4])
        more["steps-TOTAL_FORMS"] = str(number + 1)
        more[f"steps-{number}-wait"], more[f"steps-{number}-ORDER"] = "on", str(number + 1)
    return more


def _write(request: HttpRequest, site: Site, known: Scenario | None, form: ScenarioForm, steps: list[dict[str, Any]]) -> bool:
    """Save it; whether it was. Its name is another's: that is no way to replace it."""
    given = form.cleaned_data
    if known is None and Scenario.objects.filter(site=site, slug=given["slug"]).exists():
        form.add_error("slug", _("This short name is taken."))
        return False
    with at_form(form, {}):
        _save(site, given, steps, request)
    if form.errors:
        return False
    messages.success(request, _("The scenario {name} is written.").format(name=given["name_en" if _english() else "name_fr"]))
    return True


def _save(site: Site, given: Mapping[str, Any], steps: list[dict[str, Any]], request: HttpRequest) -> None:
    moves.write(
        site.pk, given["slug"], given["name_fr"], given["name_en"], steps, by=actor_of(request), now=timezone.now(),
        roles=given["roles"], automatic=given["automatic"], enabled=given["enabled"],
    )  # fmt: skip


def _foreseen(site: int, steps: list[dict[str, Any]], now: dt.datetime) -> list[dict[str, object]]:
    return [_in_words(each) for each in foresee(orders(site, read(steps)), now)[:SHOWN]]


def _in_words(each: Foreseen) -> dict[str, object]:
    """One command as it would go now, in the reader's language."""
    language = "en" if _english() else "fr"
    told: dict[str, object] = {"step": each.order.step + 1, "asset": each.asset, "type": each.order.type, "blocks": []}
    if each.outlook is None:
        return told | {"blocks": [getattr(each.said, language)]}
    told["type"] = getattr(each.outlook.offer.type.name, language)
    told["blocks"] = [getattr(block.words, language) for block in each.outlook.blocks]
    if not each.outlook.carried:
        told["blocks"] = [*told["blocks"], _("No supervisor takes commands for this asset.")]
    return told | {"reached": each.outlook.reached}


@require_POST
@login_required
def switch(request: HttpRequest, site: str, slug: str) -> HttpResponse:
    """Let a scenario be run, or not."""
    _known, the_site = rights.on_site(request, site, Verb.RULES)
    row = get_object_or_404(Scenario, site=the_site, slug=slug)
    with in_messages(request):
        _save(the_site, of_scenario(row) | {"enabled": request.POST.get("enabled") == "on"}, row.steps, request)
        messages.success(request, _("The scenario {name} is written.").format(name=row.name_en if _english() else row.name_fr))
    return redirect("scenario_settings", site)


@require_POST
@login_required
def delete(request: HttpRequest, site: str, slug: str) -> HttpResponse:
    """Take a scenario away that is not running."""
    _known, the_site = rights.on_site(request, site, Verb.RULES)
    row = get_object_or_404(Scenario, site=the_site, slug=slug)
    with in_messages(request):
        moves.delete(row, by=actor_of(request), now=timezone.now())
        messages.success(request, _("The scenario was deleted."))
    return redirect("scenario_settings", site)
