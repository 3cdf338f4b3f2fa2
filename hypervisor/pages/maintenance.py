"""Maintenance: what is planned or under way, what it silences now, and the form for one more; for shift supervisors."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from alarms.lifecycle.limits import longest, said
from alarms.maintenance import moves
from alarms.maintenance.lines import ABOUT
from alarms.maintenance.times import is_reachable
from alarms.maintenance.windows import schedule
from alarms.models import SEVERITY_NAMES as SEVERITY_LABELS
from alarms.models import MaintenanceWindow
from assets.alphabet import alphabetical, in_tree
from assets.models import Asset, AssetKind, Feed, Sector, Site, Supervisor
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.maintenance import STATES, rows, theirs, visible
from hypervisor.pages.asset_called import WIDGET, called
from hypervisor.pages.frame import SEVERITY_NAMES, around, indented
from hypervisor.pages.refused import at_form
from hypervisor.rights import Right, Verb
from hypervisor.silence_levels import planning_level_of
from reports import hidden

SHOWN = 200
WEEKDAYS = [
    (1, gettext_lazy("Monday")),
    (2, gettext_lazy("Tuesday")),
    (3, gettext_lazy("Wednesday")),
    (4, gettext_lazy("Thursday")),
    (5, gettext_lazy("Friday")),
    (6, gettext_lazy("Saturday")),
    (7, gettext_lazy("Sunday")),
]
ONCE, WEEKLY = "once", "weekly"
ANNOUNCED = [
    ("", gettext_lazy("nobody is told")),
    (15, gettext_lazy("15 minutes before")),
    (60, gettext_lazy("1 hour before")),
    (240, gettext_lazy("4 hours before")),
    (1440, gettext_lazy("1 day before")),
    (2880, gettext_lazy("2 days before")),
]
_LOCAL = {"class": "input", "type": "datetime-local"}
_CLOCK = {"class": "input", "type": "time"}


class WindowForm(forms.Form):
    """What works explain, when and why; times are those of the site's own clocks."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=250, widget=forms.TextInput({"class": "input"}))
    asset = forms.CharField(
        label=gettext_lazy("Asset, by its name or its code"),
        required=False,
        max_length=200,
        widget=forms.TextInput(WIDGET),
    )
    sector = forms.ModelChoiceField(
        Sector.objects.none(), label=gettext_lazy("Sector"), required=False, to_field_name="slug", empty_label="—"
    )
    kind = forms.ModelChoiceField(
        AssetKind.objects.none(), label=gettext_lazy("Kind"), required=False, to_field_name="slug", empty_label="—"
    )
    supervisor = forms.ModelChoiceField(
        Supervisor.objects.none(), label=gettext_lazy("Supervisor"), required=False, to_field_name="slug", empty_label="—"
    )
    feed = forms.ModelChoiceField(
        Feed.objects.none(), label=gettext_lazy("Feed"), required=False, to_field_name="slug", empty_label="—"
    )
    repeats = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[(ONCE, gettext_lazy("once")), (WEEKLY, gettext_lazy("every week"))],
        initial=ONCE,
        widget=forms.RadioSelect,
    )
    starts_at = forms.DateTimeField(label=gettext_lazy("From"), widget=forms.DateTimeInput(_LOCAL, format="%Y-%m-%dT%H:%M"))
    ends_at = forms.DateTimeField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateTimeInput(_LOCAL, format="%Y-%m-%dT%H:%M")
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput({"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"), choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    start_time = forms.TimeField(
        label=gettext_lazy("Start time"),
        required=False,
        widget=forms.TimeInput(_CLOCK, format="%H:%M"),
    )
    end_time = forms.TimeField(label=gettext_lazy("End time"), required=False, widget=forms.TimeInput(_CLOCK, format="%H:%M"))
    announce_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Announced"), choices=ANNOUNCED, coerce=int, empty_value=None, required=False,
        widget=forms.Select({"class": "input"}),
    )  # fmt: skip
    critical = forms.BooleanField(label=gettext_lazy("Silence critical alarms too"), required=False)

    def __init__(self, site: Site, right: Right, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.site, self.right = site, right
        sectors = site.sectors.defer("polygon").filter(_below(right.sectors))
        kinds = AssetKind.objects.filter(assets__site=site).distinct()
        self.fields["sector"].queryset, self.fields["kind"].queryset = sectors, kinds
        name = "name_en" if get_language() == "en" else "name_fr"
        named = sorted(((kind.slug, getattr(kind, name)) for kind in kinds), key=lambda kind: alphabetical(kind[1]))
        self.fields["kind"].choices = [("", "—"), *named]
        self.fields["sector"].choices = [("", "—"), *((sector.slug, indented(sector)) for sector in in_tree(sectors))]
        self._offer_feeds()
        for field in ("sector", "kind", "supervisor", "feed"):
            if field in self.fields:
                self.fields[field].widget.attrs["class"] = "input"

    def _offer_feeds(self) -> None:
        """To whoever plans for the whole site."""
        if self.right.sectors is not None:
            del self.fields["supervisor"], self.fields["feed"]
            return
        for name, offered in (
            ("supervisor", Supervisor.objects.filter(site=self.site)),
            ("feed", Feed.objects.filter(supervisor__site=self.site)),
        ):
            self.fields[name].queryset = offered
            named = sorted(offered.values_list("slug", "name"), key=lambda row: alphabetical(row[1]))
            self.fields[name].choices = [("", "—"), *named]

    def clean_asset(self) -> Asset | None:
        told = self.cleaned_data["asset"].strip()
        if not told:
            return None
        return called(told, Asset.objects.select_related("sector").filter(self.right.within(), site=self.site, retired_at=None))

    def clean_starts_at(self) -> dt.datetime:
        return _reachable(self.cleaned_data["starts_at"])

    def clean_last_day(self) -> dt.date | None:
        last = self.cleaned_data["last_day"]
        if last is not None:
            _reachable(dt.datetime.combine(last, dt.time(), dt.UTC))
        return last

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if not self.errors and not any(given.get(name) for name in ABOUT):
            self.add_error("asset", _("Give an asset, a sector or a kind, a supervisor or a feed."))
        if given.get("repeats") == ONCE and not given.get("ends_at"):
            self.add_error("ends_at", _("Say when it ends."))
        if given.get("repeats") == WEEKLY:
            for name in ("weekdays", "start_time", "end_time"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("A weekly maintenance needs its days and its hours."))
            if not self.errors and given["last_day"] and schedule(self.window()).after(timezone.now()) is None:
                self.add_error("last_day", _("None of its days comes before the end."))
        return given

    def window(self) -> MaintenanceWindow:
        """What was asked for, not stored yet."""
        given = self.cleaned_data
        weekly = given["repeats"] == WEEKLY
        ends_at = given["ends_at"]
        if weekly:
            last = given["last_day"]
            ends_at = last and timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time()))
        return MaintenanceWindow(
            site=self.site, **{name: given.get(name) for name in ABOUT}, reason=given["reason"],
            announce_minutes=given["announce_minutes"], critical=given["critical"], starts_at=given["starts_at"], ends_at=ends_at,
            weekdays=sorted(given["weekdays"]) if weekly else [],
            start_time=given["start_time"] if weekly else None, end_time=given["end_time"] if weekly else None,
        )  # fmt: skip


def _reachable(moment: dt.datetime) -> dt.datetime:
    """Raises ValidationError; asked before anything is reckoned with it."""
    if not is_reachable(moment):
        raise forms.ValidationError(_("Between the years 2000 and 2200."))
    return moment


def _below(sectors: tuple[str, ...] | None) -> Q:
    """A filter for sectors of these paths and those nested in them; None: all."""
    found = Q()
    for path in sectors or ():
        found |= Q(path=path) | Q(path__startswith=f"{path}/")
    return found


def _on_the_sites_clocks(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For who may plan here: the view gets the right and the site, and reads and writes times in the site's zone."""

    @login_required
    @wraps(view)
    def within(request: HttpRequest, site: str, **told: int) -> HttpResponse:
        right, the_site = rights.on_site(request, site, Verb.MAINTENANCE)
        with timezone.override(ZoneInfo(the_site.timezone)):
            return view(request, right, the_site, **told)

    return within


def _context(request: HttpRequest, right: Right, site: Site, form: WindowForm, **more: object) -> dict[str, object]:
    now = timezone.now()
    found = MaintenanceWindow.objects.filter(STATES["planned"](now), visible(right), site=site, out_of_service=False)
    names = {kind.slug: kind.name_en if get_language() == "en" else kind.name_fr for kind in AssetKind.objects.all()}
    told = [_row_in_words(row, names) for row in rows(found.order_by("starts_at", "id")[:SHOWN])]
    running = [row for row in told if row["current"]]
    planned = [row for row in told if not row["current"]]
    limits = longest(site.pk)[planning_level_of(right)]
    more["longest"] = {level.label: said(span)[get_language() == "en"] for level, span in limits.items()}
    return around(request, right, site, "maintenance") | {"form": form, "running": running, "planned": planned, **more}


def _row_in_words(row: dict, kinds: dict[str, str]) -> dict[str, object]:
    """A window as the page's table has it."""
    days = dict(WEEKDAYS)
    weekly = row["weekly"]
    return row | {
        "days": ", ".join(str(days[day]) for day in weekly["weekdays"]) if weekly else "",
        "kind_name": row["kind"] and kinds[row["kind"]],
    }


def _first(window: MaintenanceWindow | None, asset: str) -> dict[str, object]:
    """What the form begins with."""
    if window is None:
        now = timezone.now().replace(second=0, microsecond=0)
        return {"asset": asset, "starts_at": now, "ends_at": now + dt.timedelta(hours=4), "announce_minutes": 60}
    return {
        "reason": window.reason, "asset": window.asset.code if window.asset else "", "critical": window.critical,
        **{name: row and row.slug for name in ABOUT[1:] for row in (getattr(window, name),)},
        "announce_minutes": window.announce_minutes or "",
        "repeats": WEEKLY if window.weekdays else ONCE, "starts_at": window.starts_at,
        "ends_at": None if window.weekdays else window.ends_at,
        "last_day": window.ends_at and window.weekdays and timezone.localdate(window.ends_at - dt.timedelta(seconds=1)),
        "weekdays": window.weekdays, "start_time": window.start_time, "end_time": window.end_time,
    }  # fmt: skip


def _do(request: HttpRequest, form: WindowForm, move: object, *given: object, said: str) -> bool:
    """Plan or change in the person's name; a refusal is said at the form. Raises PermissionDenied."""
    window = form.window()
    theirs(window, form.right)
    with at_form(form, {"ends_at": "last_day"} if form.cleaned_data["repeats"] == WEEKLY else {}):
        move(*given, window, by=actor_of(request), now=timezone.now(), level=planning_level_of(form.right))
    if form.errors:
        return False
    messages.success(request, said)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@_on_the_sites_clocks
def board(request: HttpRequest, right: Right, site: Site) -> HttpResponse:
    """What is under way and planned, and the form for one more; `part=windows` is what the page asks again and again."""
    form = WindowForm(site, right, request.POST or None, initial=_first(None, request.GET.get("asset", "")))
    if request.POST.get("act") == "try":
        return _tried(request, right, site, form)
    if request.method == "POST" and form.is_valid() and _do(request, form, moves.plan, said=_("The maintenance is planned.")):
        return redirect("site_maintenance", site.slug)
    template = "maintenance/_windows.html" if request.GET.get("part") == "windows" else "maintenance/board.html"
    return render(request, template, _context(request, right, site, form), status=422 if form.errors else 200)


def _tried(request: HttpRequest, right: Right, site: Site, form: WindowForm, **more: object) -> HttpResponse:
    """The form as it was filled, with what such a maintenance would have hidden of the last four weeks; nothing is kept."""
    form.fields["reason"].required = False
    if form.is_valid():
        window = form.window()
        theirs(window, right)
        found = hidden.by_window(window, right.sectors, timezone.now())
        english = get_language() == "en"
        more["tried"] = {
            "count": found.count, "critical": found.critical, "periods": found.periods, "shown": hidden.SHOWN,
            "severities": [(name, SEVERITY_NAMES[name], found.severities[number]) for number, name in SEVERITY_LABELS.items()],
            "rows": [
                (row, SEVERITY_LABELS[row.severity], row.alarm.sentence_en if english else row.alarm.sentence_fr)
                for row in found.rows
            ],
        }  # fmt: skip
    return render(request, "maintenance/board.html", _context(request, right, site, form, **more),
                  status=422 if form.errors else 200)  # fmt: skip


def _window_of(right: Right, site: Site, window: int) -> MaintenanceWindow:
    """Raises Http404 and PermissionDenied."""
    alive = MaintenanceWindow.objects.select_related("asset__sector", *ABOUT[1:]).filter(
        visible(right), cancelled_at=None, out_of_service=False
    )
    row = get_object_or_404(alive, pk=window, site=site)
    theirs(row, right)
    return row


@require_http_methods(["GET", "HEAD", "POST"])
@_on_the_sites_clocks
def change(request: HttpRequest, right: Right, site: Site, window: int) -> HttpResponse:
    row = _window_of(right, site, window)
    form = WindowForm(site, right, request.POST or None, initial=_first(row, ""))
    if request.POST.get("act") == "try":
        return _tried(request, right, site, form, row=row)
    said = _("The maintenance was changed.")
    if request.method == "POST" and form.is_valid() and _do(request, form, moves.change, row.pk, said=said):
        return redirect("site_maintenance", site.slug)
    context = _context(request, right, site, form, row=row)
    return render(request, "maintenance/board.html", context, status=422 if form.errors else 200)


@require_POST
@_on_the_sites_clocks
def cancel(request: HttpRequest, right: Right, site: Site, window: int) -> HttpResponse:
    """End it for good; what it silenced is back at once."""
    row = _window_of(right, site, window)
    moves.cancel(row.pk, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The maintenance was cancelled; what it silenced is back."))
    return redirect("site_maintenance", site.slug)
