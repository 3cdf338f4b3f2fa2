"""What may be said of a siren, and what it is told: registers, coils, or the body of a request. Pure."""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

BEAT = 5
"""Seconds from one sign of life to the next."""
COMPLAINS_AFTER = 15
"""Seconds without another sign of life after which a siren is to sound by itself."""
SOUNDS = ("off", "continuous", "slow", "fast")
LAMPS = ("off", "steady", "slow", "fast")
SEVERITIES = ("low", "medium", "high", "critical")
REGISTERS = ("heartbeat", "severity", "sound", "lamp", "test", "alarms")
"""In the order of their addresses, from the first one on."""
MOST = 65_535
_FIELD = re.compile(r"\{(heartbeat|severity|sound|lamp|test|alarms)\}")

Register = Annotated[int, Meta(ge=0, le=65_535)]
Timeout = Annotated[float, Meta(ge=0.5, le=4)]


class Modbus(Struct, frozen=True, forbid_unknown_fields=True, tag_field="protocol", tag="modbus"):
    """A relay by Modbus/TCP. `first`: address of the first holding register, none of a relay that has coils and no logic."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    port: Annotated[int, Meta(ge=1, le=65_535)] = 502
    unit: Annotated[int, Meta(ge=0, le=255)] = 1
    first: Annotated[int, Meta(ge=0, le=65_500)] | None = 0
    sound_coil: Register | None = None
    lamp_coil: Register | None = None
    timeout: Timeout = 2.0
    allow_private_address: bool = False


class Http(Struct, frozen=True, forbid_unknown_fields=True, tag_field="protocol", tag="http"):
    """A relay by HTTP: one request for each sign of life and each change. A text that is a field alone is sent as its number."""

    url: Annotated[str, Meta(pattern=r"^https?://", max_length=500)]
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: Any = None
    timeout: Timeout = 2.0
    allow_private_address: bool = False


Settings = Modbus | Http


class Pattern(Struct, frozen=True, forbid_unknown_fields=True):
    """How it calls for one severity."""

    sound: Literal["off", "continuous", "slow", "fast"] = "off"
    lamp: Literal["off", "steady", "slow", "fast"] = "off"


Patterns = dict[Literal["low", "medium", "high", "critical"], Pattern]
TEST = Pattern("continuous", "steady")


class Call(Struct, frozen=True):
    """What a siren is to do now."""

    severity: int = 0
    sound: int = 0
    lamp: int = 0
    test: int = 0
    alarms: int = 0

    def values(self, heartbeat: int) -> list[int]:
        """The values of REGISTERS."""
        return [heartbeat, self.severity, self.sound, self.lamp, self.test, self.alarms]


FAULTS = {
    "address": (
        "son adresse est privée ou réservée, et n’est pas admise",
        "its address is private, and not allowed",
    ),
    "modbus": ("pas de réponse en Modbus", "no answer over Modbus"),
    "reads_back": ("elle relit autre chose que ce qui a été écrit", "it reads back something else than was written"),
    "http": ("pas de réponse en HTTP", "no answer over HTTP"),
    "status": ("elle répond", "it answers"),
    "key": ("ses réglages ne se déchiffrent plus", "its settings can no longer be decrypted"),
    "nobody": ("personne ne la pilote : manage.py siren tourne-t-il ?", "nobody drives it: is manage.py siren running?"),
}
"""Why a siren is not reached, by code; what is stored has a detail after a colon."""


def fault_words(fault: str) -> tuple[str, str]:
    """A stored fault in French and in English."""
    code, _, detail = fault.partition(": ")
    fr, en = FAULTS[code]
    return (f"{fr} ({detail})", f"{en} ({detail})") if detail else (fr, en)


class Unusable(ValueError):
    """What was given says no siren."""


def settings_of(told: Any) -> Settings:
    """Raises Unusable."""
    return _read(told, Modbus | Http)


def patterns_of(told: Any) -> Patterns:
    """Raises Unusable."""
    return _read(told, Patterns)


def _read(told: Any, wanted: Any) -> Any:
    try:
        return msgspec.convert(told, wanted, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Unusable(str(error)[:200]) from error


def call_for(waiting: dict[str, int], patterns: Patterns, test: bool) -> Call:
    """What to do while so many alarms of each severity wait to be acknowledged: as the worst of those it calls for says."""
    called = [severity for severity in SEVERITIES if waiting.get(severity) and severity in patterns]
    count = min(sum(waiting[severity] for severity in called), MOST)
    if not called:
        return _as(TEST, 0, 1, 0) if test else Call()
    worst = called[-1]
    return _as(patterns[worst], SEVERITIES.index(worst) + 1, int(test), count)


def _as(pattern: Pattern, severity: int, test: int, alarms: int) -> Call:
    return Call(severity, SOUNDS.index(pattern.sound), LAMPS.index(pattern.lamp), test, alarms)


def heartbeat(seconds: float) -> int:
    """The sign of life of an instant, from 1 to 65535: another one every BEAT seconds, also after a restart. 0: switched off."""
    return int(seconds // BEAT) % MOST + 1


def filled(part: Any, values: dict[str, int]) -> Any:
    """A body, a query or headers with the values in their places."""
    if isinstance(part, str):
        if (alone := _FIELD.fullmatch(part)) is not None:
            return values[alone[1]]
        return _FIELD.sub(lambda name: str(values[name[1]]), part)
    if isinstance(part, dict):
        return {name: filled(member, values) for name, member in part.items()}
    return [filled(member, values) for member in part] if isinstance(part, list) else part
