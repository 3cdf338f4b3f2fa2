"""Astreinte: who is on call now and next, what was sent of which alarm, and a person's own contacts."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assets.alphabet import alphabetical
from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.contacts import allowed
from hypervisor.api.daylog import people_of
from hypervisor.pages.frame import around
from hypervisor.pages.reach_words import gaps_in_words
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.rights import Right, Verb
from journal.models import JournalEntry
from response.models import Contact, Means, Message, OnCallOverride, OnCallRota, Position
from response.notification import canary, contacts, gateways, outbox, plans
from response.notification.oncall import timeline
from response.notification.staff import Staff

MEANS = {
    Means.MAIL: gettext_lazy("mail"),
    Means.SMS: gettext_lazy("SMS"),
    Means.WEBHOOK: gettext_lazy("webhook"),
    Means.PUSH: gettext_lazy("this browser"),
    Means.APPRISE: "Apprise",
}
STATES = {
    Message.State.PENDING: gettext_lazy("waits to leave"),
    Message.State.SENDING: gettext_lazy("is being sent"),
    Message.State.SENT: gettext_lazy("sent"),
    Message.State.DELIVERED: gettext_lazy("delivered"),
    Message.State.FAILED: gettext_lazy("failed"),
    Message.State.CANCELLED: gettext_lazy("withdrawn before it left"),
}
TRIED = gettext_lazy("withdrawn, a try may have arrived")
"""Of what was handed to a transport that did not say in time whether it took it."""
WHY_CANCELLED = {
    "acknowledged": gettext_lazy("the alarm was acknowledged"),
    "returned": gettext_lazy("back to normal"),
    "closed": gettext_lazy("the alarm was closed"),
    "silenced": gettext_lazy("the alarm was silenced"),
    "back": gettext_lazy("the alarm is back"),
}
OFFERED = (Means.MAIL, Means.SMS, Means.WEBHOOK)
AHEAD = dt.timedelta(days=28)
MOST_WATCHES, MOST_MESSAGES = 4, 60


class ContactForm(forms.Form):
    """One more way to be reached."""

    means = forms.ChoiceField(label=gettext_lazy("By"), widget=forms.Select({"class": "input"}))
    address = forms.CharField(
        label=gettext_lazy("Address or number"), max_length=500, widget=forms.TextInput({"class": "input", "autocomplete": "off"})
    )

    def __init__(self, offered: Sequence[Means], *given: object) -> None:
        super().__init__(*given)
        self.fields["means"].choices = [(each, MEANS[each]) for each in offered]


class OverrideForm(forms.Form):
    """Somebody else for a while, on the site's clocks."""

    rota = forms.SlugField(widget=forms.HiddenInput)
    person = forms.ChoiceField(label=gettext_lazy("Instead"), widget=forms.Select({"class": "input"}))
    starts_at = forms.DateTimeField(
        label=gettext_lazy("From"), widget=forms.DateTimeInput({"class": "input", "type": "datetime-local"})
    )
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Until"), widget=forms.DateTimeInput({"class": "input", "type": "datetime-local"})
    )

    def __init__(self, people: dict[str, str], *given: object) -> None:
        super().__init__(*given)
        self.fields["person"].choices = sorted(people.items(), key=lambda each: alphabetical(each[1]))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """Show who is on call and what was sent; add, confirm, try and remove one's contacts; put somebody else on call."""
    right = rights.of(request).on(site)
    the_site, now = get_object_or_404(Site, pk=right.site_id), timezone.now()
    act, shown = request.POST.get("act", ""), dict[str, str]()
    offered = (*OFFERED, Means.APPRISE) if right.may(Verb.NOTIFICATION) else OFFERED
    form = ContactForm(offered, request.POST if act == "add" else None)
    with timezone.override(ZoneInfo(the_site.timezone)):
        if request.method == "POST":
            shown = _do(request, right, the_site, act, form, now)
            if not form.errors and not shown:
                return redirect("site_on_call", site)
            form = form if form.errors else ContactForm(offered)
        context = around(request, right, the_site, "on_call")
        names = context["names"]
        may = right.may(Verb.ON_CALL)
        people = {login: names.get(login, login) for login in people_of(the_site.pk)} if may else {}
        context |= {
            "form": form, "rotas": _rotas(the_site, now, names), "may_override": may, "may_set": right.may(Verb.NOTIFICATION),
            "override": OverrideForm(people), "contacts": _contacts(request, the_site, now), "told": _told(right, names),
            "gaps": _gaps(the_site, names, now), "held": _held(right, names),
            "canary": canary.state(the_site.pk, now), "push_key": gateways.push_key(the_site.pk), **shown,
        }  # fmt: skip
        return render(request, "on_call/board.html", context, status=422 if form.errors else 200)


def _do(request: HttpRequest, right: Right, site: Site, act: str, form: ContactForm, now: dt.datetime) -> dict[str, str]:
    """What is to be shown once: the secret of a webhook."""
    if act == "add":
        return _add(request, right, site, form, now)
    if act in ("override", "cancel"):
        _override(request, right, site, act, now)
        return {}
    return _contact(request, site, act, now)


def _add(request: HttpRequest, right: Right, site: Site, form: ContactForm, now: dt.datetime) -> dict[str, str]:
    if not form.is_valid():
        return {}
    given, login = form.cleaned_data, request.user.get_username()
    allowed(right, given["means"])
    with at_form(form, {}):
        row = contacts.add(site.pk, request.user.pk, login, given["means"], given["address"], by=actor_of(request), now=now)
        messages.success(request, _("A code is on its way. Enter it here to confirm the contact."))
        if secret := contacts.new_secret_of(row, now=now):
            return {"secret": secret, "secret_of": row.hint}
    return {}


def _contact(request: HttpRequest, site: Site, act: str, now: dt.datetime) -> dict[str, str]:
    """An act on one of the person's own contacts. Raises Http404."""
    number = request.POST.get("contact", "")
    known = number.isascii() and number.isdigit() and len(number) < 19
    row = get_object_or_404(Contact, site=site, person=request.user.pk, pk=int(number) if known else 0)
    by, login = actor_of(request), request.user.get_username()
    with in_messages(request):
        match act:
            case "code":
                contacts.send_code(row, now=now)
                messages.success(request, _("Another code is on its way."))
            case "verify":
                contacts.verify(row, request.POST.get("code", "")[:20], login, by=by, now=now)
                messages.success(request, _("The contact is confirmed."))
            case "test":
                contacts.test(row, now=now)
                messages.success(request, _("A test message is on its way."))
            case "remove":
                contacts.remove(row, login, by=by, now=now)
                messages.success(request, _("The contact was removed."))
            case "secret":
                return {"secret": contacts.renew_secret(row, login, by=by, now=now), "secret_of": row.hint}
    return {}


def _override(request: HttpRequest, right: Right, site: Site, act: str, now: dt.datetime) -> None:
    """Raises PermissionDenied, Http404."""
    rights.of(request).on(right.site, Verb.ON_CALL)
    if act == "cancel":
        number = request.POST.get("override", "")
        known = number.isascii() and number.isdigit() and len(number) < 19
        row = get_object_or_404(OnCallOverride.objects.select_related("rota"), rota__site=site, pk=int(number) if known else 0)
        plans.cancel_override(row, by=actor_of(request), now=now)
        messages.success(request, _("The replacement was cancelled."))
        return
    people = people_of(site.pk)
    form = OverrideForm({login: login for login in people}, request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return
    given = form.cleaned_data
    rota = OnCallRota.objects.filter(site=site, slug=given["rota"]).first()
    if rota is None:
        raise Http404
    with in_messages(request):
        plans.replace_for_a_while(
            rota, given["person"], given["starts_at"], given["ends_at"], people=people, by=actor_of(request), now=now
        )
        messages.success(request, _("The replacement is entered."))


def _rotas(site: Site, now: dt.datetime, names: dict[str, str]) -> list[dict[str, Any]]:
    """Of each rota who is on call now, the next ones, and the overrides that are not over."""
    staff, told = Staff(site), []
    for slug, (document, overrides) in sorted(staff.rotas.items()):
        watches = timeline(document, staff.zone, overrides, now, now + AHEAD)
        rows = [{"who": names.get(each.person, each.person), "starts": each.starts, "ends": each.ends} for each in watches]
        told.append({"slug": slug, "name": document.name, "now": rows[0], "next": rows[1:MOST_WATCHES], "alone": len(rows) == 1})
    kept = OnCallOverride.objects.filter(rota__site=site, ends_at__gt=now).select_related("rota")
    for rota in told:
        rota["overrides"] = [
            {"id": each.pk, "who": names.get(each.person, each.person), "starts": each.starts_at, "ends": each.ends_at}
            for each in kept
            if each.rota.slug == rota["slug"]
        ]
    return told


def _contacts(request: HttpRequest, site: Site, now: dt.datetime) -> list[dict[str, Any]]:
    rows = Contact.objects.filter(site=site, person=request.user.pk).order_by("id")
    return [
        {
            "id": row.pk, "means": MEANS[Means(row.means)], "is_webhook": row.means == Means.WEBHOOK,
            "gone_at": row.gone_at, "hint": row.hint, "verified_at": row.verified_at,
            "waits": row.code_until is not None and row.code_until > now,
        }
        for row in rows
    ]  # fmt: skip


def _gaps(site: Site, names: dict[str, str], now: dt.datetime) -> list[dict[str, Any]]:
    others = {row.slug: row.document["name"] for row in OnCallRota.objects.filter(site=site)}
    english = get_language() == "en"
    others |= {row.slug: row.name_en if english else row.name_fr for row in Position.objects.filter(site=site)}
    return gaps_in_words(site, names, others, now)


def _held(right: Right, names: dict[str, str]) -> list[dict[str, Any]]:
    """What limits hold back, by contact; for whoever sees the whole site."""
    held = outbox.held(right.site_id) if right.sectors is None else []
    contacts = Contact.objects.filter(pk__in=[each.contact for each in held]).select_related("person").in_bulk() if held else {}
    return [
        {
            "who": names.get(contacts[each.contact].person.get_username(), contacts[each.contact].person.get_username()),
            "means": MEANS[Means(contacts[each.contact].means)], "hint": contacts[each.contact].hint, "count": each.count,
            "next_at": each.next_at,
        }
        for each in held
    ]  # fmt: skip


def _told(right: Right, names: dict[str, str]) -> list[dict[str, Any]]:
    """The newest messages of alarms that the person may see."""
    seen = right.within("escalation__alarm__sector")
    rows = Message.objects.filter(seen, site_id=right.site_id, kind__in=outbox.LIMITED)
    rows = list(rows.select_related("contact__person", "escalation__alarm")[:MOST_MESSAGES])
    lines = _lines(right.site_id, {row.line for row in rows} - {None})
    return [
        {
            "sentence": lines.get(row.line, "") if row.line else _sentence(row), "ended": row.kind == Message.Kind.ENDED,
            "person": row.contact.person.get_username(),
            "who": names.get(row.contact.person.get_username(), row.contact.person.get_username()),
            "means": MEANS[Means(row.contact.means)], "hint": row.contact.hint,
            "step": row.step + 1 if row.kind == Message.Kind.ALARM else None, "state": row.state,
            "state_name": TRIED if row.state == Message.State.CANCELLED and row.tries else STATES[Message.State(row.state)],
            "held_until": row.due_at if _is_held(row) else None,
            "why": WHY_CANCELLED.get(row.reason, "") if row.state == Message.State.CANCELLED else "",
            "at": row.delivered_at or row.sent_at or row.failed_at or row.cancelled_at or row.created_at,
        }
        for row in rows
    ]  # fmt: skip


def _lines(site: int, numbers: set[int]) -> dict[int, str]:
    """What the journal says, by number."""
    rows = JournalEntry.objects.filter(site_id=site, seq__in=numbers) if numbers else ()
    return {row.seq: row.text_en if get_language() == "en" else row.text_fr for row in rows}


def _sentence(row: Message) -> str:
    alarm = row.escalation.alarm if row.escalation is not None else None
    return "" if alarm is None else alarm.sentence_en if get_language() == "en" else alarm.sentence_fr


def _is_held(row: Message) -> bool:
    return row.state == Message.State.PENDING and row.held_since is not None
