"""Permits written, by hand or many at once: compared first, journaled, and looked through for plates that are easily confused.

The only writer of Permit and PermitPlate. The journal names a permit by its reference and its company, never by a plate.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from django.db import transaction

from assets.models import Site
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line, Page
from passages.match import Held, twins
from passages.models import Gate, Permit, PermitPlate, PermitSource
from passages.permits.refusals import Reason, Refusal
from passages.permits.table import Described, Plate, frozen

ALWAYS_WAS = dt.timedelta(minutes=1)
"""A permit that does not say since when it is valid, is since just before it was written."""
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Changed:
    permit: Permit
    after: Described
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file or a message would change; `twins` are the pairs that will be there and are confusable."""

    new: list[Described] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    gone: list[Permit] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    twins: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(reference, plate, reference, plate)"""

    def fingerprint(self) -> str:
        """The same for the same difference: what was shown is what is carried out."""
        told = (
            [msgspec.to_builtins(each) for each in self.new],
            [(each.permit.pk, msgspec.to_builtins(each.after)) for each in self.changed],
            [permit.pk for permit in self.gone], [(each.row, each.reason) for each in self.refused],
        )  # fmt: skip
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def described(permit: Permit) -> Described:
    """A stored permit as it is compared; `gates` and `plates` at hand."""
    return Described(
        reference=permit.reference, company=permit.company, contact=permit.contact, purpose=permit.purpose,
        plates=tuple(sorted(Plate(each.plate, each.country) for each in permit.plates.all())),
        gates=None if permit.every_gate else tuple(sorted(gate.slug for gate in permit.gates.all())),
        valid_from=permit.valid_from, valid_until=permit.valid_until, weekly=frozen(permit.weekly), escort=permit.escort,
        longest_stay=permit.longest_stay, state=permit.state,
    )  # fmt: skip


def compare(
    site: int, wanted: Sequence[Described], refused: Iterable[Refusal] = (), *, source: PermitSource | None = None,
    whole: bool = False, rows: Sequence[int] = (),
) -> Difference:  # fmt: skip
    """What would change; nothing is written. `whole`: what this source (None: people and files) has and does not say is over."""
    known = {permit.reference: permit for permit in _all(site)}
    new: list[Described] = []
    changed: list[Changed] = []
    bad, unchanged = list(refused), 0
    for place, permit in enumerate(wanted):
        before = known.get(permit.reference)
        if before is None:
            new.append(permit)
        elif before.source_id != (source.pk if source else None):
            owner = before.source.name if before.source else "—"
            why: dict[str, object] = {"reference": permit.reference, "source": owner}
            bad.append(Refusal(rows[place] if rows else place + 1, Reason.OF_ANOTHER, why, permit.reference))
        elif fields := _different(described(before), permit):
            changed.append(Changed(before, permit, fields))
        else:
            unchanged += 1
    said = {permit.reference for permit in wanted} | {each.reference for each in bad if each.reference}
    mine = source.pk if source else None
    gone = [
        permit for permit in known.values()
        if whole and permit.reference not in said and permit.source_id == mine and permit.state != Permit.State.ENDED
    ]  # fmt: skip
    return Difference(new, changed, unchanged, gone, sorted(bad, key=lambda each: each.row), _twins(known, new, changed, gone))


def carry_out(
    site: Site, difference: Difference, *, by: Actor, now: dt.datetime, source: PermitSource | None = None, quiet: bool = False
) -> list[Permit]:
    """Write a difference that was just made in the caller's transaction; `quiet`: one line for all. The permits in its order."""
    gates = {gate.slug: gate for gate in Gate.objects.filter(site=site)}
    written: list[Permit] = []
    with live.writing(site.pk) as page:
        for wanted in difference.new:
            permit = Permit(site=site, source=source, reference=wanted.reference)
            written.append(_write(permit, wanted, gates, page, now, by, ("created", "créée", "created"), quiet))
        for each in difference.changed:
            written.append(_write(each.permit, each.after, gates, page, now, by, ("changed", "modifiée", "changed"), quiet))
        for permit in difference.gone:
            permit.state, permit.changed_at = Permit.State.ENDED, now
            _tell(page, permit, ("ended", "terminée", "ended"), now, by)
            permit.save(update_fields=["state", "changed_at", "seq"])
        if quiet and (difference.new or difference.changed):
            n, m = len(difference.new), len(difference.changed)
            fr, en = f"Autorisations : créées {n}, modifiées {m}", f"Permits: {n} created, {m} changed"
            seq = page.write(Line("permit.imported", now, fr, en, (), by, {"new": n, "changed": m, "gone": len(difference.gone)}))
            Permit.objects.filter(pk__in=[permit.pk for permit in written]).update(seq=seq)
    return written


def write(
    site: Site, wanted: Described, *, by: Actor, now: dt.datetime, known: Permit | None = None
) -> tuple[Permit, Difference]:
    """One permit by hand, new or as it is to be, with its twins among all others. Raises Refused."""
    _check(site, wanted, now)
    with transaction.atomic():
        if known is not None and known.source_id is not None:
            raise Refused(
                "of_a_source", f"Cette autorisation vient de {known.source}.", f"This permit comes from {known.source}."
            )  # fmt: skip
        taken = Permit.objects.select_for_update().filter(site=site, reference=wanted.reference).first()
        if taken is not None and (known is None or taken.pk != known.pk):
            raise Refused(
                "reference_taken", "Cette référence existe déjà.", "This reference exists already.", meaning=Meaning.INVALID,
                field="reference",
            )  # fmt: skip
        if known is None:
            difference = compare(site.pk, [wanted])
            return carry_out(site, difference, by=by, now=now)[0], difference
        fields = _different(described(known), wanted)
        changed = [Changed(known, wanted, fields)] if fields else []
        rest = {permit.reference: permit for permit in _all(site.pk)}
        difference = Difference(changed=changed, unchanged=not changed, twins=_twins(rest, [], changed, []))
        return (carry_out(site, difference, by=by, now=now) or [known])[0], difference


def set_state(id_: int, state: str, *, by: Actor, now: dt.datetime) -> Permit:
    """Suspend, take up again or end a permit. Idempotent. Raises Refused."""
    words = {
        "suspended": ("suspended", "suspendue", "suspended"), "active": ("resumed", "reprise", "taken up again"),
        "ended": ("ended", "terminée", "ended"),
    }  # fmt: skip
    with transaction.atomic():
        permit = Permit.objects.select_for_update(no_key=True, of=("self",)).filter(pk=id_).first()
        if permit is None:
            raise Refused(
                "no_such_permit", "Cette autorisation n’existe pas.", "There is no such permit.", meaning=Meaning.NOT_FOUND
            )
        if permit.state == state:
            return permit
        if permit.state == Permit.State.ENDED:
            raise Refused("ended", "Une autorisation terminée ne se rouvre pas.", "A permit that has ended has ended for good.")
        permit.state, permit.changed_at = state, now
        with live.writing(permit.site_id) as page:
            _tell(page, permit, words[state], now, by)
            permit.save(update_fields=["state", "changed_at", "seq"])
    return permit


def leave(source: PermitSource, *, ending: bool, by: Actor, now: dt.datetime) -> int:
    """The permits of a system that is taken away end, or are people's to change from now on. Their number."""
    permits = list(Permit.objects.select_for_update(no_key=True, of=("self",)).filter(source=source).order_by("pk"))
    with live.writing(source.site_id) as page:
        for permit in permits:
            permit.source = None
            if ending and permit.state != Permit.State.ENDED:
                permit.state, permit.changed_at = Permit.State.ENDED, now
                _tell(page, permit, ("ended", "terminée", "ended"), now, by)
            permit.save(update_fields=["source", "state", "changed_at", "seq"])
    return len(permits)


def _all(site: int) -> list[Permit]:
    return list(Permit.objects.filter(site_id=site).select_related("source").prefetch_related("plates", "gates").order_by("pk"))


def _different(before: Described, after: Described) -> tuple[str, ...]:
    names = [name for name in Described.__dataclass_fields__ if getattr(before, name) != getattr(after, name)]
    if after.valid_from is None and "valid_from" in names:
        names.remove("valid_from")
    return tuple(names)


def _write(
    permit: Permit, wanted: Described, gates: Mapping[str, Gate], page: Page, now: dt.datetime, by: Actor,
    words: tuple[str, str, str], quiet: bool,
) -> Permit:  # fmt: skip
    for name in ("company", "contact", "purpose", "escort", "longest_stay", "state", "valid_until"):
        setattr(permit, name, getattr(wanted, name))
    if wanted.valid_from is not None or permit.pk is None:
        permit.valid_from = wanted.valid_from or min(now, wanted.valid_until) - ALWAYS_WAS
    permit.weekly, permit.every_gate, permit.changed_at = wanted.windows(), wanted.gates is None, now
    permit.save()
    permit.gates.set([gates[slug] for slug in wanted.gates or ()])
    kept = {each.plate for each in wanted.plates}
    permit.plates.exclude(plate__in=kept).delete()
    for each in wanted.plates:
        PermitPlate.objects.update_or_create(permit=permit, plate=each.plate, defaults={"country": each.country})
    if not quiet:
        _tell(page, permit, words, now, by)
        permit.save(update_fields=["seq"])
    return permit


def _tell(page: Page, permit: Permit, words: tuple[str, str, str], now: dt.datetime, by: Actor) -> None:
    kind, fr, en = words
    name = f"{permit.reference} ({permit.company})"
    details: dict[str, object] = {"reference": permit.reference, "state": permit.state}
    text = (f"Autorisation {name} {fr}"[:600], f"Permit {name} {en}"[:600])
    permit.seq = page.write(Line(f"permit.{kind}", now, *text, [("permit", permit.pk)], by, details))


def _twins(
    known: Mapping[str, Permit], new: Sequence[Described], changed: Sequence[Changed], gone: Sequence[Permit]
) -> list[tuple[str, str, str, str]]:
    """Confusable pairs in which what is new or changed takes part, as it will be."""
    replaced = {each.permit.reference for each in changed} | {permit.reference for permit in gone}
    plates: list[tuple[str, Plate]] = [
        (permit.reference, Plate(each.plate, each.country))
        for permit in known.values()
        if permit.reference not in replaced and permit.state != Permit.State.ENDED
        for each in permit.plates.all()
    ]
    touched = {permit.reference for permit in new} | {each.after.reference for each in changed}
    plates += [(permit.reference, plate) for permit in (*new, *(each.after for each in changed)) for plate in permit.plates]
    numbers = {reference: number for number, reference in enumerate(dict.fromkeys(reference for reference, _ in plates))}
    names = {number: reference for reference, number in numbers.items()}
    pairs = twins([Held(numbers[reference], plate.plate, plate.country) for reference, plate in plates])
    told = [(names[one.permit], one.plate, names[other.permit], other.plate) for one, other, _ in pairs]
    return [pair for pair in told if {pair[0], pair[2]} & touched]


def _check(site: Site, wanted: Described, now: dt.datetime) -> None:
    known = set(Gate.objects.filter(site=site).values_list("slug", flat=True))
    if wanted.gates is not None and (not wanted.gates or set(wanted.gates) - known):
        raise Refused(
            "unknown_gate", "Cet accès n’existe pas.", "There is no such gate.", meaning=Meaning.INVALID, field="gates"
        )  # fmt: skip
    if wanted.valid_until <= (wanted.valid_from or now - ALWAYS_WAS):
        raise Refused("ends_before", "La fin est avant le début.", "It ends before it begins.", meaning=Meaning.INVALID,
                      field="valid_until")  # fmt: skip
