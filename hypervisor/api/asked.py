"""What a query string asks for: a word of a list, a yes or no, a whole number. All else is refused by its parameter's name."""

from collections.abc import Collection

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

_LONGEST = 18  # digits of an id


def choice(request: Request, name: str, allowed: Collection[str], unless_said: str) -> str:
    """One of the words allowed. Raises ValidationError."""
    word = request.query_params.get(name, unless_said)
    if word not in allowed:
        raise ValidationError({name: _("One of {allowed}.").format(allowed=", ".join(allowed))})
    return word


def flag(request: Request, name: str) -> bool | None:
    """True, False, or None when it is not said. Raises ValidationError."""
    word = request.query_params.get(name)
    if word not in (None, "true", "false"):
        raise ValidationError({name: _("true or false.")})
    return None if word is None else word == "true"


def number(request: Request, name: str) -> int | None:
    """A whole number from 0, None when it is not said. Raises ValidationError."""
    word = request.query_params.get(name)
    if word is None:
        return None
    if not word.isascii() or not word.isdigit() or len(word) > _LONGEST:
        raise ValidationError({name: _("A whole number.")})
    return int(word)


def an_id(name: str, description: str) -> OpenApiParameter:
    """The description of a parameter that `number` reads."""
    return OpenApiParameter(name, {"type": "integer", "minimum": 0, "maximum": 10**_LONGEST - 1}, description=description)
