"""Many permits at once: a file that is compared, shown and confirmed; what an access-management system says."""

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import transaction

from assets.feeds.guard import AddressRefused
from assets.feeds.request import Client, SupervisorFailed
from assets.inventory.failures import InventoryFailure
from assets.models import Site
from assets.refusal import Refused
from journal.actors import Actor
from passages import plates
from passages.models import Gate, PermitImport, PermitSource
from passages.permits import changes, table
from passages.permits.changes import SHOWN, Difference
from passages.permits.hours import BadHours, weekly
from passages.permits.refusals import Reason, Refusal
from passages.permits.table import Described, Plate, Read, frozen

MOST = 20_000
TIMEOUT = 20.0


class SentPlate(msgspec.Struct, forbid_unknown_fields=True):
    plate: Annotated[str, msgspec.Meta(max_length=40)]
    country: Annotated[str, msgspec.Meta(max_length=10)] = ""


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    """A permit as systems and forms send it; times with their zone."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    company: Annotated[str, msgspec.Meta(min_length=1, max_length=160)]
    plates: Annotated[list[SentPlate], msgspec.Meta(min_length=1, max_length=table.MOST_PLATES)]
    valid_until: dt.datetime
    gates: list[str] | None = None
    valid_from: dt.datetime | None = None
    contact: Annotated[str, msgspec.Meta(max_length=200)] = ""
    purpose: Annotated[str, msgspec.Meta(max_length=300)] = ""
    weekly: list[dict[str, object]] = []
    escort: bool = False
    longest_stay: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    state: Annotated[str, msgspec.Meta(pattern=r"^(active|suspended|ended)$")] = "active"


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    permits: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST)]
    whole: bool = False


class BadMessage(ValueError):
    """What an access-management system said is no list of permits."""


def compare_file(site: Site, content: bytes, name: str, *, by: Actor, now: dt.datetime, whole: bool = False) -> PermitImport:
    """Compare a file with the permits of people and files; nothing is written but the comparison."""
    run = PermitImport(
        site=site, file_name=name[:200], started_at=now, started_by=by.name, whole=whole, state=PermitImport.State.COMPARED
    )  # fmt: skip
    try:
        difference = _of_file(site, content, whole)
    except InventoryFailure as failure:
        run.state, run.message, run.finished_at = PermitImport.State.REFUSED, str(failure)[:2000], now
        run.details = {"failure": type(failure).__name__, "fields": failure.fields}
    else:
        _describe(run, difference)
        run.content = content
    run.save()
    return run


def carry_out_file(id_: int, *, by: Actor, now: dt.datetime, without_refused: bool = False) -> PermitImport:
    """Write what was shown, and nothing else. Raises Refused."""
    with transaction.atomic():
        run = PermitImport.objects.select_for_update(of=("self",)).select_related("site").filter(pk=id_).first()
        if run is None or run.state != PermitImport.State.COMPARED or not run.content:
            raise Refused(
                "not_compared", "Il n’y a rien à importer : comparer d’abord.", "There is nothing to import: compare first."
            )
        difference = _of_file(run.site, bytes(run.content), run.whole)
        if difference.fingerprint() != run.fingerprint:
            raise Refused(
                "moved", "Les autorisations ont changé depuis la comparaison : comparer de nouveau.",
                "The permits have changed since the comparison: compare again.",
            )  # fmt: skip
        if difference.refused and not without_refused:
            raise Refused(
                "refused_rows", "Des lignes sont refusées : les corriger, ou importer sans elles.",
                "Some rows are refused: correct them, or import without them.",
            )  # fmt: skip
        changes.carry_out(run.site, difference, by=by, now=now, quiet=len(difference.new) + len(difference.changed) > SHOWN)
        run.state, run.finished_at, run.content = PermitImport.State.DONE, now, b""
        run.save()
    return run


def take_message(source: PermitSource, body: bytes, now: dt.datetime) -> PermitImport:
    """What a system says, compared and written at once; each refused permit by its reason. Raises BadMessage."""
    try:
        told = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadMessage(str(error)[:200]) from error
    by = Actor("supervisor", source.slug)
    with transaction.atomic():
        source = PermitSource.objects.select_for_update(no_key=True, of=("self",)).select_related("site").get(pk=source.pk)
        gates = set(Gate.objects.filter(site=source.site).values_list("slug", flat=True))
        read = Read()
        for row, raw in enumerate(told.permits, 1):
            try:
                read.permits.append(of_sent(msgspec.json.decode(raw, type=Sent), gates))
                read.rows.append(row)
            except (msgspec.DecodeError, ValueError) as error:
                read.refused.append(Refusal(row, Reason.MALFORMED, {"reason": str(error)[:160]}))
        difference = changes.compare(
            source.site_id, read.permits, read.refused, source=source, whole=told.whole and not read.refused, rows=read.rows
        )  # fmt: skip
        changes.carry_out(source.site, difference, by=by, now=now, source=source, quiet=True)
        run = PermitImport(
            site=source.site, source=source, started_at=now, finished_at=now, started_by=source.slug, whole=told.whole,
            state=PermitImport.State.DONE,
        )  # fmt: skip
        _describe(run, difference)
        if difference.new or difference.changed or difference.gone or difference.refused:
            run.save()
        source.heard_at, source.failure = now, ""
        source.save(update_fields=["heard_at", "failure"])
    return run


def pull_due(site: int, now: dt.datetime) -> None:
    """Ask the systems that do not push, each at its time. Their failures are written on their rows."""
    for source in PermitSource.objects.filter(site_id=site, enabled=True).exclude(address="").select_related("site"):
        if source.next_at is not None and source.next_at > now:
            continue
        next_at = now + dt.timedelta(seconds=source.interval)
        mine = PermitSource.objects.filter(pk=source.pk, next_at=source.next_at).update(next_at=next_at)
        if mine:
            _pull(source, now)


def of_sent(told: Sent, gates: set[str]) -> Described:
    """Raises ValueError, which says why."""
    if not all(each.isprintable() for each in (told.reference, told.company, told.contact, told.purpose)):
        raise ValueError("a text has control characters")
    if not told.reference.strip() or not told.company.strip():
        raise ValueError("the reference or the company is empty")
    if told.valid_until.tzinfo is None or (told.valid_from is not None and told.valid_from.tzinfo is None):
        raise ValueError("a time has no zone")
    if told.valid_from is not None and told.valid_until <= told.valid_from:
        raise ValueError("it ends before it begins")
    if not all(2000 <= each.year < 2200 for each in (told.valid_until, told.valid_from) if each is not None):
        raise ValueError("a time is not between the years 2000 and 2200")
    if told.gates is not None and (not told.gates or set(told.gates) - gates):
        raise ValueError("a gate does not exist, or none is named; null is every gate")
    try:
        windows = frozen(weekly(told.weekly))
    except BadHours as error:
        raise ValueError(f"weekly: {error}") from error
    found = {}
    for each in told.plates:
        plate = plates.normalised(each.plate)
        if len(plate) < plates.SHORTEST:
            raise ValueError("a plate is none")
        found[plate] = Plate(plate, plates.country_code(each.country))
    return Described(
        reference=told.reference.strip(), company=told.company.strip(), contact=told.contact, purpose=told.purpose,
        plates=tuple(found[plate] for plate in sorted(found)),
        gates=None if told.gates is None else tuple(sorted(set(told.gates))),
        valid_from=told.valid_from and told.valid_from.astimezone(dt.UTC), valid_until=told.valid_until.astimezone(dt.UTC),
        weekly=windows, escort=told.escort, longest_stay=told.longest_stay, state=told.state,
    )  # fmt: skip


def _of_file(site: Site, content: bytes, whole: bool) -> Difference:
    gates = set(Gate.objects.filter(site=site).values_list("slug", flat=True))
    read = table.read(content, gates, ZoneInfo(site.timezone))
    return changes.compare(site.pk, read.permits, read.refused, whole=whole and not read.refused, rows=read.rows)


def _pull(source: PermitSource, now: dt.datetime) -> None:
    try:
        private = source.allow_private_address and (source.site.allow_private_pull or settings.ALLOW_PRIVATE_PULL)
        with Client(allow_private=private, timeout=TIMEOUT) as client:
            answered = client.get(source.address, {"authorization": source.secret} if source.secret else {})
        if answered.body is None:
            raise BadMessage("the answer is empty")
        take_message(source, answered.body, now)
    except (SupervisorFailed, AddressRefused, BadMessage) as error:
        PermitSource.objects.filter(pk=source.pk).update(failure=str(error)[:200])


def _describe(run: PermitImport, difference: Difference) -> None:
    run.new, run.changed, run.unchanged = len(difference.new), len(difference.changed), difference.unchanged
    run.gone, run.refused, run.fingerprint = len(difference.gone), len(difference.refused), difference.fingerprint()
    run.details = {
        "new": [{"reference": each.reference, "company": each.company} for each in difference.new[:SHOWN]],
        "changed": [{"reference": each.after.reference, "fields": list(each.fields)} for each in difference.changed[:SHOWN]],
        "gone": [{"reference": permit.reference, "company": permit.company} for permit in difference.gone[:SHOWN]],
        "refused": [
            {
                "row": each.row,
                "reference": each.reference,
                "reason": each.reason.name.lower(),
                "sentence": each.sentence,
                "sentence_fr": each.sentence_fr,
            }
            for each in difference.refused[:SHOWN]
        ],
        "twins": [{"one": one, "other": other} for one, _, other, _ in difference.twins[:SHOWN]],
    }
