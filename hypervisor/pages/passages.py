"""Passages: the queue of each gate, what passed before, who is inside. Pages carry no plate: they ask the interface for it."""

import datetime as dt
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assets.models import Site
from commands.states import REASONS, STATE_WORDS
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.passage_shapes import PASSAGE_STATES
from hypervisor.api.passages import seen
from hypervisor.pages.frame import around
from hypervisor.pages.passage_words import STATES, VERDICTS, passage_words
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.rights import Right, Verb
from passages import persons, reasons, rows, stays
from passages.gates import is_callable
from passages.models import Gate, Passage, Stay

SHOWN = 100
"""Passages of one page of the history, and vehicles inside that are shown."""
TABS = (
    ("queue", "site_passages", gettext_lazy("At the gates"), Verb.SEE),
    ("inside", "passages_inside", gettext_lazy("Inside now"), Verb.SEE),
    ("history", "passage_history", gettext_lazy("History"), Verb.SEE),
    ("permits", "site_permits", gettext_lazy("Permits"), Verb.SEE),
)
"""Tabs of the section: name, name of the page's address, name on screen, the verb it asks for."""


class SearchForm(forms.Form):
    """A plate that is looked for; it comes in a body, and never in an address."""

    plate = forms.CharField(
        label=gettext_lazy("Plate"), max_length=20,
        widget=forms.TextInput({"class": "input", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip


def frame(request: HttpRequest, right: Right, site: Site, tab: str) -> dict[str, object]:
    """Context of a page of this section: what is around it, its tabs, its words, the gates whose passages are shown."""
    context = around(request, right, site, "passages")
    english = get_language() == "en"
    gates = Gate.objects.filter(right.within("asset__sector"), site=site, enabled=True).select_related("asset", "purpose")
    told = [_gate(gate) for gate in gates]
    context["words"] = {**context["words"], **passage_words(), **_of_commands(english)}
    context["client"] |= {
        "gates": told,
        "refusals": [[code, both[english]] for code, both in reasons.REFUSALS.items()],
        "openings": [[code, both[english]] for code, both in reasons.OPENINGS.items()],
    }
    return context | {
        "gates": told, "tab": tab, "may": {str(verb): True for verb in right.verbs()},
        "tabs": [(name, address, label) for name, address, label, verb in TABS if right.may(verb)],
    }  # fmt: skip


def _gate(gate: Gate) -> dict[str, object]:
    return {
        "id": gate.pk, "slug": gate.slug, "name": gate.name, "area": gate.area, "policy": gate.policy,
        "intercom": gate.intercom or intercom(gate.asset.attributes), "asset": gate.asset_id,
        "reads": gate.purpose is not None and gate.purpose.withdrawn_at is None,
    }  # fmt: skip


def intercom(attributes: dict[str, object]) -> str:
    """The address by which a barrier is spoken to: its attribute `intercom`; empty where none is known."""
    told = attributes.get("intercom")
    return told if isinstance(told, str) and is_callable(told) else ""


def _of_commands(english: bool) -> dict[str, str]:
    """What a command to a barrier is and why, in the words of its room."""
    language = "en" if english else "fr"
    states = {f"order.{state}": getattr(both, language) for state, both in STATE_WORDS.items()}
    return states | {f"order.why.{reason}": getattr(both, language) for reason, both in REASONS.items()}


@require_safe
@login_required
def queue(request: HttpRequest, site: str) -> HttpResponse:
    """Who waits at which gate; all of it is live."""
    right, the_site = rights.on_site(request, site)
    return render(request, "passages/queue.html", frame(request, right, the_site, "queue"))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def history(request: HttpRequest, site: str) -> HttpResponse:
    """Passages, the newest first; a plate is looked for by a form that is posted, and the journal says so."""
    right = rights.of(request).on(site, Verb.PLATES if request.method == "POST" else Verb.SEE)
    the_site = get_object_or_404(Site, pk=right.site_id)
    form = SearchForm(request.POST or None)
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("gate", "state", "day", "before")}
    context: dict[str, object] = {"form": form, "asked": asked, "states": STATES.items()}
    if request.method == "POST":
        found = _searched(request, right, form) if form.is_valid() else Passage.objects.none()
        context |= {"searched": not form.errors}
    else:
        found = _narrowed(seen(right).exclude(closed_at=None), asked, the_site)
    shown = rows.passage_rows(found.order_by("-pk")[: SHOWN + 1])
    context |= {"rows": [_told(row) for row in shown[:SHOWN]], "older": ""}
    if len(shown) > SHOWN and request.method != "POST":
        context["older"] = urlencode({name: value for name, value in asked.items() if value} | {"before": shown[SHOWN - 1]["id"]})
    page = frame(request, right, the_site, "history") | context
    return render(request, "passages/history.html", page, status=422 if form.errors else 200)


def _searched(request: HttpRequest, right: Right, form: SearchForm) -> QuerySet[Passage]:
    """Passages of the plate of a form; a plate that is none is said at the form."""
    found = Passage.objects.none()
    with at_form(form, {}):
        plate, now = persons.given(form.cleaned_data["plate"]), timezone.now()
        found = persons.of_plate(right.site_id, plate, now).filter(right.within("gate__asset__sector"))
        persons.note_search(right.site_id, plate, "searched", found.count(), by=actor_of(request), now=now)
    return found


def _narrowed(found: QuerySet[Passage], asked: dict[str, str], site: Site) -> QuerySet[Passage]:
    """What the filters of the page let through; what none of them can mean is passed over."""
    if asked["gate"]:
        found = found.filter(gate__slug=asked["gate"])
    if asked["state"] in PASSAGE_STATES:
        found = found.filter(state=asked["state"])
    if asked["before"].isascii() and asked["before"].isdigit() and len(asked["before"]) < 19:
        found = found.filter(pk__lt=int(asked["before"]))
    day = _day(asked["day"])
    if day is None:
        asked["day"] = ""
        return found
    zone = ZoneInfo(site.timezone)
    begins, ends = (dt.datetime.combine(each, dt.time(), zone) for each in (day, day + dt.timedelta(days=1)))
    return found.filter(first_at__gte=begins, first_at__lt=ends)


def _day(said: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(said)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _told(row: dict) -> dict[str, object]:
    """A passage as the history's table has it."""
    decision = row["decision"]
    language = "en" if get_language() == "en" else "fr"
    said = decision and decision["reason_said"]
    return row | {
        "state_name": STATES[row["state"]], "verdict_name": VERDICTS[row["verdict"]],
        "why": said[language] if said else "",
        "against": decision is not None and decision["recommended"] not in (decision["verdict"], "check"),
    }  # fmt: skip


@require_safe
@login_required
def inside(request: HttpRequest, site: str) -> HttpResponse:
    """How many vehicles are in each area, and which; `part=inside` is what the page asks again and again."""
    right, the_site = rights.on_site(request, site)
    seen = right.within("entry__gate__asset__sector")
    found = Stay.objects.filter(seen, site=the_site, left_at=None)
    context = {
        "areas": stays.occupancy(the_site.pk, seen), "stays": rows.stay_rows(found.order_by("-pk")[:SHOWN], timezone.now()),
        "more": found.count() > SHOWN, "site": the_site, "may": {str(verb): True for verb in right.verbs()},
    }  # fmt: skip
    if request.GET.get("part") == "inside":
        return render(request, "passages/_inside.html", context)
    return render(request, "passages/inside.html", frame(request, right, the_site, "inside") | context)


@require_POST
@login_required
def leave(request: HttpRequest, site: str, stay: int) -> HttpResponse:
    """Note that a vehicle left where no exit was seen."""
    right = rights.of(request).on(site, Verb.PASSAGES)
    row = get_object_or_404(Stay, right.within("entry__gate__asset__sector"), pk=stay, site_id=right.site_id)
    with in_messages(request):
        stays.end(row.pk, by=actor_of(request), now=timezone.now())
        messages.success(request, _("The exit is noted."))
    return redirect("passages_inside", site)
