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


def path_label(definitions: dict, kind: str, path: str, language: str) -> str:
    """ "Limites › 1 › Limite" of "limits[0].limit"; a part that has no field keeps its own name."""
    return field_at(definitions, kind, path, language)[0]


def field_at(definitions: dict, kind: str, path: str, language: str) -> tuple[str, dict]:
    """The label of a path, and what the schema says of the field there: nothing ({}) of one that it does not know."""
    node, labels = definitions[kind.title()], []
    for part in path.replace("[", ".[").split("."):
        if part.startswith("["):
            labels.append(str(int(part[1:-1]) + 1))
            node = behind(definitions, node.get("items", {}))
        else:
            labels.append(label_in(node, part, language))
            node = behind(definitions, node.get("properties", {}).get(part, {}))
    return " › ".join(labels), node


def label_in(node: dict, name: str, language: str) -> str:
    """What a field of a definition is called; its own name where nobody has named it."""
    try:
        label = field(node.get("title", ""), name) if name in node.get("properties", {}) else (name, name)
    except KeyError:
        label = (name, name)
    return label[0 if language == "fr" else 1]


def behind(definitions: dict, node: dict) -> dict:
    """The definition behind a reference or the first alternative that is one, or the alternative that is a list."""
    options = (node, *node.get("anyOf", ()))
    for option in options:
        if "$ref" in option:
            return definitions[option["$ref"].rpartition("/")[2]]
    return next((option for option in options if "items" in option), node)
