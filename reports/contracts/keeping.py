"""Commitments, exclusions and statements of contracts; the only writer of ContractCommitments, Exclusion and Statement.

Each is one transaction with its line in the journal. All raise Refused.
"""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.db.models import Max

from assets.models import Asset
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from reports.contracts import reading, statement
from reports.contracts.commitments import Commitments, money
from reports.models import ContractCommitments, Exclusion, Statement
from reports.periods import Period
from response.models import Contract, WorkOrder

LONGEST = 500
MOST = 200
"""Exclusions of one contract that are not withdrawn, beginning within a year."""
YEAR = dt.timedelta(days=366)


def of_contract(contract: int) -> Commitments:
    row = ContractCommitments.objects.filter(contract=contract).first()
    return Commitments() if row is None else msgspec.convert(row.values, Commitments)


def commit(contract: Contract, told: Mapping[str, object], *, by: Actor, now: dt.datetime) -> Commitments:
    """What is measured from now on, whatever month is asked for; what was frozen stays."""
    try:
        wanted = msgspec.convert(dict(told), Commitments)
    except (msgspec.ValidationError, ValueError) as error:
        fr, en = f"Engagement irrecevable : {error}", f"Not a commitment: {error}"
        raise Refused("bad_commitment", fr, en, meaning=Meaning.INVALID) from error
    values = msgspec.to_builtins(wanted)
    with transaction.atomic():
        Contract.objects.select_for_update(no_key=True).get(pk=contract.pk)
        if values != msgspec.to_builtins(of_contract(contract.pk)):
            ContractCommitments.objects.update_or_create(contract=contract, defaults={"values": values})
            with live.writing(contract.contractor.site_id) as page:
                fr, en = (
                    f"Engagements du contrat {contract.reference} modifiés",
                    f"Commitments of contract {contract.reference} changed",
                )
                page.write(Line("contract.committed", now, fr, en, _about(contract), by, {"commitments": values}))
    return wanted


class Wanted(msgspec.Struct, frozen=True):
    """An exclusion as it is to be: of one asset, of one order, or of all."""

    kind: str
    why: str
    begins_at: dt.datetime
    ends_at: dt.datetime
    asset: Asset | None = None
    order: WorkOrder | None = None


def exclude(contract: Contract, wanted: Wanted, *, by: Actor, now: dt.datetime) -> Exclusion:
    why = " ".join(wanted.why.replace("\0", "").split())
    _sound(wanted, why)
    with transaction.atomic():
        Contract.objects.select_for_update(no_key=True).get(pk=contract.pk)
        known = contract.exclusions.filter(withdrawn_at=None, begins_at__gt=wanted.begins_at - YEAR)
        same = known.filter(kind=wanted.kind, why=why, begins_at=wanted.begins_at, ends_at=wanted.ends_at)
        if (there := same.filter(asset=wanted.asset, order=wanted.order).first()) is not None:
            return there
        if known.count() >= MOST:
            fr, en = f"{MOST} exclusions par an et par contrat au plus.", f"A contract has at most {MOST} exclusions a year."
            raise Refused("too_many_exclusions", fr, en)
        row = Exclusion(
            contract=contract, kind=wanted.kind, why=why, begins_at=wanted.begins_at, ends_at=wanted.ends_at,
            asset=wanted.asset, order=wanted.order, added_at=now, added_by=by.name,
        )  # fmt: skip
        with live.writing(contract.contractor.site_id) as page:
            fr, en = f"Exclusion au contrat {contract.reference} : {why}", f"Exclusion from contract {contract.reference}: {why}"
            details: dict[str, object] = {"kind": row.kind, "begins_at": row.begins_at, "ends_at": row.ends_at, "why": why}
            row.seq = page.write(Line("contract.excluded", now, fr[:600], en[:600], _about(contract, wanted), by, details))
            row.save(force_insert=True)
    return row


def withdraw(exclusion: Exclusion, *, by: Actor, now: dt.datetime) -> Exclusion:
    """It does not count any more; what was frozen with it stays, and says so. Twice is once."""
    with transaction.atomic():
        row = (
            Exclusion.objects.select_for_update(no_key=True, of=("self",))
            .select_related("contract__contractor")
            .get(pk=exclusion.pk)
        )
        if row.withdrawn_at is not None:
            return row
        row.withdrawn_at, row.withdrawn_by = now, by.name
        row.save(update_fields=["withdrawn_at", "withdrawn_by"])
        contract = row.contract
        with live.writing(contract.contractor.site_id) as page:
            fr = f"Exclusion retirée du contrat {contract.reference} : {row.why}"
            en = f"Exclusion withdrawn from contract {contract.reference}: {row.why}"
            page.write(Line("contract.counted", now, fr[:600], en[:600], _about(contract), by, {"exclusion": row.seq}))
    return row


def freeze(contract: Contract, month: Period, *, reason: str, by: Actor, now: dt.datetime) -> Statement:
    """Keep the month as it is counted now. A second time needs a reason, and something that differs."""
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST]
    if now < month.end:
        fr, en = "Ce mois n’est pas fini.", "This month is not over."
        raise Refused("month_not_over", fr, en)
    with transaction.atomic():
        Contract.objects.select_for_update(no_key=True).get(pk=contract.pk)
        told = of_contract(contract.pk)
        if not told.each:
            fr, en = "Ce contrat n’a pas d’engagement à mesurer.", "This contract has no commitment to measure."
            raise Refused("no_commitment", fr, en)
        made = statement.make(contract, month, told, now)
        last = latest(contract, month)
        if last is not None:
            if (
                not statement.differences(statement.read(last.document), made)
                and statement.read(last.document).commitments == told
            ):
                return last
            if not reason:
                fr, en = (
                    "Ce mois est arrêté : dites pourquoi il l’est de nouveau.",
                    "This month is frozen: say why it is frozen again.",
                )
                raise Refused("no_reason", fr, en, meaning=Meaning.INVALID, field="reason")
        document = statement.written(made)
        highest: int = contract.statements.filter(month=month.first).aggregate(last=Max("version"))["last"] or 0
        row = Statement(
            contract=contract, month=month.first, version=highest + 1, made_at=now, made_by=by.name, reason=reason,
            document=document, sha256=statement.digest(document), cents=made.cents,
        )  # fmt: skip
        with live.writing(contract.contractor.site_id) as page:
            amount, when = money(row.cents), f"{month.first:%m/%Y}"
            fr = f"Contrat {contract.reference}, {when} arrêté (version {row.version}) : pénalités {amount.fr}"
            en = f"Contract {contract.reference}, {when} frozen (version {row.version}): penalties {amount.en}"
            details: dict[str, object] = {
                "month": f"{month.first:%Y-%m}", "version": row.version, "sha256": row.sha256, "cents": row.cents,
                "reason": reason,
            }  # fmt: skip
            row.seq = page.write(Line("contract.frozen", now, fr, en, _about(contract), by, details))
            row.save(force_insert=True)
    return row


def latest(contract: Contract, month: Period) -> Statement | None:
    return contract.statements.filter(month=month.first).order_by("-version").first()


def holds(row: Statement) -> bool:
    """Whether the document is the one that was hashed."""
    return statement.digest(row.document) == row.sha256


def _sound(wanted: Wanted, why: str) -> None:
    if wanted.kind not in Exclusion.Kind.values:
        fr, en = "Il faut l’un des motifs de la liste.", "One of the kinds of the list is needed."
        raise Refused("unknown_kind", fr, en, meaning=Meaning.INVALID, field="kind")
    if not why:
        fr, en = "Dites pourquoi ce temps ne compte pas.", "Say why this time does not count."
        raise Refused("no_reason", fr, en, meaning=Meaning.INVALID, field="why")
    if len(why) > LONGEST:
        fr, en = f"{LONGEST} caractères au plus.", f"{LONGEST} characters at most."
        raise Refused("too_long", fr, en, meaning=Meaning.INVALID, field="why")
    if wanted.ends_at <= wanted.begins_at or wanted.ends_at - wanted.begins_at > YEAR:
        fr, en = "La fin doit suivre le début, d’un an au plus.", "The end must follow the beginning, by a year at most."
        raise Refused("bad_interval", fr, en, meaning=Meaning.INVALID, field="ends_at")


def _about(contract: Contract, wanted: Wanted | None = None) -> list[tuple[str, int]]:
    about = [("contract", contract.pk)]
    if wanted is not None and wanted.asset is not None:
        about.append(("asset", wanted.asset.pk))
    if wanted is not None and wanted.order is not None:
        about.append(("work_order", wanted.order.pk))
    return about


def month_named(text: str, contract: Contract) -> Period:
    """`2026-03` in the site's own calendar. Raises Refused."""
    try:
        first = dt.date.fromisoformat(f"{text}-01")
    except ValueError as error:
        fr, en = "Un mois s’écrit 2026-03.", "A month is written 2026-03."
        raise Refused("bad_month", fr, en, meaning=Meaning.NOT_FOUND) from error
    if not 1990 < first.year < 2200:
        raise Refused("bad_month", "Ce mois est trop loin.", "This month is too far away.", meaning=Meaning.NOT_FOUND)
    return reading.month_of(first, contract.contractor.site.timezone)


def months(contract: Contract, now: dt.datetime) -> list[dt.date]:
    """First days of the months in which it was in force, the last first, thirty-six at most."""
    zone = ZoneInfo(contract.contractor.site.timezone)
    last = now.astimezone(zone).date()
    if contract.ends_on is not None:
        last = min(last, contract.ends_on)
    first = contract.starts_on.replace(day=1)
    found: list[dt.date] = []
    month = last.replace(day=1)
    while month >= first and len(found) < 36:
        found.append(month)
        month = (month - dt.timedelta(days=1)).replace(day=1)
    return found
