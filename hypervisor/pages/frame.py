"""What every page shows around its own matter: the person, the theme, the sections of the left rail."""

from django.http import HttpRequest

from hypervisor.settings import VERSION


def frame(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    theme = user.theme if user is not None and user.is_authenticated else "dark"
    return {"theme": theme, "version": VERSION}
