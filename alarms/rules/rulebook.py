"""Rules as a YAML file: written out, read back to the letter, compared with a site, and brought in as new versions.

What comes in is written and never activated: who activates it looks at it first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from django.db import transaction
from msgspec import Meta, Struct

from alarms.engine import spec as specs
from alarms.engine.faults import Fault, Faulty, Trouble, of_decoder, of_sentence
from alarms.engine.wording import Bilingual, storable
from alarms.models import Rule
from alarms.rules.mishaps import Mishap
from alarms.rules.versions import stored_form, write_rule
from assets import plain_yaml
from assets.models import Site
from journal.actors import SYSTEM, Actor

FORMAT = 1
MOST_CHARACTERS = 500_000
"""A thousand rules; libyaml reads them in about a second."""
PACKS = Path(__file__).parent / "packs"

ShortName = Annotated[str, Meta(min_length=1, max_length=120)]
Note = Annotated[str, Meta(max_length=300)]


class BookError(ValueError):
    """A file that cannot be used; `where` says at which rule and field, `entry` whose spec the trouble is of, if it is of one."""

    def __init__(self, where: str, trouble: Trouble, entry: RuleEntry | None = None) -> None:
        super().__init__(f"{where}: {trouble.reason}" if where else trouble.reason)
        self.where, self.trouble, self.entry = where, trouble, entry


class Name(Struct, frozen=True, forbid_unknown_fields=True):
    fr: ShortName
    en: ShortName


class BothNotes(Struct, frozen=True, forbid_unknown_fields=True):
    fr: Note
    en: Note


class RuleEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule of a file. `note`: why its settings are what they are; in one language, or in both."""

    slug: Annotated[str, Meta(pattern=r"^[-a-zA-Z0-9_]{1,60}\Z")]
    name: Name
    note: Note | BothNotes = ""
    spec: dict[str, Any]

    def note_in(self, language: str) -> str:
        return self.note if isinstance(self.note, str) else getattr(self.note, language)


class _Book(Struct, frozen=True, forbid_unknown_fields=True):
    vigie_rules: int
    rules: list[RuleEntry]
    name: Bilingual | None = None


class RuleChange(Struct, frozen=True):
    """What bringing an entry in would do. `kind`: new, changed, same; `old`: the newest version's spec, None for new."""

    kind: str
    entry: RuleEntry
    old: dict[str, Any] | None
    old_name: Name | None
    version: int | None


def dump(rules: Iterable[Rule]) -> str:
    """The newest version of each, as YAML."""
    entries = [
        {"slug": rule.slug, "name": {"fr": rule.name_fr, "en": rule.name_en}, "note": version.note, "spec": version.spec}
        for rule in rules
        if (version := rule.versions.first()) is not None
    ]
    document = {"vigie_rules": FORMAT, "rules": entries}
    return plain_yaml.dump(document)


def read(text: str) -> list[RuleEntry]:
    """The entries of a file, every spec decoded and in its stored form. Raises BookError."""
    try:
        document = plain_yaml.load(text, MOST_CHARACTERS)
    except plain_yaml.NotPlain as error:
        raise BookError("rules" if error.in_a_text else "", of_sentence(Mishap, error.reason)) from error
    try:
        book = msgspec.convert(document, _Book)
        storable(msgspec.json.encode([(entry.name, entry.note) for entry in book.rules]))
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        raise BookError(path.rstrip("`").lstrip("."), of_decoder(reason)) from error
    except UnicodeEncodeError as error:
        raise BookError("rules", Trouble("", Fault.SURROGATE)) from error
    except Faulty as error:
        raise BookError("rules", Trouble("", error.fault, error.fields)) from error
    if book.vigie_rules != FORMAT:
        raise BookError("vigie_rules", Trouble("", Mishap.OTHER_FORMAT, {"given": book.vigie_rules, "known": FORMAT}))
    return [_stored(entry) for entry in _once(book.rules)]


def pack(name: str) -> list[RuleEntry]:
    """The entries of a ready-made pack, by the name of its file. Raises BookError when there is none."""
    if name not in packs():
        raise BookError("", Trouble("", Mishap.NO_PACK, {"name": name, "names": ", ".join(packs())}))
    return read((PACKS / f"{name}.yaml").read_text("utf-8"))


def packs() -> list[str]:
    return sorted(path.stem for path in PACKS.glob("*.yaml"))


def compare(site: Site, entries: Iterable[RuleEntry]) -> list[RuleChange]:
    """What each entry would change; nothing is written. Two queries."""
    known = {rule.slug: rule for rule in Rule.objects.filter(site=site).prefetch_related("versions")}
    return [_change(known.get(entry.slug), entry) for entry in entries]


def bring_in(
    site: Site, entries: Iterable[RuleEntry], *, by: Actor = SYSTEM, language: str = "fr", now: dt.datetime
) -> list[RuleChange]:
    """Write what is new or changed as new versions, all or none; nothing is activated."""
    with transaction.atomic():
        changes = compare(site, entries)
        for change in changes:
            entry = change.entry
            if change.kind != "same":
                write_rule(
                    site, entry.slug, entry.name.fr, entry.name.en, entry.spec, by=by, note=entry.note_in(language), now=now
                )
    return changes


def differences(old: object, new: object, path: str = "") -> Iterator[tuple[str, object, object]]:
    """(path, old, new) of every field that differs, None where one has none: "limits[0].limit", 2.5, 3.0."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and _of_objects(old, new):
        for index in range(max(len(old), len(new))):
            pair = (each[index] if index < len(each) else None for each in (old, new))
            yield from differences(*pair, f"{path}[{index}]")
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield path, old, new


def _of_objects(*lists: list) -> bool:
    return any(isinstance(each, dict) for both in lists for each in both)


def _change(rule: Rule | None, entry: RuleEntry) -> RuleChange:
    version = None if rule is None else next(iter(rule.versions.all()), None)
    if version is None:
        return RuleChange("new", entry, None, None, None)
    name = Name(rule.name_fr, rule.name_en)
    kind = "same" if version.spec == entry.spec and name == entry.name else "changed"
    return RuleChange(kind, entry, version.spec, name, version.number)


def _once(entries: list[RuleEntry]) -> list[RuleEntry]:
    slugs = [entry.slug for entry in entries]
    for index, slug in enumerate(slugs):
        if slug in slugs[:index]:
            raise BookError(f"rules[{index}].slug", Trouble("", Mishap.NAME_TWICE, {"slug": slug}))
    return entries


def _stored(entry: RuleEntry) -> RuleEntry:
    try:
        document = stored_form(specs.decode(entry.spec))
    except specs.SpecError as error:
        raise BookError(f"{entry.slug}: spec.{error.path}".rstrip("."), error.trouble, entry) from error
    return msgspec.structs.replace(entry, spec=document)
