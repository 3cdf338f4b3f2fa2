"""Permits: the list and those that end soon, the week, one permit with its form. Plates are on a permit's own page only."""

import datetime as dt
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.permits import seen, theirs, twins
from hypervisor.pages.passages import SearchForm, frame
from hypervisor.pages.permit_form import PermitForm, written
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.rights import Right, Verb
from journal.reading import lines_about
from journal.rows import entry_rows
from passages import persons, rows
from passages.models import Gate, Permit
from passages.permits import changes
from passages.permits.changes import Difference

SHOWN = 100
IN_A_WEEK = 300
LINES = 30
SOON = (7, 30)
"""Days within which a permit ends soon."""
STATES = {
    "active": gettext_lazy("in force"),
    "suspended": pgettext_lazy("permit", "suspended"),
    "ended": gettext_lazy("ended for good"),
}
WAYS = (
    ("list", "site_permits", gettext_lazy("List")),
    ("week", "permit_week", gettext_lazy("Week")),
    ("imports", "permit_imports", gettext_lazy("Import")),
)


def around_permits(request: HttpRequest, right: Right, site: Site, way: str) -> dict[str, object]:
    """What stands around a page of permits."""
    may_import = right.may(Verb.PERMITS) and right.sectors is None
    ways = [each for each in WAYS if each[0] != "imports" or may_import]
    return frame(request, right, site, "permits") | {"way": way, "ways": ways, "may_write": right.may(Verb.PERMITS)}


def _told(row: dict, now: dt.datetime) -> dict[str, object]:
    """A permit in the reader's language, and whether it holds by its dates."""
    language = "en" if get_language() == "en" else "fr"
    ends = dt.datetime.fromisoformat(row["valid_until"])
    over = row["state"] == "ended" or ends <= now
    soon = not over and ends - now < dt.timedelta(days=SOON[0])
    return row | {
        "hours_told": row["hours"][language], "over": over, "soon": soon, "state_name": STATES[row["state"]],
        "expired": row["state"] != "ended" and ends <= now,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """Permits by what is asked; the plate of one is looked for by a form that is posted, and the journal says so."""
    right = rights.of(request).on(site, Verb.PLATES if request.method == "POST" else Verb.SEE)
    the_site, now = get_object_or_404(Site, pk=right.site_id), timezone.now()
    form = SearchForm(request.POST or None)
    asked = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("q", "gate", "state", "soon", "before")}
    searched = request.method == "POST"
    found = _searched(request, right, form) if searched else _narrowed(seen(right), asked, now)
    told = rows.permit_rows(found.order_by("-pk")[: SHOWN + 1], with_plates=False)
    context = around_permits(request, right, the_site, "list") | {
        "permits": [_told(row, now) for row in told[:SHOWN]], "asked": asked, "form": form, "states": STATES.items(),
        "soon": SOON,
        "searched": searched and not form.errors, "older": "",
        "ending": seen(right).filter(~Q(state="ended"), **_within(SOON[0], now)).count(),
    }  # fmt: skip
    if len(told) > SHOWN and not searched:
        context["older"] = urlencode({name: value for name, value in asked.items() if value} | {"before": told[SHOWN - 1]["id"]})
    return render(request, "permits/list.html", context, status=422 if form.errors else 200)


def _searched(request: HttpRequest, right: Right, form: SearchForm) -> QuerySet[Permit]:
    found = Permit.objects.none()
    if form.is_valid():
        with at_form(form, {}):
            plate = persons.given(form.cleaned_data["plate"])
            found = Permit.objects.filter(pk__in=seen(right).filter(plates__plate=plate).values("pk"))
            persons.note_search(right.site_id, plate, "looked_up", found.count(), by=actor_of(request), now=timezone.now())
    return found


def _within(days: int, now: dt.datetime) -> dict[str, dt.datetime]:
    return {"valid_until__gt": now, "valid_until__lte": now + dt.timedelta(days=days)}


def _narrowed(found: QuerySet[Permit], asked: dict[str, str], now: dt.datetime) -> QuerySet[Permit]:
    if asked["q"]:
        found = found.filter(Q(reference__icontains=asked["q"]) | Q(company__icontains=asked["q"]))
    if asked["gate"]:
        found = found.filter(Q(every_gate=True) | Q(gates__slug=asked["gate"])).distinct()
    if asked["state"] in STATES:
        found = found.filter(state=asked["state"])
    elif asked["state"] != "all":
        found = found.exclude(state="ended")
    if asked["soon"] in map(str, SOON):
        found = found.filter(**_within(int(asked["soon"]), now))
    if asked["before"].isascii() and asked["before"].isdigit() and len(asked["before"]) < 19:
        found = found.filter(pk__lt=int(asked["before"]))
    return found


@require_safe
@login_required
def week(request: HttpRequest, site: str) -> HttpResponse:
    """Who may come on which day of a week, and at which hours."""
    right, the_site = rights.on_site(request, site)
    zone = ZoneInfo(the_site.timezone)
    monday = _monday(request.GET.get("from", ""), timezone.now().astimezone(zone).date())
    days = [monday + dt.timedelta(days=number) for number in range(7)]
    begins, ends = (dt.datetime.combine(day, dt.time(), zone) for day in (monday, monday + dt.timedelta(days=7)))
    gate = request.GET.get("gate", "").replace("\0", "")
    found = seen(right).filter(state=Permit.State.ACTIVE, valid_from__lt=ends, valid_until__gt=begins)
    if gate:
        found = found.filter(Q(every_gate=True) | Q(gates__slug=gate)).distinct()
    permits = list(found.order_by("company", "reference")[: IN_A_WEEK + 1])
    context = around_permits(request, right, the_site, "week") | {
        "days": days, "today": timezone.now().astimezone(zone).date(), "gate": gate, "more": len(permits) > IN_A_WEEK,
        "monday": monday,
        "before": _shifted(monday, -7), "after": _shifted(monday, 7),
        "rows": [(permit, [_day(permit, day, zone) for day in days]) for permit in permits[:IN_A_WEEK]],
    }  # fmt: skip
    return render(request, "permits/week.html", context)


def _monday(said: str, today: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(said)
    except ValueError:
        day = today
    day = day if 2000 < day.year < 2199 else today
    return day - dt.timedelta(days=day.weekday())


def _shifted(day: dt.date, days: int) -> str:
    return (day + dt.timedelta(days=days)).isoformat()


def _day(permit: Permit, day: dt.date, zone: ZoneInfo) -> dict[str, object]:
    """What a permit allows on one day: its hours, all of the day, or nothing."""
    begins, ends = (dt.datetime.combine(each, dt.time(), zone) for each in (day, day + dt.timedelta(days=1)))
    if permit.valid_from >= ends or permit.valid_until <= begins:
        return {"valid": False, "hours": ""}
    name = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()]
    windows = [each for each in permit.weekly if name in each.get("days", [name])]
    if permit.weekly and not windows:
        return {"valid": False, "hours": ""}
    return {"valid": True, "hours": ", ".join(f"{each['from']}–{each['to']}" for each in windows)}


def _form(request: HttpRequest, right: Right, site: Site, **told: object) -> PermitForm:
    gates = list(Gate.objects.filter(right.within("asset__sector"), site=site))
    return PermitForm(gates, ZoneInfo(site.timezone), request.POST or None, every=right.sectors is None, **told)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest, site: str) -> HttpResponse:
    """A permit written by hand."""
    right, the_site = rights.on_site(request, site, Verb.PERMITS)
    form = _form(request, right, the_site)
    if request.method == "POST" and form.is_valid():
        wanted = form.permit("active")
        theirs(right, None if wanted.gates is None else list(wanted.gates))
        with at_form(form, {}):
            permit, difference = changes.write(the_site, wanted, by=actor_of(request), now=timezone.now())
        if not form.errors:
            messages.success(request, _("The permit is written."))
            _tell_twins(request, right, wanted.reference, difference)
            return redirect("permit_sheet", site, permit.pk)
    context = around_permits(request, right, the_site, "new") | {"form": form}
    return render(request, "permits/new.html", context, status=422 if form.errors else 200)


def _tell_twins(request: HttpRequest, right: Right, permit: str, difference: Difference) -> None:
    """Plates that are easily taken for one another are never opened for on a doubtful read: whoever writes a permit knows it."""
    for one, other in twins(right, difference, permit)[:5]:
        said = _(
            "A plate of {one} is easily taken for one of {other}: a doubtful read of either is looked at, and opens nothing."
        )
        messages.warning(request, said.format(one=one, other=other or _("a permit for gates elsewhere")))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sheet(request: HttpRequest, site: str, permit: int) -> HttpResponse:
    """One permit; its form for whoever may change it where it is ours to change."""
    right = rights.of(request).on(site, Verb.PERMITS if request.method == "POST" else Verb.SEE)
    the_site, row = get_object_or_404(Site, pk=right.site_id), _found(right, permit)
    may_change = _may_change(right, row)
    if request.method == "POST" and not may_change:
        raise Http404
    form = _form(request, right, the_site, initial=written(row, ZoneInfo(the_site.timezone))) if may_change else None
    if request.method == "POST" and form.is_valid():
        wanted = form.permit(row.state)
        theirs(right, None if wanted.gates is None else list(wanted.gates))
        with at_form(form, {}):
            _permit, difference = changes.write(the_site, wanted, by=actor_of(request), now=timezone.now(), known=row)
        if not form.errors:
            messages.success(request, _("The permit is changed."))
            _tell_twins(request, right, wanted.reference, difference)
            return redirect("permit_sheet", site, permit)
    told = rows.permit_rows(Permit.objects.filter(pk=row.pk), with_plates=right.may(Verb.PLATES), people=right.may(Verb.PLATES))[
        0
    ]
    language = "en" if get_language() == "en" else "fr"
    lines = [line | {"said": line["text"][language]} for line in entry_rows(_lines(row))]
    context = around_permits(request, right, the_site, "sheet") | {
        "permit": _told(told, timezone.now()), "form": form, "lines": lines, "may_change": may_change, "source": row.source,
    }  # fmt: skip
    return render(request, "permits/sheet.html", context, status=422 if form and form.errors else 200)


def _lines(permit: Permit) -> QuerySet:
    return lines_about(permit.site_id, "permit", [permit.pk]).order_by("-seq")[:LINES]


def _found(right: Right, permit: int) -> Permit:
    found = seen(right).select_related("source", "site").prefetch_related("gates", "plates")
    return get_object_or_404(found, pk=permit)


def _may_change(right: Right, permit: Permit) -> bool:
    """What an access-management system says is changed there; whoever is confined changes permits of their own gates."""
    if not right.may(Verb.PERMITS) or permit.source_id is not None or permit.state == Permit.State.ENDED:
        return False
    if right.sectors is None:
        return True
    mine = set(Gate.objects.filter(right.within("asset__sector"), site_id=right.site_id).values_list("pk", flat=True))
    return not permit.every_gate and {gate.pk for gate in permit.gates.all()} <= mine


@require_POST
@login_required
def set_state(request: HttpRequest, site: str, permit: int) -> HttpResponse:
    """Suspend a permit, take it up again, or end it for good."""
    right = rights.of(request).on(site, Verb.PERMITS)
    row = _found(right, permit)
    theirs(right, None if row.every_gate else [gate.slug for gate in row.gates.all()])
    state = request.POST.get("state", "")
    if state in STATES:
        with in_messages(request):
            changes.set_state(row.pk, state, by=actor_of(request), now=timezone.now())
            messages.success(request, _("The permit is {state}.").format(state=STATES[state]))
    return redirect("permit_sheet", site, permit)
