"""A person's choices: language, theme, tour and habits go with the account, the name of the desk with the session, either way."""

from typing import Any

from django.http import HttpRequest

from hypervisor.acting import DESK
from hypervisor.language import SESSION_KEY

HABITS = frozenset({"split-x", "split-y", "order", "grouping", "density", "filters", "keys"})
"""Names of what the desk keeps of how a person has it. `keys`: "off" where keys of one character do nothing."""


def remember(request: HttpRequest, chosen: dict[str, Any]) -> None:
    """Keep what was chosen among language, theme, desk, tour and habits; `chosen` has been checked. Other habits stay."""
    if "desk" in chosen:
        request.session[DESK] = chosen["desk"]
    if "language" in chosen:
        request.session[SESSION_KEY] = chosen["language"]
    changed = [name for name in ("language", "theme", "toured") if name in chosen]
    for name in changed:
        setattr(request.user, name, chosen[name])
    if "habits" in chosen:
        request.user.habits = {**request.user.habits, **chosen["habits"]}
        changed.append("habits")
    if changed:
        request.user.save(update_fields=changed)
