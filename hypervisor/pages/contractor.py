"""The page a contractor's link leads to: one work order, on a phone, without an account and without a script.

Asked for it shows, and changes nothing: programs that look at mail open links. The link itself is the proof of who asks.
"""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.datastructures import MultiValueDictKeyError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from assets.refusal import Refused
from hypervisor.api.problems import STATUS, said
from response.daylog import files
from response.orders import links, moves
from response.orders.links import Known
from response.orders.photos import ACCEPTED
from response.orders.rows import order_rows
from response.orders.states import OF_CONTRACTOR, STATE_WORDS, Move, State, offered

ACTS = {
    Move.ACCEPT: gettext_lazy("I accept"),
    Move.ARRIVE: gettext_lazy("I am on site"),
    Move.RESTORE: gettext_lazy("Service is restored"),
    Move.REFUSE: gettext_lazy("I refuse"),
}
_DUE = (
    ("accept_due", gettext_lazy("To accept")),
    ("arrive_due", gettext_lazy("To be on site")),
    ("restore_due", gettext_lazy("To restore")),
)


@csrf_exempt  # nobody else knows the link
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the order; on POST do what its button says, in the contractor's name."""
    now = timezone.now()
    found = links.known(token, now)
    if found is None:
        raise Http404
    refusal, status = "", 200
    if request.method == "POST" and not found.over:
        try:
            _act(request, found)
        except Refused as refused:
            refusal, status = said(refused), STATUS[refused.meaning]
        else:
            return _private(HttpResponseRedirect(request.path))
        found = links.known(token, now) or found
    if found.over:
        status = 410
    page = render(request, "orders/contractor.html", _context(found) | {"refusal": refusal}, status=status)
    return _private(page)


def _act(request: HttpRequest, found: Known) -> None:
    """Raises Refused."""
    now, act, order = timezone.now(), request.POST.get("act", ""), found.order.pk
    text = request.POST.get("text", "").replace("\0", "")
    if act in OF_CONTRACTOR:
        moves.move(order, Move(act), text=text, by=found.actor, now=now)
    elif act == "note":
        moves.note(order, text, by=found.actor, now=now)
    elif act == "photo":
        try:
            sent = request.FILES["photo"]
        except MultiValueDictKeyError:
            sent = None
        content = sent.read(files.MOST_BYTES + 1) if sent else b""
        moves.photo(order, sent.name if sent else "", content, by=found.actor, now=now)


def _context(found: Known) -> dict[str, Any]:
    """In the language of the phone, on the clocks of the site. Who works in the control room is not named."""
    order, language = found.order, "en" if get_language() == "en" else "fr"
    (row,) = order_rows(type(order).objects.filter(pk=order.pk))
    may = [] if found.over else [move for move in offered(State(order.state)) if move in OF_CONTRACTOR]
    entries = order.entries.filter(by_kind="token", by=found.actor.name)
    photographed = entries.filter(move="photo").select_related("photo").defer("photo__content")
    return {
        "order": row, "asset": order.asset, "site_name": order.site.name, "zone": ZoneInfo(order.site.timezone),
        "state_name": getattr(STATE_WORDS[State(order.state)], language), "priority_name": row["priority_name"][language],
        "over": found.over, "why_over": _why(found),
        "due": [(label, at) for name, label in _DUE if (at := getattr(order, name)) is not None],
        "steps": [(move.value, ACTS[move]) for move in may if move is not Move.REFUSE],
        "may_refuse": Move.REFUSE in may, "ends_at": found.link.ends_at, "longest": moves.LONGEST,
        "notes": [(each.at, each.text) for each in entries.filter(move="note")],
        "photos": [(each.at, each.photo.name) for each in photographed],
        "accepted": ",".join(ACCEPTED),
    }  # fmt: skip


def _why(found: Known) -> str:
    if State(found.order.state) in (State.CLOSED, State.REFUSED, State.CANCELLED):
        return _("This work order has ended: nothing more can be done here.")
    if found.link.revoked_at is not None:
        return _("This link was revoked: ask the control room for another one.")
    return _("This link has ended: ask the control room for another one.")


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
