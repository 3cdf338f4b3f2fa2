"""What a failure of the correlator is about: an engine that is away, the house as a whole, or one entry of the log. Pure.

An engine that is away is waited for. What fails for the whole house (a table that a migration should have made) is waited for
too, and told. Anything else is taken for a defect that some entry brings to light: `Suspects` halves a batch until that entry
is alone. Where the site cannot be built it is some rule that does: `guilty_rules` finds it likewise.
"""

from collections.abc import Callable, Sequence

import redis
from django.db.utils import InterfaceError, OperationalError

BY_ENTRY = ("54", "57014")
"""SQLSTATEs that the driver calls operational and that the same entry brings about each time: a limit of PostgreSQL, a statement
that was cancelled because it took too long."""
OF_THE_HOUSE = ("25006", "42501", "42703", "42883", "42P01", "3F000")
"""SQLSTATEs that no entry can bring about: a database that may only be read, a right, column, function, table or schema that is
not there."""


def engine_is_away(error: Exception) -> bool:
    """Whether PostgreSQL or Valkey does not do now what it will do later."""
    if isinstance(error, OperationalError | InterfaceError):
        return not _sqlstate(error).startswith(BY_ENTRY)
    return isinstance(error, redis.RedisError)


def is_of_the_house(error: Exception) -> bool:
    """Whether everything would fail as this did."""
    return _sqlstate(error).startswith(OF_THE_HOUSE)


def _sqlstate(error: Exception) -> str:
    return getattr(error.__cause__ or error, "sqlstate", None) or ""


def guilty_rules(versions: Sequence[int], failure: Callable[[Sequence[int]], Exception | None]) -> dict[int, Exception]:
    """Those of these versions of rules without which nothing fails, each with its defect; none when it fails without any.

    failure   the defect with which a site that has only these rules fails, if it does

    The first try is with all of them again: what was a coincidence is not repeated. Then the shortest beginning of the list
    that fails is looked for by halves: its last rule is guilty, and all others are tried again.
    """
    kept, guilty = list(versions), {}
    while (defect := failure(kept)) is not None:
        if not kept or failure([]) is not None:
            return {}
        works, fails = 0, len(kept)
        while fails - works > 1:
            middle = (works + fails) // 2
            if (found := failure(kept[:middle])) is None:
                works = middle
            else:
                fails, defect = middle, found
        guilty[kept.pop(fails - 1)] = defect
    return guilty


class Suspects:
    """The entries after the offset among which some bring a defect to light, while they are tried again by halves.

    An entry is guilty once it failed twice alone: what was a coincidence the first time (two transactions that met, an engine
    in memory that an earlier failure had left half moved) is not repeated.
    """

    def __init__(self) -> None:
        self._left = 0
        self._failed_alone = False

    def at_most(self, usual: int) -> int:
        """How many entries to try next."""
        return max(1, self._left // 2) if self._left else usual

    def passed(self, count: int) -> None:
        """So many entries were applied."""
        self._left, self._failed_alone = max(0, self._left - count), False

    def failed(self, count: int) -> bool:
        """So many entries failed together; whether it was one, and its fault is certain."""
        certain = count == 1 and self._failed_alone
        self._left, self._failed_alone = count, count == 1
        return certain
