"""A person's choices: language, theme and the tour go with the account, the name of the desk with the session, either way."""

from django.http import HttpRequest

from hypervisor.acting import DESK
from hypervisor.language import SESSION_KEY


def remember(request: HttpRequest, chosen: dict[str, str]) -> None:
    """Keep what was chosen among language, theme, desk and tour; `chosen` has been checked."""
    if "desk" in chosen:
        request.session[DESK] = chosen["desk"]
    if "language" in chosen:
        request.session[SESSION_KEY] = chosen["language"]
    changed = [name for name in ("language", "theme", "toured") if name in chosen]
    for name in changed:
        setattr(request.user, name, chosen[name])
    if changed:
        request.user.save(update_fields=changed)
