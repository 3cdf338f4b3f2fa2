"""The catalogue of kinds: from assets/kinds.toml into the database, and as administrators change it.

The table of kinds is written here and in the administration alone.
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from assets.inventory.failures import BrokenCatalogue
from assets.inventory.point_changes import listed, renamed
from assets.inventory.version import raise_version
from assets.models import Asset, AssetKind, Point
from assets.refusal import Meaning, Refused

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")
CATALOGUE = Path(__file__).resolve().parent.parent / "kinds.toml"


class Template(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A point that an asset of the kind may have; `interval` in seconds, `codes` number → label, `counter`: it only grows;
    `plausible`: the least and the most that it can be."""

    quantity: str
    unit: str = ""
    interval: int = 60
    name_fr: str = ""
    name_en: str = ""
    codes: dict[str, str] = {}
    codes_en: dict[str, str] = {}
    counter: bool = False
    plausible: tuple[float, float] | None = None


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind, with the fields of AssetKind."""

    slug: str
    name_fr: str
    name_en: str
    domain: str
    glyph: str
    points: list[Template] = []


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    kind: list[Kind]


def read_catalogue(path: Path = CATALOGUE) -> list[Kind]:
    """Every kind of the file. Raises BrokenCatalogue."""
    try:
        kinds = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Catalogue).kind
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BrokenCatalogue(reason=error) from error
    if repeated := _repeated(kind.slug for kind in kinds):
        raise BrokenCatalogue(reason=f"repeated: {repeated}")
    for kind in kinds:
        check_templates(kind.points)
    return kinds


def templates(raw: object) -> list[Template]:
    """The points of a kind as plain lists and dictionaries, checked. Raises BrokenCatalogue."""
    try:
        points = msgspec.convert(raw, list[Template])
    except msgspec.ValidationError as error:
        raise BrokenCatalogue(reason=error) from error
    check_templates(points)
    return points


def check_templates(points: list[Template]) -> None:
    """Raises BrokenCatalogue for what the types of the fields do not say."""
    if repeated := _repeated(point.quantity for point in points):
        raise BrokenCatalogue(reason=f"repeated: {repeated}")
    for point in points:
        if not SLUG.fullmatch(point.quantity):
            raise BrokenCatalogue(reason=f"{point.quantity[:60]}: a quantity is a slug (letters, digits, - and _)")
        if not 0 < point.interval < 2**31 or len(point.unit) > 20:
            raise BrokenCatalogue(reason=f"{point.quantity}: an interval is whole seconds above 0, a unit 20 characters at most")
        if point.plausible and not (all(map(math.isfinite, point.plausible)) and point.plausible[0] < point.plausible[1]):
            raise BrokenCatalogue(reason=f"{point.quantity}: plausible is the least and then the most that it can be")
        if point.counter and point.codes:
            raise BrokenCatalogue(reason=f"{point.quantity}: a counter is a number and has no codes")


def follow(kinds: Iterable[str]) -> None:
    """Let engine and tiles of the sites that have assets of these kinds (slugs) see their quantities anew."""
    raise_version(Asset.objects.filter(kind__slug__in=list(kinds)).order_by().values_list("site", flat=True).distinct())


def _repeated(slugs: Iterable[str]) -> str:
    return ", ".join(sorted(slug for slug, count in Counter(slugs).items() if count > 1))


def _with_own(points: list[dict[str, Any]], known: AssetKind | None) -> list[dict[str, Any]]:
    """The points of a catalogue, and after them the quantities that were declared for the kind and that it does not list."""
    listed = {point["quantity"] for point in points}
    return [*points, *(point for point in (known.points if known else ()) if point["quantity"] not in listed)]


@transaction.atomic
def load_kinds(kinds: list[Kind]) -> int:
    """Make or update these kinds; returns how many are new or changed. Other kinds, and quantities of these, are kept."""
    known = {kind.slug: kind for kind in AssetKind.objects.all()}
    fields = ("name_fr", "name_en", "domain", "glyph", "points")
    # As the database gives it back: JSON has lists where a kind has tuples, and one is compared with the other.
    written = [msgspec.json.decode(msgspec.json.encode(kind)) for kind in kinds]
    for kind in written:
        kind["points"] = _with_own(kind.get("points", []), known.get(kind["slug"]))
    wanted = [AssetKind(**{name: kind[name] for name in ("slug", *fields)}) for kind in written]
    differing = [
        kind
        for kind in wanted
        if kind.slug not in known or any(getattr(kind, name) != getattr(known[kind.slug], name) for name in fields)
    ]
    AssetKind.objects.bulk_create(differing, update_conflicts=True, unique_fields=["slug"], update_fields=list(fields))
    follow(kind.slug for kind in differing)
    return len(differing)


MOST_QUANTITIES = 60


def add_kind(kind: Kind) -> AssetKind:
    """A kind that the catalogue does not list. Raises Refused."""
    try:
        with transaction.atomic():
            return AssetKind.objects.create(
                slug=kind.slug, name_fr=kind.name_fr, name_en=kind.name_en, domain=kind.domain, glyph=kind.glyph
            )
    except IntegrityError as error:
        raise Refused(
            "bad_slug", "Ce nom court est déjà pris.", "This short name is taken.", meaning=Meaning.INVALID, field="slug"
        ) from error


def change_kind(row: AssetKind, name_fr: str, name_en: str, domain: str, glyph: str) -> list[str]:
    """What it is called and drawn as; the fields that changed."""
    told = {"name_fr": name_fr, "name_en": name_en, "domain": domain, "glyph": glyph}
    changed = [name for name, value in told.items() if getattr(row, name) != value]
    if changed:
        with transaction.atomic():
            AssetKind.objects.filter(pk=row.pk).update(**told)
            follow([row.slug])
    return changed


def put_quantity(row: AssetKind, quantity: Template, *, accept_meaning: bool) -> None:
    """Add a quantity, or replace the one of this slug. Raises Refused, also while states get other names unaccepted."""
    with transaction.atomic():
        locked = AssetKind.objects.select_for_update().get(pk=row.pk)
        points = templates(locked.points)
        known = next((each for each in points if each.quantity == quantity.quantity), None)
        if known is None and len(points) >= MOST_QUANTITIES:
            raise Refused("too_many", f"Il y en a {MOST_QUANTITIES} au plus.", f"There are {MOST_QUANTITIES} at most.")
        others = [quantity if each is known else each for each in points]
        checked = others if known else [*points, quantity]
        try:
            check_templates(checked)
        except BrokenCatalogue as error:
            raise Refused("bad_quantity", str(error), str(error), meaning=Meaning.INVALID) from error
        if known and not accept_meaning and (told := meaning_changes(locked, checked)):
            raise Refused(
                "new_meaning", f"Des points se lisent ainsi : {told[0]}. Règles et historique gardent leurs nombres.",
                f"Points are read so: {told[0]}. Rules and history keep their numbers.",
                meaning=Meaning.INVALID, field="accept_meaning",
            )  # fmt: skip
        AssetKind.objects.filter(pk=row.pk).update(points=msgspec.to_builtins(checked))
        follow([row.slug])


def remove_quantity(row: AssetKind, quantity: str) -> None:
    """Take a quantity away that no asset measures. Raises Refused."""
    with transaction.atomic():
        locked = AssetKind.objects.select_for_update().get(pk=row.pk)
        if count := Point.objects.filter(asset__kind=row, quantity=quantity).count():
            raise Refused("has_points", f"Des équipements la mesurent encore : {count}.", f"Assets still measure it: {count}.")
        AssetKind.objects.filter(pk=row.pk).update(points=[each for each in locked.points if each["quantity"] != quantity])
        follow([row.slug])


def delete_kind(row: AssetKind) -> None:
    """Delete a kind of which there has never been an asset. Raises Refused."""
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError as error:
        raise Refused(
            "has_assets",
            "Des équipements, retirés compris, sont de ce type.",
            "There are assets of this kind, retired ones included.",
        ) from error


def meaning_changes(row: AssetKind, after: list[Template]) -> list[str]:
    """Of the quantities whose states come to be called otherwise while points are read with them: `lamp_state: 1 = on → off`."""
    names = {each.quantity: each.codes for each in after}
    told = {each["quantity"]: renamed(each.get("codes", {}), names.get(each["quantity"], {})) for each in row.points}
    changed = {quantity: codes for quantity, codes in told.items() if codes}
    read = set(
        Point.objects.filter(asset__kind=row, quantity__in=changed, codes={}).values_list("quantity", flat=True)
        if changed else ()
    )  # fmt: skip
    return [f"{quantity}: {listed(codes)}" for quantity, codes in changed.items() if quantity in read]
