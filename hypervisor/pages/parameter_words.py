"""Parameters of a command as people write them in a form: `level = 50; text = Rue barrée`."""

from collections.abc import Iterable, Mapping

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commands.models import CommandType

TYPED = gettext_lazy("As “name = value”, separated by semicolons.")


def parameters(told: str, types: Iterable[CommandType]) -> dict[str, float | str]:
    """By name. A value is a number where a type says that it is one, or could be; what it may be is the type's to refuse."""
    numbers = {each["name"] for row in types for each in row.spec.get("parameters", ()) if each["type"] == "number"}
    found: dict[str, float | str] = {}
    for part in told.split(";"):
        if not part.strip():
            continue
        name, sign, value = (each.strip() for each in part.partition("="))
        if not sign or not name:
            raise forms.ValidationError(_("Write parameters as “name = value”, separated by semicolons."))
        found[name] = _number(value) if name in numbers else value
    return found


def _number(value: str) -> float | str:
    try:
        return float(value.replace(",", "."))
    except ValueError:
        return value


def written(values: Mapping[str, object]) -> str:
    return "; ".join(f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}" for name, value in values.items())
