"""Messages: what other rooms and entities told and asked, what was sent to them, and what they answered."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alarms.models import Alarm, Incident
from assets.models import Site
from hypervisor import rights
from hypervisor.api.entities import inbox, readable, sent
from hypervisor.models import User
from hypervisor.names import names_on
from hypervisor.pages.frame import around
from hypervisor.rights import Right, Verb
from journal.actors import SYSTEM
from response.entities.moves import LONGEST, LONGEST_NOTE
from response.entities.rows import entity_rows, message_rows
from response.models import Entity, EntityMessage

SHOWN = 100
BOXES = (
    ("inbox", gettext_lazy("Received")),
    ("sent", gettext_lazy("Sent")),
    ("all", gettext_lazy("All of the site")),
)
MINUTES = (5, 10, 15, 30, 60, 120, 480)
"""Time limits that a question may be given on the page."""
ENDINGS = {
    "answered": gettext_lazy("answered or read by all"),
    "ended": gettext_lazy("ended by its sender"),
    "recalled": gettext_lazy("recalled by its sender"),
}


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """Open ones of one's entities, unless the address asks for others; `part=list` is what the page asks again."""
    right = rights.of(request).on(site)
    me = request.user.get_username()
    entities = _entities(right, me)
    mine = [each for each in entities if each["mine"]]
    box = request.GET.get("box") if request.GET.get("box") in dict(BOXES) else "inbox" if mine else "all"
    everything = request.GET.get("state") == "all"
    context = {"box": box, "everything": everything, "boxes": BOXES, "mine": mine, "longest_note": LONGEST_NOTE}
    context |= _messages(right, me, box, everything)
    if request.GET.get("part") == "list":
        return render(request, "messages/_list.html", context | {"site": {"slug": site}})
    the_site = get_object_or_404(Site, pk=right.site_id)
    context |= around(request, right, the_site, "messages") | {
        "entities": entities, "minutes": MINUTES, "longest": LONGEST, "may_send": right.may(Verb.MESSAGES),
        "may_keep": right.may(Verb.ENTITIES), "about": _about(request, right), "people": _people(right),
    }  # fmt: skip
    return render(request, "messages/board.html", context)


def _entities(right: Right, me: str) -> list[dict[str, Any]]:
    language = _language()
    rows, names = entity_rows(Entity.objects.filter(site_id=right.site_id)), names_on(right.site_id)
    return [
        row | {
            "shown": row["name"][language], "mine": me in row["members"] and not row["retired_at"],
            "people": [names.get(each, each) for each in row["members"]],
        }
        for row in rows
    ]  # fmt: skip


def _messages(right: Right, me: str, box: str, everything: bool) -> dict[str, Any]:
    found = readable(right, me) if everything else readable(right, me).filter(closed_at=None)
    if box != "all":
        theirs = EntityMessage.objects.filter(inbox(me) if box == "inbox" else sent(me)).values("pk")
        found = found.filter(pk__in=theirs)
    rows = message_rows(found.order_by("-number")[: SHOWN + 1])
    sentences = _sentences(right, [row["alarm"] for row in rows if row["alarm"]])
    names = names_on(right.site_id)
    shown = [_in_words(row, right, me, sentences, names) for row in rows[:SHOWN]]
    return {"messages": shown, "cut": len(rows) > SHOWN}


def _sentences(right: Right, ids: list[int]) -> dict[int, str]:
    """What the alarms among these say that the person may see."""
    seen = Alarm.objects.filter(right.within(), pk__in=ids)
    return dict(seen.values_list("pk", f"sentence_{_language()}"))


def _in_words(row: dict[str, Any], right: Right, me: str, sentences: dict[int, str], names: dict[str, str]) -> dict[str, Any]:
    language = _language()
    is_open, may = row["closed_at"] is None, right.may(Verb.MESSAGES)
    recipients = []
    for each in row["recipients"]:
        mine = me in each["members"]
        acting = mine or (may and not each["members"])
        answer = each["answer"] and each["answer"] | {
            "words": each["answer"]["words"][language], "by": names.get(each["answer"]["by"], each["answer"]["by"]),
        }  # fmt: skip
        recipients.append(
            each | {
                "shown": each["entity"]["name"][language], "answer": answer, "called": not each["members"],
                "reader": names.get(each["acknowledged_by"], each["acknowledged_by"]),
                "to_answer": acting and is_open and row["form"] is not None and answer is None,
                "to_read": acting and is_open and each["acknowledged_at"] is None,
            }
        )  # fmt: skip
    sender = row["sender"]
    return row | {
        "recipients": recipients, "by": names.get(row["sent_by"], row["sent_by"]),
        "sender_name": sender and sender["name"][language],
        "choices": [(each["value"], each["label"][language]) for each in (row["form"] or {}).get("choices", ())],
        "fields": [each | {"shown": each["label"][language]} for each in (row["form"] or {}).get("fields", ())],
        "sentence": sentences.get(row["alarm"], ""), "ended": _ended(row),
        "closer": names.get(row["closed_by"], row["closed_by"]),
        "to_end": is_open and (row["sent_by"] == me or right.may(Verb.RELEASE_OTHERS)),
    }  # fmt: skip


def _ended(row: dict[str, Any]) -> str:
    """How it ended; what nobody ended went with the step that asked."""
    if row["ending"] == "ended" and row["closed_by"] == SYSTEM.name:
        return _("ended with the step that asked it")
    return str(ENDINGS.get(row["ending"], ""))


def _about(request: HttpRequest, right: Right) -> dict[str, Any] | None:
    """The alarm or incident that the address names, where the person may see it: what is written is about it."""
    for name in ("alarm", "incident"):
        told = request.GET.get(name, "")
        if not (told.isascii() and told.isdigit() and len(told) < 18):
            continue
        if name == "alarm":
            alarm = Alarm.objects.filter(right.within(), pk=told, site_id=right.site_id).first()
            return alarm and {"noun": name, "id": alarm.pk, "text": getattr(alarm, f"sentence_{_language()}")}
        seen = Incident.objects.filter(pk=told, site_id=right.site_id, alarms__in=Alarm.objects.filter(right.within()))
        incident = seen.first()
        return incident and {"noun": name, "id": incident.pk, "text": f"No {incident.number}"}
    return None


def _people(right: Right) -> list[tuple[str, str]]:
    """Whom an administrator may make a member."""
    if not right.may(Verb.ENTITIES):
        return []
    found = User.objects.filter(grants__site_id=right.site_id, is_active=True).distinct().order_by("username")
    return [(each.get_username(), each.get_full_name() or each.get_username()) for each in found]


def _language() -> str:
    return "en" if get_language() == "en" else "fr"
