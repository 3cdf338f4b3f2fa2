"""Who acts: a person, a program by its token, a rule, a procedure, a supervisor or the system; and from which desk. Pure."""

from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["person", "token", "rule", "procedure", "supervisor", "system"]


class Account(Protocol):
    """What an actor takes from a person's account."""

    pk: int

    def get_username(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is a person's user name, a token's name, a rule's, a procedure's or a supervisor's slug: `Actor("rule", rule.slug)`.

    `person` is the id of the account, of a person alone.
    """

    kind: Kind
    name: str = ""
    desk: str = ""
    person: int | None = None

    @classmethod
    def of(cls, account: Account, desk: str = "") -> "Actor":
        """A person who acts from a desk; an unnamed desk is empty."""
        return cls("person", account.get_username(), desk, account.pk)


SYSTEM = Actor("system")
"""Vigie by itself: what readings, deadlines and settings bring about."""
