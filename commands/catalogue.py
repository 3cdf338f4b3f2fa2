"""The command types: those that come with Vigie, from commands/types.toml into the database, and what administrators change.

The only writer of CommandType and SiteChoice.
"""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction

from assets.models import AssetKind
from assets.refusal import Meaning, Refused
from commands import spec
from commands.models import CommandType, SiteChoice
from journal import live
from journal.actors import Actor
from journal.page import Line

CATALOGUE = Path(__file__).with_name("types.toml")


class BrokenCatalogue(ValueError):
    """A file of types that cannot be used; the message says where."""


def read(path: Path = CATALOGUE) -> list[spec.Type]:
    """Every type of the file. Raises BrokenCatalogue."""
    try:
        listed = tomllib.loads(path.read_text("utf-8")).get("type", [])
        types = msgspec.convert(listed, list[spec.Type])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BrokenCatalogue(str(error)) from error
    known = {(type_.kind, type_.slug): type_ for type_ in types}
    if len(known) != len(types):
        raise BrokenCatalogue("a type is given twice")
    for type_ in types:
        _check_release(type_, known.get((type_.kind, type_.stands.release or "")) if type_.stands else None)
    return types


def load(types: list[spec.Type]) -> int:
    """Make or update these types, those of unknown kinds and those changed here left out; how many are new or changed."""
    kinds = dict(AssetKind.objects.values_list("slug", "pk"))
    known = {(row.kind_id, row.slug): row for row in CommandType.objects.all()}
    written = 0
    for type_ in types:
        if (kind := kinds.get(type_.kind)) is None:
            continue
        row, told = known.get((kind, type_.slug)), spec.encode(type_)
        if row is None:
            CommandType.objects.create(kind_id=kind, slug=type_.slug, spec=told)
        elif row.own or row.spec == _stored(told):
            continue
        else:
            row.spec = told
            row.save(update_fields=["spec"])
        written += 1
    return written


def write(raw: dict[str, Any], *, enabled: bool = True) -> CommandType:
    """Store a type an administrator wrote; the catalogue leaves it alone from then on. Raises Refused."""
    try:
        type_ = spec.decode(raw)
    except spec.BadType as error:
        raise Refused("bad_type", error.said.fr, error.said.en, meaning=Meaning.INVALID, field="spec") from error
    kind = AssetKind.objects.filter(slug=type_.kind).first()
    if kind is None:
        raise Refused("no_such_kind", "Ce type d’équipement n’existe pas.", "There is no such kind of asset.",
                      meaning=Meaning.INVALID, field="spec.kind")  # fmt: skip
    if type_.stands is not None and type_.stands.release is not None:
        row = CommandType.objects.filter(kind=kind, slug=type_.stands.release).first()
        try:
            _check_release(type_, row.type() if row is not None else None)
        except BrokenCatalogue as error:
            raise Refused("bad_type", str(error), str(error), meaning=Meaning.INVALID, field="spec.stands.release") from error
    values = {"spec": spec.encode(type_), "own": True, "enabled": enabled}
    return CommandType.objects.update_or_create(kind=kind, slug=type_.slug, defaults=values)[0]


def choose(site: int, row: CommandType, *, enabled: bool, automatic: bool, by: Actor, now: dt.datetime) -> SiteChoice:
    """Say what a site allows of a type; journaled."""
    with transaction.atomic():
        values = {"enabled": enabled, "automatic": automatic}
        choice, _ = SiteChoice.objects.update_or_create(site_id=site, type=row, defaults=values)
        name = row.type().name
        with live.writing(site) as page:
            fr = f"{'offerte' if enabled else 'retirée'}, {'peut partir seule' if automatic else 'jamais seule'}"
            en = f"{'offered' if enabled else 'withdrawn'}, {'may leave by itself' if automatic else 'never by itself'}"
            text = (
                f"Type de commande « {name.fr} » ({row.kind.name_fr}) : {fr}",
                f"Command type “{name.en}” ({row.kind.name_en}): {en}",
            )
            page.write(Line("command_type.chosen", now, *text, [("command_type", row.pk)], by))
    return choice


def _stored(told: dict[str, Any]) -> object:
    """As the database gives it back."""
    return msgspec.json.decode(msgspec.json.encode(told))


def _check_release(type_: spec.Type, release: spec.Type | None) -> None:
    if type_.stands is None or type_.stands.release is None:
        return
    where = f"{type_.kind}/{type_.slug}"
    if release is None:
        raise BrokenCatalogue(f"{where}: stands.release: there is no type {type_.stands.release!r} of this kind")
    if release.dangerous or release.second_person or release.stands is not None:
        raise BrokenCatalogue(f"{where}: stands.release: it must be able to leave by itself, and not stand")
    try:
        release.filled(type_.stands.release_parameters)
    except Refused as error:
        raise BrokenCatalogue(f"{where}: stands.release_parameters: {error}") from error
