"""A command type in the words of a reader: its parameters, what proves it, who may give it, what forbids it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commands import spec
from commands.spec import Interlock
from commands.wording import plain
from hypervisor.pages.frame import ROLE_NAMES

FORBIDDING = {
    spec.Works: gettext_lazy("maintenance under way"),
    spec.OutOfService: gettext_lazy("out of service"),
    spec.Unknown: gettext_lazy("state never read"),
    spec.Stale: gettext_lazy("state read too long ago"),
    spec.LocalMode: gettext_lazy("local mode"),
}
"""By interlock, what forbids; a reading has its own sentence."""


def described(type_: spec.Type, points: Iterable[Mapping[str, Any]], language: str) -> dict[str, object]:
    """`points` are those of its kind, which name quantities and codes."""
    named = {point["quantity"]: point for point in points}
    return {
        "name": getattr(type_.name, language),
        "parameters": [_parameter(each, language) for each in type_.parameters],
        "proof": _proof(type_.proof, named, language) if type_.proof else "",
        "within": plain(type_.confirm_within, language),
        "roles": [ROLE_NAMES[role] for role in type_.roles],
        "forbidding": [_interlock(each, language) for each in type_.interlocks],
        "marks": _marks(type_),
    }


def _marks(type_: spec.Type) -> list[str]:
    told = [
        (type_.dangerous, _("dangerous: armed first")),
        (type_.second_person, _("confirmed by a second person")),
        (type_.stands is not None, _("stands until an end")),
        (type_.idempotent, _("sent again while no answer came")),
    ]
    return [text for holds, text in told if holds]


def _parameter(each: spec.Parameter, language: str) -> str:
    label = getattr(each.label, language)
    match each:
        case spec.Number():
            span = f"{plain(each.minimum, language)}–{plain(each.maximum, language)} {each.unit}".strip()
        case spec.Choice():
            span = ", ".join(getattr(option.label, language) for option in each.options)
        case _:
            span = _("{n} characters at most").format(n=each.longest)
    return f"{label} ({each.name}) : {span}" if language == "fr" else f"{label} ({each.name}): {span}"


def _proof(proof: spec.Proof, named: Mapping[str, Mapping[str, Any]], language: str) -> str:
    point = named.get(proof.quantity, {})
    name = point.get(f"name_{language}") or proof.quantity
    codes = point.get("codes_en" if language == "en" else "codes") or {}

    def of(told: float | str) -> str:
        return str(told) if isinstance(told, str) else plain(told, language)

    if proof.codes is not None:
        values = _(" or ").join(codes.get(f"{code:g}", plain(code, language)) for code in proof.codes)
        said = f"{name} = {values}"
    elif proof.near is not None:
        said = f"{name} = {of(proof.near)}" + (f" ± {plain(proof.tolerance, language)}" if proof.tolerance else "")
    else:
        said = f"{name} > {of(proof.above)}" if proof.above is not None else f"{name} < {of(proof.below or 0.0)}"
    return _("{said} for {n} s").format(said=said, n=plain(proof.hold, language)) if proof.hold else said


def _interlock(each: Interlock, language: str) -> str:
    if not isinstance(each, spec.Condition):
        return str(FORBIDDING[type(each)])
    because = getattr(each.because, language)
    return f"{because[0].lower()}{because[1:]}"
