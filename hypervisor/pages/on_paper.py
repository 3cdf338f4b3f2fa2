"""The day log and the hand-over as PDF: what their pages show, whole, in the order it was written, with the data inside."""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assets.models import Sector, Site
from assets.refusal import Refused
from assets.zones import zone_words
from hypervisor import paper, rights
from hypervisor.api.daylog import readable
from hypervisor.api.handover import handover_of
from hypervisor.api.tables import written
from hypervisor.names import names_on
from hypervisor.pages.daylog import APART, given_day, lines_of, shown
from hypervisor.pages.shift import told
from hypervisor.rights import Right
from journal.rows import EntryRow, entry_rows, time_text
from response.daylog import signing
from response.daylog.rows import note_rows, signature_rows
from response.handover.facts import Changes
from response.handover.moves import facts_of
from response.handover.rows import handover_row
from response.models import DaySignature, HandOver

_COLUMNS = ("line", "at", "kind", "actor", "desk", "note", "text")


class _Words:
    """How instants and persons are written on paper of one site."""

    def __init__(self, site: Site) -> None:
        self.zone, self._names = ZoneInfo(site.timezone), names_on(site.pk)

    def person(self, login: str | None) -> str:
        name = self._names.get(login or "")
        return f"{name} ({login})" if name else login or "—"

    def clock(self, text: str | None) -> str:
        return f"{self._local(text):%H:%M:%S}" if text else "—"

    def moment(self, at: str | dt.datetime | None) -> str:
        if not at:
            return ""
        return date_format(at.astimezone(self.zone) if isinstance(at, dt.datetime) else self._local(at), "j F Y, H:i")

    def hour(self, text: str | None) -> str:
        begins = self._local(text).replace(minute=0)
        return f"{begins:%H:%M} – {(begins + dt.timedelta(hours=1)):%H:%M}"

    def _local(self, text: str | None) -> dt.datetime:
        return (parse_datetime(text or "") or timezone.now()).astimezone(self.zone)


@require_safe
@login_required
def day(request: HttpRequest, site: str) -> HttpResponse:
    """One day, today unless `day` says another; `lines=people` leaves out what the system wrote by itself."""
    right, the_site = rights.on_site(request, site)
    today = timezone.localdate(timezone=ZoneInfo(the_site.timezone))
    wanted = min(given_day(request.GET.get("day", "")) or today, today)
    only_people = request.GET.get("lines") == "people"
    lines = lines_of(right, the_site, wanted).order_by("seq").exclude(kind="note.attached")
    if only_people:
        lines = lines.filter(actor_kind="person")
    if lines[: paper.MOST_LINES + 1].count() > paper.MOST_LINES:
        fr = f"Plus de {paper.MOST_LINES} lignes : demandez le PDF sans les lignes du système."
        raise Refused("paper_long", fr, f"More than {paper.MOST_LINES} lines: ask for the PDF without the lines of the system.")
    rows = entry_rows(lines)
    ids = [id_ for row in rows for id_ in row["about"].get("note", ())]
    notes = {row["id"]: row for row in note_rows(readable(right).filter(pk__in=ids).order_by("number"))}
    signatures = list(DaySignature.objects.filter(site=the_site, day=wanted))
    since = bool(signatures) and lines.filter(seq__gt=signatures[-1].last).exclude(kind=signing.SIGNED).exists()
    words, language = _Words(the_site), _language()
    entries = [_entry(row, notes, words, language) for row in rows]
    context = {
        "title": _("Day log of {day}").format(day=date_format(wanted, "l j F Y")), "confined": _confined(right),
        "only_people": only_people, "unsigned_since": since, "corrections": [row for row in notes.values() if row["corrects"]],
        "signatures": [_signature(each, words) for each in signatures],
        "hours": [(hour, list(group)) for hour, group in groupby(entries, key=lambda entry: words.hour(entry["instant"]))],
    }  # fmt: skip
    data = {
        "site": the_site.slug, "day": wanted.isoformat(), "made_at": time_text(timezone.now()), "only_people": only_people,
        "signatures": signature_rows(signatures), "lines": rows, "notes": list(notes.values()),
    }  # fmt: skip
    name = f"{the_site.slug}-{_('day-log')}-{wanted.isoformat()}"
    table = written(_COLUMNS, ([entry[column] for column in ("seq", "instant", *_COLUMNS[2:])] for entry in entries), language)
    annexes = [_json(name, data), paper.Annex(f"{name}.csv", _("The lines of the day as a table"), table)]
    return _answer(request, the_site, name, "paper/daylog.html", context, annexes)


def _entry(row: EntryRow, notes: dict[int, dict[str, Any]], words: _Words, language: str) -> dict[str, Any]:
    """A line of the journal as the paper and the table have it."""
    note = None
    if row["kind"] in ("note.written", "note.corrected"):
        note = notes.get(next(iter(row["about"].get("note", ())), 0))
    who = words.person(row["actor"]) if row["actor_kind"] == "person" else _("system")
    entry: dict[str, Any] = {
        "seq": row["seq"], "instant": row["at"], "at": words.clock(row["at"]), "kind": row["kind"], "actor": row["actor"],
        "desk": row["desk"], "note": None, "system": row["actor_kind"] != "person",
        "text": row["text"]["en" if language == "en" else "fr"], "who": f"{who} · {row['desk']}" if row["desk"] else who,
    }  # fmt: skip
    if note is not None:
        late = abs(parse_datetime(note["written_at"]) - parse_datetime(note["happened_at"])) >= APART
        place = [note["asset"] and f"{note['asset']['code']} {note['asset']['name']}", note["sector"] and note["sector"]["name"]]
        if note["incident"]:
            place.append(_("incident {n}").format(n=note["incident"]["number"]))
        entry |= {"note": shown(note), "text": note["text"], "about": " · ".join(filter(None, place))}
        entry["happened"] = words.moment(note["happened_at"]) if late else ""
    return entry


def _signature(each: DaySignature, words: _Words) -> dict[str, Any]:
    return {
        "by": words.person(each.signed_by), "at": words.moment(each.signed_at), "first": each.first, "last": each.last,
        "notes": each.notes, "root": each.root, "holds": signing.holds(each),
    }  # fmt: skip


def _confined(right: Right) -> list[str]:
    """Names of the sectors beyond which whoever asks sees nothing; empty: the whole site."""
    if right.sectors is None:
        return []
    return list(Sector.objects.filter(site_id=right.site_id, path__in=right.sectors).values_list("name", flat=True)) or [
        _("none")
    ]


@require_safe
@login_required
def handover(request: HttpRequest, site: str, handover: int) -> HttpResponse:
    """One hand-over with its facts as they were given."""
    row = handover_of(request, handover)
    right = rights.of(request).on(site)
    the_site = get_object_or_404(Site, pk=right.site_id, pk__in=HandOver.objects.filter(pk=row.pk).values("site"))
    words, language = _Words(the_site), _language()
    changes = None if row.changes is None else msgspec.convert(row.changes, Changes)
    facts = told(row, facts_of(row), changes, language)
    for section in facts["sections"]:
        for one in section["rows"]:
            one |= {
                "at": words.moment(one["at"]),
                "until": words.moment(one["until"]),
                "who": one["who"] and words.person(one["who"]),
            }
    context = {
        "title": _("Hand-over: {name}, {at}").format(name=facts["shown"], at=words.moment(row.given_at)), "handover": facts,
        "given_by": words.person(row.given_by), "accepted_by": words.person(row.accepted_by),
        **{name: words.moment(getattr(row, name)) for name in ("given_at", "since", "accepted_at", "withdrawn_at")},
    }  # fmt: skip
    name = f"{the_site.slug}-{_('hand-over')}-{row.pk}"
    return _answer(request, the_site, name, "paper/handover.html", context, [_json(name, handover_row(row))])


def _language() -> str:
    return "en" if get_language() == "en" else "fr"


def _json(name: str, data: Any) -> paper.Annex:
    return paper.Annex(f"{name}.json", _("The same, for programs"), msgspec.json.encode(data).decode())


def _answer(
    request: HttpRequest, site: Site, name: str, template: str, context: dict[str, Any], annexes: Iterable[paper.Annex]
) -> HttpResponse:
    language, words = _language(), _Words(site)
    around = {
        "site": site, "language": language, "made_at": words.moment(timezone.now()),
        "zone": zone_words(site.timezone, language), "made_by": words.person(request.user.get_username()),
    }  # fmt: skip
    html = render_to_string(template, context | around)
    answer = HttpResponse(paper.pressed(html, annexes), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
