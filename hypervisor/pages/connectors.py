"""Réglages, commands: how each supervisor is reached with them, tried before it is saved, and the token with which it answers."""

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.models import Site, Supervisor
from commands import connectors, trials
from commands.models import Connector
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.command_settings import connector_row
from hypervisor.pages.connector_forms import ConnectorForm, TrialForm, of_connector
from hypervisor.pages.frame import around
from hypervisor.pages.refused import at_form
from hypervisor.rights import Right, Verb


def _supervisor(site: Site, supervisor: str) -> tuple[Supervisor, Connector | None]:
    row = get_object_or_404(Supervisor.objects.select_related("connector", "site"), site=site, slug=supervisor)
    return row, getattr(row, "connector", None)


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """Every supervisor, and whether it takes commands."""
    right, the_site = rights.on_site(request, site, Verb.FEEDS)
    supervisors = Supervisor.objects.filter(site=the_site).select_related("connector").order_by("name")
    context = around(request, right, the_site, "settings") | {
        "tab": "commands", "part": "connectors", "connectors": [connector_row(each) for each in supervisors],
    }  # fmt: skip
    return render(request, "configuration/connectors.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def connector(request: HttpRequest, site: str, supervisor: str) -> HttpResponse:
    """One supervisor's connector: tried (`act=try`), which stores nothing, or saved."""
    right, the_site = rights.on_site(request, site, Verb.FEEDS)
    row, known = _supervisor(the_site, supervisor)
    form = ConnectorForm(request.POST or None, initial=of_connector(known, request.GET.get("protocol", "")))
    wants_trial = request.POST.get("act") == "try"
    trial = TrialForm(row, get_language() == "en", request.POST if wants_trial else None)
    told: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        given["address"], given["mapping"] = connectors.with_secrets(known, given["address"], given["mapping"])
        if wants_trial:
            told = _tried(form, trial, timezone.now())
        else:
            with at_form(form, {}):
                connectors.set_up(row, **given, by=actor_of(request), now=timezone.now())
            if not form.errors:
                messages.success(request, _("The supervisor {name} takes commands so from now on.").format(name=row.name))
                return redirect("connector_settings", site, supervisor)
            row, known = _supervisor(the_site, supervisor)
    return _page(request, right, the_site, row, form=form, trial=trial, known=known, **told)


def _tried(form: ConnectorForm, trial: TrialForm, now: dt.datetime) -> dict[str, object]:
    """What would be asked and understood; refusals are at the fields they are about."""
    if not trial.is_valid():
        return {}
    given, told = trial.cleaned_data, {}
    with at_form(form, {}):
        how = trials.declared(form.cleaned_data["mapping"])
    if form.errors:
        return {}
    with at_form(trial, dict.fromkeys(("mapping", *(f"parameters.{name}" for name in given["parameters"])), "parameters")):
        told["asked"] = trials.asked(how, given["asset"], given["type"], given["parameters"], now)
        told["said"] = trials.understood(how, given["status"], given["answer"])
    return told


@never_cache
@require_POST
@login_required
def token(request: HttpRequest, site: str, supervisor: str) -> HttpResponse:
    """A new token with which a supervisor answers later, shown on this very page and never again."""
    right, the_site = rights.on_site(request, site, Verb.FEEDS)
    row, known = _supervisor(the_site, supervisor)
    known = known or get_object_or_404(Connector, supervisor=row)
    made = connectors.new_token(known, by=actor_of(request), now=timezone.now())
    form, trial = ConnectorForm(initial=of_connector(known, "")), TrialForm(row, get_language() == "en")
    return _page(request, right, the_site, row, form=form, trial=trial, known=known, token=made)


@require_POST
@login_required
def remove(request: HttpRequest, site: str, supervisor: str) -> HttpResponse:
    """Take no more commands to a supervisor."""
    _known, the_site = rights.on_site(request, site, Verb.FEEDS)
    row, known = _supervisor(the_site, supervisor)
    if known is not None:
        connectors.remove(known, by=actor_of(request), now=timezone.now())
        messages.success(request, _("The supervisor {name} takes no commands any more.").format(name=row.name))
    return redirect("command_settings", site)


def _page(request: HttpRequest, right: Right, site: Site, row: Supervisor, **more: object) -> HttpResponse:
    answers = request.build_absolute_uri(reverse("connector-answers", args=[site.slug, row.slug]))
    context = around(request, right, site, "settings") | {"tab": "commands", "supervisor": row, "answers": answers, **more}
    wrong = any(getattr(more[name], "errors", None) for name in ("form", "trial"))
    return render(request, "configuration/connector.html", context, status=422 if wrong else 200)
