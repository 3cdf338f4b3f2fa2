"""What somebody asked for and cannot have: one type, raised where the rule of the domain is and mapped once at each edge. Pure.

Who raises it has changed nothing. A supervisor that fails and a file that cannot be read are families of their own.
"""

from enum import StrEnum


class Meaning(StrEnum):
    """Whose turn it is: the interface has one status for each, a page one way to say it."""

    CONFLICT = "conflict"
    """Not as things stand."""
    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    """Not this person."""
    INVALID = "invalid"
    """Never, as it was asked: something given must be another."""


class Refused(Exception):
    """`code` names the reason for programs, `fr` and `en` tell a person. `field` names what was given that it is about, "" the
    whole."""

    def __init__(self, code: str, fr: str, en: str, *, meaning: Meaning = Meaning.CONFLICT, field: str = "") -> None:
        super().__init__(en)
        self.code, self.fr, self.en = code, fr, en
        self.meaning, self.field = meaning, field
