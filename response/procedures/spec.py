"""What a procedure may say: its steps as a closed set of types, its JSON form, and the errors an author reads. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from alarms.engine.faults import Faulty, SpecError, of_error
from alarms.engine.wording import SEVERITIES, Bilingual, BilingualText, Part, Severity, Slug, storable
from response.procedures.mistakes import Mistake

MOST_STEPS = 100
Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}\Z")]
Timeout = Annotated[int, Meta(ge=5, le=7 * 86_400)]
"""Seconds from the instant the step can be done."""
Role = Literal["operator", "supervisor", "agent"]
"""Whom a procedure or a step is for: the operator at the desk, the shift supervisor, whoever is outside."""
OnTimeout = Literal["tell", "fail"]
"""What happens when a step is not done in time: the shift supervisor is told, or the step also counts as failed."""


class _Step(Part, kw_only=True):
    """What every step says. `next`, `on_failure`: the following step of a flow; unsaid, a flow ends there."""

    id: Id
    title: Bilingual
    text: BilingualText | None = None
    mandatory: bool = True
    timeout: Timeout | None = None
    on_timeout: OnTimeout = "tell"
    audience: Role | None = None
    next: Id | None = None
    on_failure: Id | None = None

    def following(self, answer: Any = None) -> str | None:
        """Id of the step that comes after this one was done with an answer."""
        return self.next

    def check(self, answer: Any) -> Any:
        """The answer as it is kept; ValueError when this step takes no such answer."""
        if answer is None or (isinstance(answer, str) and len(answer) <= 4_000):
            return answer or None
        raise Faulty(Mistake.NOT_A_NOTE)

    def targets(self) -> tuple[str, ...]:
        """Ids of the steps that may come after this one."""
        return tuple(each for each in (self.next, self.on_failure) if each is not None)


class Manual(_Step, tag_field="type", tag="manual"):
    """Something a person does and confirms."""


class Choice(Part):
    """One answer to a question and where it leads in a flow; unsaid, to the step's own next."""

    value: Id
    label: Bilingual
    next: Id | None = None


class Question(_Step, tag_field="type", tag="question", kw_only=True):
    """A question with a closed set of answers; in a flow the answer chooses the next step."""

    choices: Annotated[tuple[Choice, ...], Meta(min_length=2, max_length=12)]

    def __post_init__(self) -> None:
        _once(Mistake.CHOICE_TWICE, [choice.value for choice in self.choices])

    def following(self, answer: Any = None) -> str | None:
        return next((choice.next for choice in self.choices if choice.value == answer), None) or self.next

    def check(self, answer: Any) -> Any:
        if answer in [choice.value for choice in self.choices]:
            return answer
        raise Faulty(Mistake.NOT_A_CHOICE, choices=", ".join(choice.value for choice in self.choices))

    def targets(self) -> tuple[str, ...]:
        return tuple(choice.next for choice in self.choices if choice.next is not None) + super().targets()


class Field(Part):
    """One value a form asks for."""

    id: Id
    label: Bilingual
    kind: Literal["text", "number", "yes_no", "time"] = "text"
    required: bool = True
    unit: Annotated[str, Meta(max_length=20)] = ""


class Form(_Step, tag_field="type", tag="form", kw_only=True):
    """Values to write down: how many people, which doors, since when."""

    fields: Annotated[tuple[Field, ...], Meta(min_length=1, max_length=30)]

    def __post_init__(self) -> None:
        _once(Mistake.FIELD_TWICE, [each.id for each in self.fields])

    def check(self, answer: Any) -> Any:
        given = answer if isinstance(answer, dict) else {}
        if unknown := set(given) - {each.id for each in self.fields}:
            raise Faulty(Mistake.NO_FIELD, field=sorted(unknown)[0])
        return {each.id: _value(each, given.get(each.id)) for each in self.fields}


class Call(_Step, tag_field="type", tag="call", kw_only=True):
    """Somebody to call: a contractor or an entity, by the number that the directory has then, or a number; the title says whom.
    Beside the directory a number is called where that has none."""

    number: Annotated[str, Meta(pattern=r"^(\+?[0-9 .()/-]{2,30})?\Z")] = ""
    contractor: Annotated[str, Meta(pattern=r"^[-a-z0-9_]{0,60}\Z")] = ""
    entity: Annotated[str, Meta(pattern=r"^[-a-z0-9_]{0,60}\Z")] = ""

    def __post_init__(self) -> None:
        if not (self.number or self.contractor or self.entity):
            raise Faulty(Mistake.NOBODY_TO_CALL)
        if self.contractor and self.entity:
            raise Faulty(Mistake.TWO_TO_CALL)


Url = Annotated[str, Meta(pattern=r"^https?://[^\s<>\"]{1,1990}\Z")]


class Link(_Step, tag_field="type", tag="link", kw_only=True):
    """A page to look at, outside Vigie."""

    url: Url


class Document(_Step, tag_field="type", tag="document", kw_only=True):
    """Something to read: what it is called and where it lies, a cupboard or an address."""

    document: Annotated[str, Meta(min_length=1, max_length=300)]
    url: Url | None = None


class Command(_Step, tag_field="type", tag="command", kw_only=True):
    """A command that a person asks for as this step; done once the field has confirmed it.

    `asset`: its code; unsaid, the asset of the alarm, or the only one of the incident. `parameters`: proposed to the person.
    """

    command: Slug
    asset: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    parameters: Annotated[dict[str, str | int | float], Meta(max_length=20)] = {}


class Scenario(_Step, tag_field="type", tag="scenario", kw_only=True):
    """A scenario of commands that a person runs as this step; done once all of it is confirmed."""

    scenario: Slug


class Notify(_Step, tag_field="type", tag="notify", kw_only=True):
    """Somebody to tell. The shift supervisor is told by the step itself; that the on-call staff was told, a person confirms."""

    to: Literal["supervisor", "on_call"]
    message: BilingualText


class AskEntity(_Step, tag_field="type", tag="ask_entity", kw_only=True):
    """A question to other rooms or entities; done once all of them have answered. Either `choices` or `fields`.

    Its time limit is theirs. The answer of one entity is that of the step, and in a flow chooses the next; of several, by slug.
    """

    entities: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=8)]
    question: BilingualText
    choices: Annotated[tuple[Choice, ...], Meta(max_length=12)] = ()
    fields: Annotated[tuple[Field, ...], Meta(max_length=12)] = ()

    def __post_init__(self) -> None:
        _once(Mistake.ENTITY_TWICE, list(self.entities))
        _once(Mistake.CHOICE_TWICE, [choice.value for choice in self.choices])
        _once(Mistake.FIELD_TWICE, [each.id for each in self.fields])
        if bool(self.choices) == bool(self.fields) or len(self.choices) == 1:
            raise Faulty(Mistake.TOO_FEW_CHOICES)
        if len(self.entities) > 1 and any(choice.next for choice in self.choices):
            raise Faulty(Mistake.ONE_ENTITY_LEADS)

    def answers(self) -> dict[str, Any]:
        """The answers it takes, without where they lead."""
        if self.fields:
            return {"fields": msgspec.to_builtins(self.fields)}
        return {"choices": [{"value": each.value, "label": msgspec.to_builtins(each.label)} for each in self.choices]}

    def following(self, answer: Any = None) -> str | None:
        return next((choice.next for choice in self.choices if choice.value == answer), None) or self.next

    def check(self, answer: Any) -> Any:
        if len(self.entities) > 1 and isinstance(answer, dict) and set(answer) <= set(self.entities):
            return {entity: self._check(each) for entity, each in answer.items()}
        return self._check(answer)

    def _check(self, answer: Any) -> Any:
        if self.choices:
            return Question(id=self.id, title=self.title, choices=self.choices).check(answer)
        return Form(id=self.id, title=self.title, fields=self.fields).check(answer)

    def targets(self) -> tuple[str, ...]:
        return tuple(choice.next for choice in self.choices if choice.next is not None) + super().targets()


class WaitState(_Step, tag_field="type", tag="wait_state"):
    """Done by itself when nothing of the incident, or of the alarm, stands any more; in a run by hand a person confirms it."""


class SubProcedure(_Step, tag_field="type", tag="sub_procedure", kw_only=True):
    """Another procedure that is carried out as this step; done when its run is."""

    procedure: Slug


Step = Manual | Question | Form | Call | Link | Document | Command | Scenario | WaitState | Notify | AskEntity | SubProcedure


IncidentType = Literal["cause", "rule", "asset", "building", "system", "supervisor", "host", "by_hand"]
"""What the alarms of an incident share: what made it one."""


class Attachment(Part):
    """What a procedure is for. Of each list that is given one entry must hold; the more that hold, the better it fits.

    `sectors` includes what is nested in them; `severity`: only alarms at least as severe.
    """

    rules: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    kinds: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    incident_types: Annotated[tuple[IncidentType, ...], Meta(max_length=8)] = ()
    sectors: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    severity: Severity | None = None


class Definition(Part, kw_only=True):
    """One version of a procedure. `simple`: a list, in order unless `free_order`; `flow`: answers choose the next step."""

    kind: Literal["simple", "flow"]
    name: Bilingual
    purpose: BilingualText | None = None
    audience: Annotated[tuple[Role, ...], Meta(max_length=3)] = ()
    attached_to: Attachment = field(default_factory=Attachment)
    free_order: bool = False
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=MOST_STEPS)]
    source: Annotated[str, Meta(max_length=300)] = ""
    """Where it was taken from: an ordinance, a guide, a plan of the city."""

    def __post_init__(self) -> None:
        ids = [step.id for step in self.steps]
        _once(Mistake.STEP_TWICE, ids)
        leads = {step.id: step.targets() for step in self.steps}
        if self.kind == "simple":
            if any(leads.values()):
                raise Faulty(Mistake.NOT_A_FLOW)
            return
        if self.free_order:
            raise Faulty(Mistake.FLOW_HAS_ORDER)
        for step, targets in leads.items():
            if unknown := [each for each in targets if each not in leads]:
                raise Faulty(Mistake.LEADS_NOWHERE, step=step, next=unknown[0])
        if (loop := _loop(leads)) is not None:
            raise Faulty(Mistake.LEADS_BACK, step=loop)
        if lost := [each for each in ids if each not in _reached(leads, ids[0])]:
            raise Faulty(Mistake.NEVER_REACHED, step=lost[0])

    def step(self, id_: str) -> Step | None:
        return next((step for step in self.steps if step.id == id_), None)


def decode(content: Any) -> Definition:
    """A definition from JSON's own types. Raises SpecError with the field and the reason."""
    try:
        definition = msgspec.convert(content, Definition)
        storable(msgspec.json.encode(definition))
    except (msgspec.ValidationError, Faulty, UnicodeEncodeError) as error:
        raise SpecError(of_error(error)) from error
    return definition


def schema() -> dict[str, Any]:
    """JSON Schema of a definition, for editors and for the interface."""
    return msgspec.json.schema(Definition)


def at_least(severity: str, least: str | None) -> bool:
    """Whether a severity is at least another one; without one, any is."""
    return least is None or SEVERITIES.index(severity) >= SEVERITIES.index(least)


def _once(twice: Mistake, names: list[str]) -> None:
    if repeated := [each for index, each in enumerate(names) if each in names[:index]]:
        raise Faulty(twice, name=repeated[0])


def _value(asked: Field, value: Any) -> Any:
    if value is None or value == "":
        if asked.required:
            raise Faulty(Mistake.UNANSWERED, field=asked.id)
        return None
    wanted = {"text": str, "number": (int, float), "yes_no": bool, "time": str}[asked.kind]
    if not isinstance(value, wanted) or (asked.kind == "number" and (isinstance(value, bool) or not abs(value) < 1e15)):
        raise Faulty(Mistake.OTHER_KIND, field=asked.id, kind=asked.kind.replace("_", "/"))
    if isinstance(value, str) and len(value) > 4_000:
        raise Faulty(Mistake.TOO_LONG, field=asked.id)
    return value


def _reached(leads: dict[str, tuple[str, ...]], start: str) -> set[str]:
    reached, ahead = set(), [start]
    while ahead:
        step = ahead.pop()
        if step not in reached:
            reached.add(step)
            ahead.extend(leads[step])
    return reached


def _loop(leads: dict[str, tuple[str, ...]]) -> str | None:
    """A step from which one comes back to it, or None."""
    return next((step for step, targets in leads.items() if any(step in _reached(leads, target) for target in targets)), None)
