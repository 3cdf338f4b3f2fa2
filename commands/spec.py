"""What a command type may say: its parameters, the reading that proves it, who may, what forbids it. Pure.

Types are data: one catalogue for all sites, shipped ready in `types.toml` and changed by administrators (docs/commands.md).
"""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from assets.refusal import Meaning, Refused
from commands.faults import Contrary, Unusable
from commands.wording import Part, Seconds, Slug, Words, plain

Role = Literal["operator", "shift_supervisor", "administrator"]
EVERYBODY: tuple[Role, ...] = ("operator", "shift_supervisor", "administrator")
Codes = Annotated[tuple[float, ...], Meta(min_length=1, max_length=64)]
LONGEST_TEXT = 500


class BadType(Unusable):
    """A type that cannot be used as written."""


# --- parameters ---


class Number(Part, frozen=True, tag_field="type", tag="number", kw_only=True):
    """A number between two limits, both included; with `step`, one of minimum, minimum + step …"""

    name: Slug
    label: Words
    minimum: float
    maximum: float
    step: Annotated[float, Meta(gt=0)] | None = None
    unit: Annotated[str, Meta(max_length=20)] = ""
    default: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minimum) and math.isfinite(self.maximum) and self.minimum < self.maximum):
            raise Contrary(
                f"« {self.name} » : le minimum doit être en dessous du maximum",
                f"“{self.name}”: the minimum must be less than the maximum",
            )
        if self.default is not None and self.wrong(self.default):
            raise Contrary(
                f"« {self.name} » : la valeur par défaut n’est pas permise",
                f"“{self.name}”: the default is not a value it may have",
            )

    def wrong(self, value: object) -> Words | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return Words("un nombre", "a number")
        if not self.minimum <= value <= self.maximum:
            low, high = self.minimum, self.maximum
            return Words(
                f"de {plain(low, 'fr')} à {plain(high, 'fr')} {self.unit}".strip(),
                f"from {plain(low, 'en')} to {plain(high, 'en')} {self.unit}".strip(),
            )
        if self.step is not None and abs((steps := (value - self.minimum) / self.step) - round(steps)) > 1e-6:
            return Words(f"par pas de {plain(self.step, 'fr')}", f"in steps of {plain(self.step, 'en')}")
        return None

    def shown(self, value: float | str, language: str) -> str:
        return f"{plain(float(value), language)} {self.unit}".strip()

    def schema(self) -> dict[str, Any]:
        known = {"type": "number", "minimum": self.minimum, "maximum": self.maximum}
        return known | ({"multipleOf": self.step} if self.step and not self.minimum % self.step else {})


class Option(Part, frozen=True):
    value: Annotated[str, Meta(min_length=1, max_length=60)]
    label: Words


class Choice(Part, frozen=True, tag_field="type", tag="choice", kw_only=True):
    """One of a list."""

    name: Slug
    label: Words
    options: Annotated[tuple[Option, ...], Meta(min_length=1, max_length=100)]
    default: str | None = None

    def __post_init__(self) -> None:
        if self.default is not None and self.wrong(self.default):
            raise Contrary(
                f"« {self.name} » : la valeur par défaut n’est pas un des choix",
                f"“{self.name}”: the default is none of its options",
            )

    def wrong(self, value: object) -> Words | None:
        if isinstance(value, str) and any(option.value == value for option in self.options):
            return None
        known = ", ".join(option.value for option in self.options)[:100]
        return Words(f"l’une de ces valeurs : {known}", f"one of: {known}")

    def shown(self, value: float | str, language: str) -> str:
        return next((getattr(option.label, language) for option in self.options if option.value == value), str(value))

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [option.value for option in self.options]}


class Text(Part, frozen=True, tag_field="type", tag="text", kw_only=True):
    """What people read on a sign: printable lines, no more of them than the sign has."""

    name: Slug
    label: Words
    longest: Annotated[int, Meta(ge=1, le=LONGEST_TEXT)] = 80
    lines: Annotated[int, Meta(ge=1, le=10)] = 1
    default: str | None = None

    def wrong(self, value: object) -> Words | None:
        if not isinstance(value, str) or not value.strip():
            return Words("un texte", "a text")
        if len(value) > self.longest:
            return Words(f"{self.longest} caractères au plus", f"{self.longest} characters at most")
        lines = value.split("\n")
        if len(lines) > self.lines:
            return Words(f"lignes : {self.lines} au plus", f"lines: {self.lines} at most")
        if not all(line.isprintable() for line in lines):
            return Words("des caractères imprimables", "printable characters")
        return None

    def shown(self, value: float | str, language: str) -> str:
        text = " / ".join(str(value).split("\n"))
        return f"« {text} »" if language == "fr" else f"“{text}”"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


Parameter = Number | Choice | Text
Values = Mapping[str, float | str]


# --- what proves it ---


class Proof(Part, frozen=True, kw_only=True):
    """The reading that proves that the field obeyed: the asset's own `quantity`, compared in exactly one way, for `hold` seconds.

    `near`, `above` and `below` are a number, or the name of a parameter that is one.
    """

    quantity: Slug
    codes: Codes | None = field(name="in", default=None)
    near: float | str | None = None
    tolerance: Annotated[float, Meta(ge=0)] = 0.0
    above: float | str | None = None
    below: float | str | None = None
    hold: Seconds = 0.0

    def __post_init__(self) -> None:
        given = [each for each in (self.codes, self.near, self.above, self.below) if each is not None]
        if len(given) != 1:
            raise Contrary(
                "une preuve a exactement un de in, near, above, below", "a proof has exactly one of in, near, above, below"
            )

    def names(self) -> set[str]:
        """The parameters it needs."""
        return {each for each in (self.near, self.above, self.below) if isinstance(each, str)}

    def expectation(self, values: Values) -> "Expectation":
        """What the reading must be, now that the parameters are known."""

        def of(told: float | str) -> float:
            return float(values[told]) if isinstance(told, str) else told

        if self.codes is not None:
            return Expectation("in", self.codes, 0.0, self.hold)
        if self.near is not None:
            return Expectation("near", (of(self.near),), self.tolerance, self.hold)
        if self.above is not None:
            return Expectation("above", (of(self.above),), 0.0, self.hold)
        assert self.below is not None
        return Expectation("below", (of(self.below),), 0.0, self.hold)


class Expectation(msgspec.Struct, frozen=True):
    """A proof of one command, its parameters filled in."""

    comparison: Literal["in", "near", "above", "below"]
    values: tuple[float, ...]
    tolerance: float
    hold: float

    def met(self, value: float) -> bool:
        """NaN meets nothing."""
        match self.comparison:
            case "in":
                return value in self.values
            case "near":
                return abs(value - self.values[0]) <= self.tolerance
            case "above":
                return value > self.values[0]
        return value < self.values[0]


# --- what forbids it ---


class Works(Part, frozen=True, tag_field="kind", tag="works"):
    """A maintenance window that covers the asset is under way."""


class OutOfService(Part, frozen=True, tag_field="kind", tag="out_of_service"):
    """The asset itself is out of service."""


class Unknown(Part, frozen=True, tag_field="kind", tag="unknown"):
    """Nothing was ever read of what would prove the command, or its feed is silent."""


class Stale(Part, frozen=True, tag_field="kind", tag="stale", kw_only=True):
    """The newest reading of what would prove it is older than `factor` times its interval."""

    factor: Annotated[float, Meta(ge=1, le=1_000)] = 3.0


class LocalMode(Part, frozen=True, tag_field="kind", tag="local_mode", kw_only=True):
    """Somebody at the asset has the hand: its `quantity` reads one of these codes. An asset without that point is not asked."""

    quantity: Slug
    codes: Codes = field(name="in")


class Condition(Part, frozen=True, tag_field="kind", tag="reading", kw_only=True):
    """A reading forbids it: of the asset, of what it depends on, or of the assets whose codes an attribute of it names.

    What cannot be read forbids it too, unless `unknown` is "allow"; an asset that has no such point is not asked.
    """

    of: Annotated[str, Meta(pattern=r"^(asset|parent|attribute:[-a-zA-Z0-9_]{1,60})\Z")] = "asset"
    quantity: Slug
    codes: Codes | None = field(name="in", default=None)
    above: float | None = None
    below: float | None = None
    because: Words
    unknown: Literal["forbid", "allow"] = "forbid"

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.codes, self.above, self.below)) != 1:
            raise Contrary("une condition a exactement un de in, above, below", "a condition has exactly one of in, above, below")

    def holds(self, value: float) -> bool:
        if self.codes is not None:
            return value in self.codes
        return value > self.above if self.above is not None else value < (self.below or 0.0)


Interlock = Works | OutOfService | Unknown | Stale | LocalMode | Condition
ORDINARY: tuple[Interlock, ...] = (Works(), OutOfService(), Unknown(), Stale())


# --- the type ---


class Stands(Part, frozen=True, kw_only=True):
    """What it does stands until an end that whoever asks must give, `longest` seconds at most; `release` is the type that ends
    it, sent at that end. Without one the supervisor ends it by itself."""

    longest: Annotated[float, Meta(ge=60, le=366 * 86_400)]
    release: Slug | None = None
    release_parameters: dict[Slug, float | str] = {}


class Type(Part, frozen=True, kw_only=True):
    """One command that assets of a kind can be given."""

    kind: Slug
    slug: Slug
    name: Words
    parameters: Annotated[tuple[Parameter, ...], Meta(max_length=12)] = ()
    proof: Proof | None = None
    confirm_within: Annotated[float, Meta(ge=1, le=86_400)] = 30.0
    late_within: Annotated[float, Meta(ge=0, le=86_400)] = 900.0
    """Seconds after that in which the field may still have obeyed it; what it does later is no answer to it."""
    idempotent: bool = False
    """Obeying twice is the same as obeying once: it may be sent again when no answer ever came."""
    always: bool = False
    """Sent also where the field is already as asked: a barrier that is open may be closing."""
    dangerous: bool = False
    second_person: bool = False
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=3)] = EVERYBODY
    interlocks: Annotated[tuple[Interlock, ...], Meta(max_length=12)] = ORDINARY
    stands: Stands | None = None

    def __post_init__(self) -> None:
        names = [each.name for each in self.parameters]
        if len(set(names)) != len(names):
            raise Contrary("un paramètre est donné deux fois", "a parameter is given twice")
        numbers = {each.name for each in self.parameters if isinstance(each, Number)}
        if self.proof is not None and not self.proof.names() <= numbers:
            raise Contrary(
                "« proof » nomme un paramètre qui n’est pas un nombre de ce type",
                "“proof” names a parameter that is not a number of this type",
            )

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        required = [each.name for each in self.parameters if each.default is None]
        properties = {each.name: each.schema() for each in self.parameters}
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def filled(self, given: Mapping[str, object]) -> dict[str, float | str]:
        """The parameters, checked, with what has a default filled in. Raises Refused, which names the first that is wrong."""
        known = {each.name: each for each in self.parameters}
        for name in given:
            if name not in known:
                raise _wrong(str(name), Words("la commande n’a pas ce paramètre", "the command has no such parameter"))
        values: dict[str, float | str] = {}
        for name, parameter in known.items():
            value = given.get(name, parameter.default)
            if value is None:
                raise _wrong(name, Words("à préciser", "required"))
            if (words := parameter.wrong(value)) is not None:
                raise _wrong(name, words)
            values[name] = value  # type: ignore[assignment]
        return values

    def quantities(self) -> Iterator[tuple[str, str]]:
        """(of, quantity) of the readings that its proof and its interlocks look at."""
        if self.proof is not None:
            yield "asset", self.proof.quantity
        for each in self.interlocks:
            if isinstance(each, LocalMode):
                yield "asset", each.quantity
            elif isinstance(each, Condition):
                yield each.of, each.quantity


def _wrong(name: str, words: Words) -> Refused:
    shown = name[:60]
    return Refused(
        "bad_parameter", f"Paramètre « {shown} » : {words.fr}.", f"Parameter “{shown}”: {words.en}.",
        meaning=Meaning.INVALID, field=f"parameters.{shown}",
    )  # fmt: skip


def decode(raw: object) -> Type:
    """A type from plain lists and dictionaries. Raises BadType."""
    try:
        return msgspec.convert(raw, Type)
    except msgspec.ValidationError as error:
        raise BadType.of_decoder(error) from error


def encode(type_: Type) -> dict[str, Any]:
    """Plain lists and dictionaries; `decode(encode(type_)) == type_`."""
    told: dict[str, Any] = msgspec.to_builtins(type_)
    return told
