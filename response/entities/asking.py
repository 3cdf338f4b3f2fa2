"""The answers that a question takes: one of a closed list, or a small form. Pure."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from alarms.engine.wording import Bilingual, Part, storable
from response.procedures.spec import Choice, Field, Form, Question

MOST_CHOICES, MOST_FIELDS = 12, 12


class BadForm(ValueError):
    """What was given is no form."""


class Answers(Part):
    """Either `choices` or `fields`."""

    choices: Annotated[tuple[Choice, ...], Meta(max_length=MOST_CHOICES)] = ()
    fields: Annotated[tuple[Field, ...], Meta(max_length=MOST_FIELDS)] = ()

    def check(self, answer: Any) -> Any:
        """The answer as it is kept; ValueError when the question takes no such answer."""
        return self._step().check(answer)

    def said(self, answer: Any) -> Bilingual:
        """The answer in words."""
        if self.choices:
            return next((each.label for each in self.choices if each.value == answer), Bilingual(fr=str(answer), en=str(answer)))
        told = [(field, answer.get(field.id)) for field in self.fields]
        fr = [f"{field.label.fr} : {_word(value, 'oui', 'non')}{_unit(field)}" for field, value in told if value is not None]
        en = [f"{field.label.en}: {_word(value, 'yes', 'no')}{_unit(field)}" for field, value in told if value is not None]
        return Bilingual(fr=" · ".join(fr) or "—", en=" · ".join(en) or "—")

    def _step(self) -> Question | Form:
        title = Bilingual(fr="-", en="-")
        if self.choices:
            return Question(id="q", title=title, choices=self.choices)
        return Form(id="q", title=title, fields=self.fields)


def read(told: Any) -> Answers:
    """Answers of JSON's own types. Raises BadForm."""
    try:
        answers = msgspec.convert(told, Answers)
        storable(msgspec.json.encode(answers))
        if bool(answers.choices) == bool(answers.fields):
            raise BadForm("either choices or fields")
        if len(answers.choices) == 1:
            raise BadForm("one choice is none")
        answers._step()
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise BadForm(str(error)[:200]) from error
    return answers


def _word(value: Any, yes: str, no: str) -> str:
    if isinstance(value, bool):
        return yes if value else no
    return str(value)


def _unit(field: Field) -> str:
    return f" {field.unit}" if field.unit else ""
