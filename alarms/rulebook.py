"""Rules as a YAML file: written out, read back to the letter, compared with a site, and brought in as new versions.

The YAML is JSON's: no dates, no sexagesimal hours, no aliases, no key twice; `on`, `22:00` and `2026-01-01` are plain text.
What comes in is written and never activated: who activates it looks at it first.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml
from django.db import transaction
from msgspec import Meta, Struct

from alarms.engine import spec as specs
from alarms.engine.wording import Bilingual, storable
from alarms.models import Rule
from alarms.rules import stored_form, write_rule
from assets.models import Site

FORMAT = 1
MOST_CHARACTERS = 2_000_000
PACKS = Path(__file__).parent / "packs"

ShortName = Annotated[str, Meta(min_length=1, max_length=120)]
Note = Annotated[str, Meta(max_length=300)]


class BookError(ValueError):
    """A file that cannot be used; `where` says at which rule and field, `entry` and `path` which field of which spec."""

    def __init__(self, where: str, reason: str, entry: Entry | None = None, path: str = "") -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.where, self.reason, self.entry, self.path = where, reason, entry, path


class Name(Struct, frozen=True, forbid_unknown_fields=True):
    fr: ShortName
    en: ShortName


class BothNotes(Struct, frozen=True, forbid_unknown_fields=True):
    fr: Note
    en: Note


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule of a file. `note`: why its settings are what they are; in one language, or in both."""

    slug: Annotated[str, Meta(pattern=r"^[-a-zA-Z0-9_]{1,60}\Z")]
    name: Name
    note: Note | BothNotes = ""
    spec: dict[str, Any]

    def note_in(self, language: str) -> str:
        return self.note if isinstance(self.note, str) else getattr(self.note, language)


class _Book(Struct, frozen=True, forbid_unknown_fields=True):
    vigie_rules: int
    rules: list[Entry]
    name: Bilingual | None = None


class Change(Struct, frozen=True):
    """What bringing an entry in would do. `kind`: new, changed, same; `old`: the newest version's spec, None for new."""

    kind: str
    entry: Entry
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
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def read(text: str) -> list[Entry]:
    """The entries of a file, every spec decoded and in its stored form. Raises BookError."""
    if len(text) > MOST_CHARACTERS:
        raise BookError("", f"longer than {MOST_CHARACTERS} characters")
    try:
        document = yaml.load(text, Loader=_Loader)  # a SafeLoader that knows less
    except yaml.YAMLError as error:
        raise BookError("", f"not YAML: {str(error)[:300]}") from error
    except RecursionError as error:
        raise BookError("", "nested too deep") from error
    except (ValueError, OverflowError) as error:  # a number of thousands of digits, a character that is none
        raise BookError("", f"not YAML: {str(error)[:300]}") from error
    try:
        book = msgspec.convert(document, _Book)
        storable(msgspec.json.encode([(entry.name, entry.note) for entry in book.rules]))
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        raise BookError(path.rstrip("`").lstrip("."), reason) from error
    except UnicodeEncodeError as error:
        raise BookError("rules", "a text has half of a surrogate pair") from error
    except ValueError as error:
        raise BookError("rules", str(error)) from error
    if book.vigie_rules != FORMAT:
        raise BookError("vigie_rules", f"format {book.vigie_rules} is not known here, {FORMAT} is")
    return [_stored(entry) for entry in _once(book.rules)]


def pack(name: str) -> list[Entry]:
    """The entries of a ready-made pack, by the name of its file. Raises BookError when there is none."""
    if name not in packs():
        raise BookError("", f"there is no pack {name!r}; there are {', '.join(packs())}")
    return read((PACKS / f"{name}.yaml").read_text("utf-8"))


def packs() -> list[str]:
    return sorted(path.stem for path in PACKS.glob("*.yaml"))


def compare(site: Site, entries: Iterable[Entry]) -> list[Change]:
    """What each entry would change; nothing is written. Two queries."""
    known = {rule.slug: rule for rule in Rule.objects.filter(site=site).prefetch_related("versions")}
    return [_change(known.get(entry.slug), entry) for entry in entries]


def bring_in(site: Site, entries: Iterable[Entry], *, by=None, language: str = "fr", now: dt.datetime) -> list[Change]:
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


def _change(rule: Rule | None, entry: Entry) -> Change:
    version = None if rule is None else next(iter(rule.versions.all()), None)
    if version is None:
        return Change("new", entry, None, None, None)
    name = Name(rule.name_fr, rule.name_en)
    kind = "same" if version.spec == entry.spec and name == entry.name else "changed"
    return Change(kind, entry, version.spec, name, version.number)


def _once(entries: list[Entry]) -> list[Entry]:
    slugs = [entry.slug for entry in entries]
    for index, slug in enumerate(slugs):
        if slug in slugs[:index]:
            raise BookError(f"rules[{index}].slug", f"{slug!r} is there twice")
    return entries


def _stored(entry: Entry) -> Entry:
    try:
        document = stored_form(specs.decode(entry.spec))
    except specs.SpecError as error:
        raise BookError(f"{entry.slug}: spec.{error.path}".rstrip("."), error.reason, entry, error.path) from error
    return msgspec.structs.replace(entry, spec=document)


_PLAIN = {
    "tag:yaml.org,2002:bool": (re.compile(r"^(?:true|false)$"), "tf"),
    "tag:yaml.org,2002:int": (re.compile(r"^[-+]?[0-9]+$"), "-+0123456789"),
    "tag:yaml.org,2002:float": (re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), "-+.0123456789"),
    "tag:yaml.org,2002:null": (re.compile(r"^(?:null|~|)$"), ["n", "~", ""]),
}
"""What a word without quotes may be besides text, as YAML 1.2's JSON schema has it; tried in this order."""


class _Loader(yaml.SafeLoader):
    """Reads only what JSON could say."""

    yaml_implicit_resolvers: dict = {}

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not used here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if any(not isinstance(key, str) for key in keys) or len(keys) != len(set(keys)):
            raise yaml.YAMLError(f"a key that is no text, or is there twice, at line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what any YAML, this one or an older, would not take for text."""

    def ignore_aliases(self, data):
        return True

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)


for _tag, (_pattern, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))
    _Dumper.add_implicit_resolver(_tag, _pattern, list(_first))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
