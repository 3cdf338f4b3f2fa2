"""The one shape of an alarm, and of a journal line, wherever they are shown: API, socket, template."""

import datetime as dt

import msgspec
from django.db.models import QuerySet

from alarms.compiled import Compiled
from alarms.models import Alarm, JournalEntry, Severity
from alarms.pseudonyms import name_people

FEW = 100
"""Journal lines up to which the statement that is planned once is the right one: it is planned for a handful."""

SEVERITY_NAMES = {severity.value: severity.label for severity in Severity}

_FIELDS = (
    "id", "site__slug", "seq", "rule__slug", "rule__name_fr", "rule__name_en", "severity", "eased_to", "state", "sentence_fr",
    "sentence_en", "version__spec__suggested_action", "subject", "point_id", "feed__slug", "asset_id", "asset__code",
    "asset__name", "asset__kind__slug", "asset__longitude", "asset__latitude", "sector__slug", "sector__name", "sector__path",
    "raised_at", "first_raised_at", "learned_at", "returned_at", "closed_at", "acknowledged_at", "acknowledged_by__username",
    "taken_by__username", "taken_at", "shelved_until", "shelved_reason", "out_of_service_until", "out_of_service_reason",
    "suppressed_by_id", "comments", "occurrences", "chattering", "maintenance_id", "incident_id", "incident__number",
)  # fmt: skip

_ACTION = _FIELDS.index("version__spec__suggested_action")
_ENTRY_FIELDS = ("seq", "at", "kind", "alarm_id", "incident_id", "actor", "desk", "text_fr", "text_en", "hash")


def time_text(moment: dt.datetime | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond."""
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(values: tuple) -> dict[str, object]:
    (id_, site, seq, rule, rule_fr, rule_en, severity, eased, state, fr, en, action, subject, point, feed, asset, code, name,
     kind, lon, lat, sector, sector_name, path, raised, first, learned, returned, closed, acked, acked_by, taken_by, taken,
     shelved, shelved_reason, oos, oos_reason, suppressed_by, comments, occurrences, chattering, maintenance,
     incident, number) = values  # fmt: skip
    return {
        "id": id_, "site": site, "seq": seq, "rule": rule, "rule_name": {"fr": rule_fr, "en": rule_en},
        "severity": SEVERITY_NAMES[severity], "eased_to": eased and SEVERITY_NAMES[eased], "state": state,
        "sentence": {"fr": fr, "en": en}, "suggested_action": action,
        "subject": subject, "point": point, "feed": feed,
        "asset": None if asset is None else
            {"id": asset, "code": code, "name": name, "kind": kind, "lon": lon, "lat": lat},
        "sector": None if sector is None else {"slug": sector, "name": sector_name, "path": path},
        "raised_at": time_text(raised), "first_raised_at": time_text(first or raised),
        "learned_at": time_text(learned), "returned_at": time_text(returned), "closed_at": time_text(closed),
        "acknowledged_at": time_text(acked), "acknowledged_by": acked_by, "taken_by": taken_by, "taken_at": time_text(taken),
        "shelved_until": time_text(shelved), "shelved_reason": shelved_reason,
        "out_of_service_until": time_text(oos), "out_of_service_reason": oos_reason,
        "suppressed_by": suppressed_by, "comments": comments, "occurrences": occurrences,
        "chattering": chattering, "maintenance": maintenance,
        "incident": None if incident is None else {"id": incident, "number": number},
    }  # fmt: skip


def alarm_rows(alarms: QuerySet[Alarm]) -> list[dict[str, object]]:
    """Rows of a queryset, in its order, in one query; one more when a subject is a person's."""
    return name_people([_row(values) for values in alarms.values_list(*_FIELDS)], "subject", "sentence")


def alarms_moved(site: int, first: int, last: int) -> list[dict[str, object]]:
    """Rows of the alarms whose last journal line is of first..last, by id: asked at every commit."""
    if last - first >= FEW:
        return alarm_rows(Alarm.objects.filter(site_id=site, seq__gte=first, seq__lte=last).order_by("id"))
    moved = _moved(site, [*range(first, last + 1)])
    rows = [_row((*values[:_ACTION], _decoded(values[_ACTION]), *values[_ACTION + 1 :])) for values in moved]
    return name_people(rows, "subject", "sentence")


def entry_rows(entries: QuerySet[JournalEntry]) -> list[dict[str, object]]:
    """Lines of the journal, in the queryset's order, in one query."""
    return [_entry(values) for values in entries.values_list(*_ENTRY_FIELDS)]


def entries_between(site: int, first: int, last: int) -> list[dict[str, object]]:
    """The journal's lines first..last, in order: asked at every commit."""
    if last - first >= FEW:
        return entry_rows(JournalEntry.objects.filter(site_id=site, seq__gte=first, seq__lte=last).order_by("seq"))
    return [_entry(values) for values in _lines(site, [*range(first, last + 1)])]


def _entry(values: tuple) -> dict[str, object]:
    seq, at, kind, alarm, incident, actor, desk, fr, en, hash_ = values
    return {
        "seq": seq, "at": time_text(at), "kind": kind, "alarm": alarm, "incident": incident, "actor": actor,
        "desk": desk, "text": {"fr": fr, "en": en}, "hash": hash_,
    }  # fmt: skip


def _decoded(document: str | None) -> object:
    return None if document is None else msgspec.json.decode(document)


_moved = Compiled(
    lambda site, seqs: Alarm.objects.filter(site_id=site, seq__any_of=seqs).order_by("id").values_list(*_FIELDS), values=2
)
_lines = Compiled(
    lambda site, seqs: JournalEntry.objects.filter(site_id=site, seq__any_of=seqs).order_by("seq").values_list(*_ENTRY_FIELDS),
    values=2,
)
