"""YAML as JSON would have it, for files people write by hand: no dates, no aliases, no key twice; `on` and `22:00` are text.

Pure, and bounded: what is too long or nested too deep is refused before anything is built.
"""

import re
from typing import Any

import yaml

DEEPEST = 50
"""Levels of lists and mappings: no rule has ten, and libyaml builds each level on the stack."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotPlain(ValueError):
    """A text that cannot be read; `in_a_text`: one of its own texts is at fault, not its shape."""

    def __init__(self, reason: str, in_a_text: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.in_a_text = reason, in_a_text


def load(text: str, most_characters: int) -> Any:
    """What the text says. Raises NotPlain."""
    if len(text) > most_characters:
        raise NotPlain(f"longer than {most_characters} characters")
    try:
        _check_shape(text)
        return yaml.load(text, Loader=_Loader)  # a SafeLoader that knows less
    except NotPlain:
        raise
    except yaml.YAMLError as error:
        if _SURROGATE.search(text):  # libyaml does not say which character it will not have
            raise NotPlain("a text has half of a surrogate pair", in_a_text=True) from error
        raise NotPlain(f"not YAML: {str(error)[:300]}") from error
    except (ValueError, OverflowError) as error:  # a number of thousands of digits, a character that is none
        raise NotPlain(f"not YAML: {str(error)[:300]}") from error


def dump(document: Any) -> str:
    """A text that `load`, and any older reader of YAML, reads as the same."""
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _check_shape(text: str) -> None:
    """Raises NotPlain for what is nested too deep, yaml.YAMLError for what refers to another place. Nothing is built yet."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.YAMLError("aliases are not used here")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise NotPlain("nested too deep")


_PLAIN = {
    "tag:yaml.org,2002:bool": (re.compile(r"^(?:true|false)$"), "tf"),
    "tag:yaml.org,2002:int": (re.compile(r"^[-+]?[0-9]+$"), "-+0123456789"),
    "tag:yaml.org,2002:float": (re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), "-+.0123456789"),
    "tag:yaml.org,2002:null": (re.compile(r"^(?:null|~|)$"), ["n", "~", ""]),
}
"""What a word without quotes may be besides text, as YAML 1.2's JSON schema has it; tried in this order."""


class _Loader(yaml.CSafeLoader):
    """Reads only what JSON could say. libyaml's: the one written in Python takes a minute for what this one takes in a second."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if any(not isinstance(key, str) for key in keys) or len(keys) != len(set(keys)):
            raise yaml.YAMLError(f"a key that is no text, or is there twice, at line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what any YAML, this one or an older, would not take for text."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


for _tag, (_pattern, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))
    _Dumper.add_implicit_resolver(_tag, _pattern, list(_first))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
