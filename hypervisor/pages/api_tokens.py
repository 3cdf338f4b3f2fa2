"""Réglages, API tokens: what programs may do in their own name and until when; made, shown once, revoked."""

import datetime as dt
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hypervisor import rights, tokens
from hypervisor.acting import actor_of
from hypervisor.models import ApiToken
from hypervisor.pages.frame import ROLE_NAMES, around
from hypervisor.pages.refused import at_form
from hypervisor.rights import Verb

SHOWN = 50
"""Tokens that ended, of which the page shows the last."""
USUAL = dt.timedelta(days=90)
MAY = {
    ApiToken.May.COMMANDS: gettext_lazy("give commands, end overrides"),
    ApiToken.May.SCENARIOS: gettext_lazy("run scenarios of commands"),
    ApiToken.May.PASSAGES: gettext_lazy("decide passages, without seeing plates"),
    ApiToken.May.WORK_ORDERS: gettext_lazy("move work orders"),
    ApiToken.May.DATA: gettext_lazy("read assets, alarms, incidents and passages, without people (GIS)"),
    ApiToken.May.ALARMS: gettext_lazy("read alarms, acknowledge them, comment on them"),
}


class ApiTokenForm(forms.Form):
    """The last day is one of the site's own calendar, and whole."""

    name = forms.CharField(
        label=gettext_lazy("Name of the program"), max_length=60,
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
        help_text=gettext_lazy("The journal names what it does by it."),
    )  # fmt: skip
    may = forms.MultipleChoiceField(label=gettext_lazy("What it may"), choices=MAY.items(), widget=forms.CheckboxSelectMultiple)
    role = forms.ChoiceField(
        label=gettext_lazy("With the rights of"), choices=[(role, ROLE_NAMES[role]) for role in tokens.ROLES],
        widget=forms.Select({"class": "input"}),
    )  # fmt: skip
    last_day = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput({"class": "input", "type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Within a year."),
    )  # fmt: skip

    def __init__(self, zone: ZoneInfo, now: dt.datetime, *given: object) -> None:
        super().__init__(*given, initial={"role": tokens.ROLES[0], "last_day": (now + USUAL).astimezone(zone).date()})
        self.zone = zone

    def wanted(self) -> dict[str, object]:
        """What a token is made of."""
        given = self.cleaned_data
        day = min(given["last_day"], dt.date(2199, 12, 31)) + dt.timedelta(days=1)
        ends_at = dt.datetime.combine(day, dt.time(), self.zone)
        return {"name": given["name"], "may": given["may"], "role": given["role"], "ends_at": ends_at}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The tokens of the site, and the form for one more; a new one is shown on this very page and never again."""
    right, the_site = rights.on_site(request, site, Verb.USERS)
    now, zone = timezone.now(), ZoneInfo(the_site.timezone)
    form = ApiTokenForm(zone, now, request.POST or None)
    made: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        with at_form(form, {"ends_at": "last_day"}):
            row, token = tokens.create(the_site, **form.wanted(), by=actor_of(request), now=now)
            made = {"token": token, "token_of": row.name}
    wrong = bool(form.errors)
    found = ApiToken.objects.filter(site=the_site)
    ended = found.exclude(tokens.in_force(now)).order_by("-pk")[:SHOWN]
    context = around(request, right, the_site, "settings") | {
        "tab": "tokens", "form": form if wrong else ApiTokenForm(zone, now), "most": tokens.MOST,
        "in_force": [_told(row) for row in found.filter(tokens.in_force(now))], "ended": [_told(row) for row in ended], **made,
    }  # fmt: skip
    return render(request, "configuration/api_tokens.html", context, status=422 if wrong else 200)


def _told(row: ApiToken) -> dict[str, object]:
    return {"row": row, "may": [MAY[each] for each in ApiToken.May if each in row.may], "role": ROLE_NAMES[row.role]}


@require_POST
@login_required
def revoke(request: HttpRequest, site: str, api_token: int) -> HttpResponse:
    """End a token at once."""
    _known, the_site = rights.on_site(request, site, Verb.USERS)
    row = get_object_or_404(ApiToken, site=the_site, pk=api_token)
    tokens.revoke(row, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The token {name} is revoked.").format(name=row.name))
    return redirect("api_tokens", site)
