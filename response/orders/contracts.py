"""Contractors of a site and their contracts, as administrators keep them; the only writer of Contractor and Contract."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import msgspec
from django.db import IntegrityError, transaction

from assets.models import AssetKind, Sector
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from response.models import Contract, Contractor
from response.orders.terms import HOLIDAYS, BadTerms, read_hours, read_terms

ReadT = TypeVar("ReadT")


class Wanted(msgspec.Struct, frozen=True):
    """A contract as it is to be. `terms` and `hours` as response.orders.terms reads them."""

    reference: str
    terms: Mapping[str, Any]
    starts_on: dt.date
    ends_on: dt.date | None = None
    hours: Mapping[str, Any] = {}
    holidays: str = ""
    kinds: Collection[AssetKind] = ()
    sectors: Collection[Sector] = ()


def keep_contractor(
    site: int, slug: str, *, name: str, email: str, phone: str, contact: str, retired: bool, mails: bool = False,
    language: str = "fr", by: Actor, now: dt.datetime,
) -> Contractor:  # fmt: skip
    """Add a contractor, or change what is known of it."""
    with transaction.atomic():
        known = Contractor.objects.select_for_update(no_key=True).filter(site_id=site, slug=slug).first()
        row = known or Contractor(site_id=site, slug=slug)
        row.name, row.email, row.phone, row.contact = name.strip(), email, phone, contact
        row.mails, row.language = mails and bool(email), language
        row.retired_at = (row.retired_at or now) if retired else None
        row.save()
        with live.writing(site) as page:
            fr, en = ("ajoutée", "added") if known is None else ("modifiée", "changed")
            fr, en = f"Entreprise {row.name} {fr}", f"Contractor {row.name} {en}"
            page.write(Line("contractor.changed", now, fr, en, [("contractor", row.pk)], by, {"slug": slug, "retired": retired}))
    return row


def keep_contract(
    contractor: Contractor, wanted: Wanted, *, by: Actor, now: dt.datetime, known: Contract | None = None
) -> Contract:
    """Add a contract, or change one; what was ordered by it keeps its due instants. Raises Refused."""
    terms = _sound(wanted)
    with transaction.atomic():
        row = Contract(contractor=contractor)
        if known is not None:
            row = Contract.objects.select_for_update(no_key=True).get(pk=known.pk)
        row.reference, row.terms, row.hours = wanted.reference, terms, dict(wanted.hours)
        row.holidays = wanted.holidays
        row.starts_on, row.ends_on = wanted.starts_on, wanted.ends_on
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            fr, en = "Cette entreprise a déjà un contrat de cette référence.", "This contractor has a contract of that reference."
            raise Refused("contract_reference", fr, en, meaning=Meaning.INVALID, field="reference") from error
        row.kinds.set(wanted.kinds)
        row.sectors.set(wanted.sectors)
        with live.writing(contractor.site_id) as page:
            fr, en = ("ajouté", "added") if known is None else ("modifié", "changed")
            fr, en = f"Contrat {row.reference}, {contractor.name}, {fr}", f"Contract {row.reference}, {contractor.name}, {en}"
            about = [("contractor", contractor.pk), ("contract", row.pk)]
            details = {"terms": terms, "hours": dict(wanted.hours), "holidays": wanted.holidays}
            page.write(Line("contract.changed", now, fr, en, about, by, details))
    return row


def _sound(wanted: Wanted) -> dict[str, Any]:
    """The terms as they are stored. Raises Refused."""
    if wanted.ends_on is not None and wanted.ends_on < wanted.starts_on:
        fr, en = "Le contrat finit avant de commencer.", "The contract ends before it begins."
        raise Refused("contract_ends_before", fr, en, meaning=Meaning.INVALID, field="ends_on")
    terms = _read(read_terms, wanted.terms, "terms")
    _read(read_hours, wanted.hours, "hours")
    if wanted.holidays and wanted.holidays not in HOLIDAYS:
        fr, en = "Jours fériés d’une région inconnue.", "Public holidays of a region that is not known."
        raise Refused("unknown_region", fr, en, meaning=Meaning.INVALID, field="holidays")
    if not terms:
        fr, en = "Un contrat a au moins une priorité.", "A contract has at least one priority."
        raise Refused("no_terms", fr, en, meaning=Meaning.INVALID, field="terms")
    stored: dict[str, Any] = msgspec.to_builtins(terms)
    return stored


def _read(reader: Callable[[object], ReadT], told: object, field: str) -> ReadT:
    try:
        return reader(told)
    except BadTerms as error:
        fr, en = f"Illisible : {error}", f"Not usable: {error}"
        raise Refused("bad_terms", fr, en, meaning=Meaning.INVALID, field=field) from error
