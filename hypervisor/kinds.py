"""Kinds of assets and points as administrators set them up: who may, and a line of the journal for each change.

The catalogue is one for all sites: a change of a kind is a line on each site that has assets of it.
"""

import datetime as dt

from django.db import transaction

from assets.inventory import kinds, one_point
from assets.inventory.kinds import Kind, Template
from assets.models import Asset, AssetKind, Feed, Point, Site
from assets.refusal import Meaning, Refused
from hypervisor import changes
from hypervisor.rights import Rights, Verb
from journal.actors import Actor
from journal.page import Line


def sites_of(kind: AssetKind) -> list[int]:
    """Ids of the sites that have assets of the kind, retired ones included, ascending."""
    return list(Asset.objects.filter(kind=kind).order_by("site").values_list("site", flat=True).distinct())


def may_change(kind: AssetKind, rights: Rights) -> bool:
    """Whether the person administers each site that has assets of the kind."""
    known = rights.by_site
    return all(site in known and known[site].may(Verb.IMPORTS) for site in sites_of(kind))


def _require(kind: AssetKind, rights: Rights) -> None:
    if not may_change(kind, rights):
        raise Refused(
            "other_sites", "D’autres sites ont des équipements de ce type : seul qui les administre aussi peut le changer.",
            "Other sites have assets of this kind: only who administers them too may change it.", meaning=Meaning.NOT_ALLOWED,
        )  # fmt: skip


def add(site: Site, kind: Kind, *, by: Actor, now: dt.datetime) -> AssetKind:
    """Raises Refused."""
    with transaction.atomic():
        row = kinds.add_kind(kind)
        _journal(site, row, "added", "ajouté", "added", by, now)
    return row


def change(
    site: Site,
    row: AssetKind,
    name_fr: str,
    name_en: str,
    domain: str,
    glyph: str,
    *,
    rights: Rights,
    by: Actor,
    now: dt.datetime,
) -> None:
    """Raises Refused."""
    _require(row, rights)
    before = row.name_fr, row.name_en
    with transaction.atomic():
        if not kinds.change_kind(row, name_fr, name_en, domain, glyph):
            return
        row.name_fr, row.name_en = name_fr, name_en
        fr, en = (f" (avant : {before[0]})", f" (before: {before[1]})") if before != (name_fr, name_en) else ("", "")
        _journal(site, row, "changed", f"modifié{fr}", f"changed{en}", by, now)


def put_quantity(
    site: Site, row: AssetKind, quantity: Template, *, accept_meaning: bool, rights: Rights, by: Actor, now: dt.datetime
) -> None:
    """Raises Refused."""
    _require(row, rights)
    with transaction.atomic():
        kinds.put_quantity(row, quantity, accept_meaning=accept_meaning)
        _journal(site, row, "changed", f"grandeur {quantity.name_fr}", f"quantity {quantity.name_en}", by, now)


def remove_quantity(site: Site, row: AssetKind, quantity: Template, *, rights: Rights, by: Actor, now: dt.datetime) -> None:
    """Raises Refused."""
    _require(row, rights)
    with transaction.atomic():
        kinds.remove_quantity(row, quantity.quantity)
        fr, en = quantity.name_fr or quantity.quantity, quantity.name_en or quantity.quantity
        _journal(site, row, "changed", f"grandeur {fr} retirée", f"quantity {en} removed", by, now)


def delete(site: Site, row: AssetKind, *, by: Actor, now: dt.datetime) -> None:
    """Raises Refused while assets of any site are of this kind."""
    with transaction.atomic():
        kinds.delete_kind(row)
        _journal(site, row, "deleted", "supprimé", "deleted", by, now, everywhere=False)


def add_point(asset: Asset, quantity: str, *, by: Actor, now: dt.datetime, **given: object) -> Point:
    """Raises Refused. `given`: what `one_point.add_point` takes."""
    with transaction.atomic():
        row = one_point.add_point(asset, quantity, **given)
        _journal_point(row, "added", "ajouté", "added", by, now, [])
    return row


def change_point(
    row: Point, *, unit: str, interval: int, codes: dict[str, str], limits: dict[str, float], feed: Feed | None, address: str,
    accept_meaning: bool, by: Actor, now: dt.datetime,
) -> None:  # fmt: skip
    """Raises Refused."""
    with transaction.atomic():
        changed = one_point.change_point(
            row, unit=unit, interval=interval, codes=codes, limits=limits, feed=feed, address=address,
            accept_meaning=accept_meaning,
        )  # fmt: skip
        if changed:
            _journal_point(row, "changed", "modifié", "changed", by, now, sorted(changed))


def delete_point(row: Point, *, by: Actor, now: dt.datetime) -> None:
    """Raises Refused."""
    with transaction.atomic():
        _journal_point(row, "deleted", "supprimé", "deleted", by, now, [])
        one_point.delete_point(row)


def _journal(
    site: Site, row: AssetKind, what: str, fr: str, en: str, by: Actor, now: dt.datetime, *, everywhere: bool = True
) -> None:
    line = Line(f"kind.{what}", now, f"Type d’équipement {row.name_fr} : {fr}"[:600], f"Asset kind {row.name_en}: {en}"[:600],
                (), by, {"kind": row.slug})  # fmt: skip
    for each in sorted({site.pk, *(sites_of(row) if everywhere else ())}):
        changes.write(each, line)


def _journal_point(row: Point, what: str, fr: str, en: str, by: Actor, now: dt.datetime, changed: list[str]) -> None:
    names = next((each for each in row.asset.kind.points if each["quantity"] == row.quantity), {})
    code, given = row.asset.code, row.quantity
    line = Line(f"point.{what}", now, f"Point de mesure {names.get('name_fr') or given} de {code} : {fr}"[:600],
                f"Point {names.get('name_en') or given} of {code}: {en}"[:600], [("asset", row.asset_id)], by,
                {"asset": code, "quantity": given, "changed": changed})  # fmt: skip
    changes.write(row.asset.site_id, line)
