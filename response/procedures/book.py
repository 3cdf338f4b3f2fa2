"""Procedures as a YAML file: ready-made packs and a city's own, read strictly and brought in as new versions."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from django.db import transaction
from msgspec import Meta, Struct

from alarms.engine.faults import SpecError
from assets import plain_yaml
from assets.models import Site
from journal.actors import Actor
from response.models import ProcedureVersion
from response.procedures import authoring, spec

FORMAT = 1
MOST_CHARACTERS = 500_000
PACKS = Path(__file__).parent / "packs"


class BookError(ValueError):
    """A file that cannot be used; the message says at which procedure and why."""


class ProcedureEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One procedure of a file."""

    slug: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,59}\Z")]
    definition: dict[str, Any]


class _Book(Struct, frozen=True, forbid_unknown_fields=True):
    vigie_procedures: int
    procedures: Annotated[list[ProcedureEntry], Meta(max_length=authoring.MOST)]


def read(text: str) -> list[ProcedureEntry]:
    """The procedures of a file, each checked. Raises BookError."""
    try:
        book = msgspec.convert(plain_yaml.load(text, MOST_CHARACTERS), _Book)
    except (plain_yaml.NotPlain, msgspec.ValidationError) as error:
        raise BookError(f"This is no file of procedures: {error}") from error
    if book.vigie_procedures != FORMAT:
        raise BookError(f"Format {book.vigie_procedures} is not known; this version reads format {FORMAT}.")
    seen: set[str] = set()
    for entry in book.procedures:
        if entry.slug in seen:
            raise BookError(f"{entry.slug} is given twice.")
        seen.add(entry.slug)
        try:
            spec.decode(entry.definition)
        except SpecError as error:
            raise BookError(f"{entry.slug}: {error}") from error
    return book.procedures


def pack(name: str) -> list[ProcedureEntry]:
    """A ready-made set. Raises BookError."""
    if name not in packs():
        raise BookError(f"There is no pack {name}; there are: {', '.join(packs())}.")
    return read((PACKS / f"{name}.yaml").read_text("utf-8"))


def packs() -> list[str]:
    return sorted(path.stem for path in PACKS.glob("*.yaml"))


def bring_in(
    site: Site, entries: Iterable[ProcedureEntry], *, activate: bool = False, by: Actor, now: dt.datetime
) -> list[ProcedureVersion]:
    """Write all or none; the versions that are new. `activate`: bring them into force as well. Raises Refused, SpecError."""
    with transaction.atomic():
        last = {each.pk for each in ProcedureVersion.objects.filter(procedure__site=site)}
        versions = [authoring.write(site.pk, each.slug, each.definition, by=by, now=now) for each in entries]
        if activate:
            for version in versions:
                authoring.activate(version, by=by, now=now)
    return [version for version in versions if version.pk not in last]
