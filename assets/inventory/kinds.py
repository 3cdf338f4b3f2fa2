"""The catalogue of kinds, from assets/kinds.toml into the database."""

import tomllib
from pathlib import Path

import msgspec

from assets.inventory.failures import BrokenCatalogue
from assets.models import AssetKind

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


class _Catalogue(msgspec.Struct):
    kind: list[Kind]


def read_catalogue(path: Path = CATALOGUE) -> list[Kind]:
    """Every kind of the file. Raises BrokenCatalogue."""
    try:
        kinds = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Catalogue).kind
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BrokenCatalogue(reason=error) from error
    slugs = [kind.slug for kind in kinds]
    if repeated := {slug for slug in slugs if slugs.count(slug) > 1}:
        raise BrokenCatalogue(reason=f"repeated: {', '.join(sorted(repeated))}")
    return kinds


def load_kinds(kinds: list[Kind]) -> int:
    """Make or update these kinds, keep all others; returns how many are new or changed."""
    known = {kind.slug: kind for kind in AssetKind.objects.all()}
    fields = ("name_fr", "name_en", "domain", "glyph", "points")
    # As the database gives it back: JSON has lists where a kind has tuples, and one is compared with the other.
    written = [msgspec.json.decode(msgspec.json.encode(kind)) for kind in kinds]
    wanted = [AssetKind(**{name: kind[name] for name in ("slug", *fields)}) for kind in written]
    differing = [
        kind
        for kind in wanted
        if kind.slug not in known or any(getattr(kind, name) != getattr(known[kind.slug], name) for name in fields)
    ]
    AssetKind.objects.bulk_create(differing, update_conflicts=True, unique_fields=["slug"], update_fields=list(fields))
    return len(differing)
