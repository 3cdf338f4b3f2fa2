"""What every field of a rule is called and what it is for, in both languages, by its path in the schema of specs.

The words stand in rule_texts.toml; a test holds them complete.
"""

import tomllib
from functools import cache
from pathlib import Path

TEXTS = tomllib.loads((Path(__file__).parent / "rule_texts.toml").read_text("utf-8"))
KINDS, FIELDS, VALUES, CHOICES = (TEXTS[name] for name in ("kinds", "fields", "values", "choices"))
"""Of kinds and fields: name fr, name en, help fr, help en. Of the others: fr, en."""


@cache
def words(language: str) -> dict[str, str]:
    """What the pages and their modules say: key → text; names in braces are filled in by who shows it."""
    return {key: pair[0 if language == "fr" else 1] for key, pair in TEXTS["words"].items()}


def field(definition: str, name: str) -> tuple[str, str, str, str]:
    """(label fr, label en, help fr, help en) of a field. Raises KeyError when nobody has named it."""
    return FIELDS[f"{definition}.{name}"] if f"{definition}.{name}" in FIELDS else FIELDS[f"*.{name}"]


def anywhere(name: str, language: str) -> str:
    """What a field is called, wherever it is; its own name where nobody has named it."""
    label = FIELDS.get(f"*.{name}") or next((said for path, said in FIELDS.items() if path.endswith(f".{name}")), (name, name))
    return label[0 if language == "fr" else 1]


def path_label(definitions: dict, kind: str, path: str, language: str) -> str:
    """ "Limites › 1 › Limite" of "limits[0].limit"; a part that has no field keeps its own name."""
    node, said = definitions[kind.title()], []
    for part in path.replace("[", ".[").split("."):
        if part.startswith("["):
            said.append(str(int(part[1:-1]) + 1))
            node = _inner(definitions, node.get("items", {}))
            continue
        title, inner = node.get("title", ""), node.get("properties", {}).get(part)
        try:
            label = field(title, part)[0 if language == "fr" else 1] if inner is not None else part
        except KeyError:
            label = part
        said.append(label)
        node = _inner(definitions, inner or {})
    return " › ".join(said)


def _inner(definitions: dict, node: dict) -> dict:
    """The definition behind a reference, or behind the first alternative that is one."""
    for option in (node, *node.get("anyOf", ())):
        if "$ref" in option:
            return definitions[option["$ref"].rpartition("/")[2]]
    return node
