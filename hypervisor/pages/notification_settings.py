"""Réglages, notification: policies and rules, rotas, and the servers by which mail and SMS leave; for administrators."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assets.alphabet import alphabetical, in_tree
from assets.models import Site
from assets.refusal import Refused
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.daylog import people_of
from hypervisor.api.problems import said
from hypervisor.names import names_on
from hypervisor.pages import rota_form
from hypervisor.pages.frame import SEVERITY_NAMES, around, indented
from hypervisor.pages.notification_forms import (
    ABOUT,
    AnnouncementForm,
    DutyForm,
    MailForm,
    PolicyForm,
    PushForm,
    RuleForm,
    SmsForm,
)
from hypervisor.pages.reach_words import gaps_in_words
from hypervisor.pages.rota_form import RotaForm
from hypervisor.rights import Verb
from response.duty import settings as duty_settings
from response.models import EscalationPolicy, Gateway, OnCallRota, Position
from response.notification import gateways, plans, spec


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """Show what is set, and set it: each form is one act."""
    right, the_site = rights.on_site(request, site, Verb.NOTIFICATION)
    act, shown = request.POST.get("act", ""), _Shown(request, the_site)
    if request.method == "POST":
        if act.startswith("delete-"):
            _delete(request, the_site, act)
            return redirect("notification_settings", site)
        if shown.carry_out(act):
            messages.success(request, _("Saved."))
            return redirect("notification_settings", site)
    bad = any(form.errors for form in shown.forms.values())
    context = around(request, right, the_site, "settings") | {"tab": "notification"} | shown.context()
    return render(request, "configuration/notification.html", context, status=422 if bad else 200)


class _Shown:
    """What the page shows of a site, and its forms."""

    def __init__(self, request: HttpRequest, site: Site) -> None:
        self.request, self.site = request, site
        self.rotas = list(OnCallRota.objects.filter(site=site))
        self.policies = list(EscalationPolicy.objects.filter(site=site))
        self.document = spec.written(plans.rules_of(site.pk))
        self.rules = list(self.document.get("rules", []))
        self.announcements = list(self.document.get("announcements", []))
        self.gateways = {row.means: gateways.shown(row) for row in Gateway.objects.filter(site=site)}
        english = get_language() == "en"
        positions = Position.objects.filter(site=site, retired_at=None)
        self.positions = {each.slug: each.name_en if english else each.name_fr for each in positions}
        self.people, self.names = people_of(site.pk), names_on(site.pk)
        people = sorted(self.people, key=lambda login: alphabetical(self.names.get(login, login)))
        targets = [(f"rota:{row.slug}", row.document["name"]) for row in self.rotas]
        targets += [(f"position:{slug}", name) for slug, name in self.positions.items()]
        targets += [(f"person:{login}", self.names.get(login, login)) for login in people]
        policies = [(row.slug, row.document["name"]) for row in self.policies]
        sectors = [(each.slug, indented(each)) for each in in_tree(site.sectors.defer("polygon"))]
        act = request.POST.get("act", "")
        self.forms: dict[str, Any] = {
            "policy": PolicyForm(targets, *self._given(act, "policy")),
            "rota": RotaForm(*self._given(act, "rota", self._rota())),
            "rule": RuleForm(policies, sectors, *self._given(act, "rule")),
            "announcement": AnnouncementForm(targets, *self._given(act, "announcement")),
            "mail": MailForm(*self._given(act, "mail", self.gateways.get("mail"))),
            "sms": SmsForm(*self._given(act, "sms", self._sms())),
            "duty": DutyForm(*self._given(act, "duty", self._duty())),
            "push": PushForm(*self._given(act, "push", self.gateways.get("push"))),
        }  # fmt: skip

    def _given(self, act: str, name: str, initial: dict[str, Any] | None = None) -> tuple[Any, ...]:
        """The arguments of a form: what was sent, files, how fields are called in the page, ids, what it begins with."""
        return (self.request.POST if act == name else None, None, f"id_{name}_%s", None, initial)

    def _rota(self) -> dict[str, Any] | None:
        """The rota that is to be changed, as the form begins with it."""
        asked = self.request.GET.get("rota", "")
        return next((rota_form.initial(spec.read(spec.Rota, row.document)) for row in self.rotas if row.slug == asked), None)

    def _duty(self) -> dict[str, Any]:
        row = duty_settings.of_site(self.site.pk)
        return {"patience_minutes": row.patience_minutes, "announce_minutes": row.announce_minutes, "region": row.region}

    def _sms(self) -> dict[str, str]:
        known = self.gateways.get("sms")
        return {"settings": msgspec.json.format(msgspec.json.encode(known)).decode()} if known else {}

    def carry_out(self, act: str) -> bool:
        """Set what a form says; False: it says so itself why not. Raises Http404."""
        if act not in self.forms:
            raise Http404
        form = self.forms[act]
        if not form.is_valid():
            return False
        try:
            self._acts()[act](form)
        except Refused as refused:
            form.add_error(None, said(refused))
            return False
        return True

    def _acts(self) -> dict[str, Callable[[Any], object]]:
        site, told = self.site.pk, {"by": actor_of(self.request), "now": timezone.now()}
        people = self.people
        return {
            "policy": lambda form: plans.write_policy(site, _slug(form), form.document(), people=people, **told),
            "rota": lambda form: plans.write_rota(site, _slug(form), form.document(), people=people, **told),
            "rule": lambda form: self._more("rules", form, told),
            "announcement": lambda form: self._more("announcements", form, told),
            "duty": lambda form: duty_settings.write(site, **form.cleaned_data, **told),
            "mail": lambda form: gateways.write(site, "mail", form.document(), **told),
            "push": lambda form: gateways.write(site, "push", form.document(), **told),
            "sms": lambda form: gateways.write(site, "sms", form.cleaned_data["settings"], **told),
        }

    def _more(self, name: str, form: Any, told: dict[str, Any]) -> None:
        """One more rule or announcement."""
        document = self.document | {name: [*self.document.get(name, []), form.document()]}
        plans.write_rules(self.site.pk, document, people=self.people, **told)

    def context(self) -> dict[str, Any]:
        names = self.names
        policies = {row.slug: row.document["name"] for row in self.policies}
        rotas = {row.slug: row.document["name"] for row in self.rotas}
        return {
            "forms": self.forms, "gaps": gaps_in_words(self.site, names, rotas | self.positions, timezone.now()),
            "policies": [_policy(row, names, rotas | self.positions) for row in self.policies],
            "rotas": [
                {"slug": row.slug, "name": row.document["name"],
                 "people": [[names.get(each, each) for each in layer["people"]] for layer in row.document["layers"]],
                 "simple": rota_form.initial(spec.read(spec.Rota, row.document)) is not None}
                for row in self.rotas
            ],
            "changing": self.forms["rota"].initial.get("name", ""),
            "rules": [
                rule | {"policy_name": policies.get(rule["policy"], rule["policy"]),
                        "severity_names": [SEVERITY_NAMES[each] for each in rule.get("severities", ())]}
                for rule in self.rules
            ],
            "announcements": [
                {"name": each["name"], "about": [ABOUT[about] for about in each.get("about", ())],
                 "who": [_who(spec.Target(**target), names, rotas | self.positions) for target in each["targets"]]}
                for each in self.announcements
            ],
            "gateway_means": sorted(self.gateways),
        }  # fmt: skip


def _slug(form: forms.Form) -> str:
    return slugify(form.cleaned_data["name"])[:60] or "plan"


def _policy(row: EscalationPolicy, names: dict[str, str], others: dict[str, str]) -> dict[str, Any]:
    document = spec.read(spec.Policy, row.document)
    steps = [
        {"who": [_who(each, names, others) for each in step.targets], "minutes": step.delay_minutes} for step in document.steps
    ]
    return {"slug": row.slug, "name": document.name, "repeat": document.repeat, "steps": steps}


def _who(target: spec.Target, names: dict[str, str], others: dict[str, str]) -> str:
    """`others`: names of rotas and positions, by slug."""
    named = target.rota or target.position
    return others.get(named, named) if named else names.get(target.person, target.person)


def _delete(request: HttpRequest, site: Site, act: str) -> None:
    """Raises Http404."""
    by, now, slug = actor_of(request), timezone.now(), request.POST.get("slug", "").replace("\0", "")
    try:
        match act:
            case "delete-policy":
                plans.delete_policy(get_object_or_404(EscalationPolicy, site=site, slug=slug), by=by, now=now)
            case "delete-rota":
                plans.delete_rota(get_object_or_404(OnCallRota, site=site, slug=slug), by=by, now=now)
            case "delete-gateway":
                gateways.delete(get_object_or_404(Gateway, site=site, means=slug), by=by, now=now)
            case "delete-rule" | "delete-announcement":
                _delete_one(site, f"{act.removeprefix('delete-')}s", slug, by, now)
            case _:
                raise Http404
    except Refused as refused:
        messages.error(request, said(refused))
        return
    messages.success(request, _("Deleted."))


def _delete_one(site: Site, name: str, number: str, by: Any, now: dt.datetime) -> None:
    """One of the rules or announcements, by its place from 1. Raises Http404."""
    document = spec.written(plans.rules_of(site.pk))
    rows = list(document.get(name, []))
    if not number.isascii() or not number.isdigit() or len(number) > 3 or not 1 <= int(number) <= len(rows):
        raise Http404
    del rows[int(number) - 1]
    plans.write_rules(site.pk, document | {name: rows}, people=people_of(site.pk), by=by, now=now)
