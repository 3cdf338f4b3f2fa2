"""What all parts of this room are written with: strict structures and texts in both languages. Pure."""

from typing import Annotated

from msgspec import Meta, Struct

Slug = Annotated[str, Meta(pattern=r"^[-a-zA-Z0-9_]{1,60}\Z")]
Short = Annotated[str, Meta(min_length=1, max_length=120)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strict on the way in: an unknown field is a typing mistake of an administrator, not something to ignore."""


class Words(Part, frozen=True):
    fr: Short
    en: Short


def plain(value: float, language: str) -> str:
    """A number as people write it: no useless zeros, and a comma in French."""
    text = f"{value:.10g}"
    return text.replace(".", ",") if language == "fr" else text
