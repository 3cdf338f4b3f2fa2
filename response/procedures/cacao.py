"""A procedure as an OASIS CACAO Security Playbook 2.0, and back: a subset, refused by name beyond it. Pure.

What CACAO has no word for (both languages, what a procedure is for, forms, commands of assets) is in an extension. Where a
playbook goes next is read from CACAO's own members, so that what another tool rearranged is what is followed.
"""

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

VERSION = "cacao-2.0"
SPACE = uuid.UUID("6f6d9f5e-2d0b-5c0e-9a51-5a3a1f0f7c11")
EXTENSION = f"extension-definition--{uuid.uuid5(SPACE, 'procedure')}"
IDENTITY = f"identity--{uuid.uuid5(SPACE, 'vigie')}"
PERSON = f"individual--{uuid.uuid5(SPACE, 'operator')}"
ANSWER = "__answer__"
FLOW = ("next", "on_failure")
SAID_OF_STEP = {"start", "end", "action", "if-condition", "switch-condition", "playbook-action"}
SHORTEST, LONGEST = 5, 7 * 86_400
MOST_STEPS, MOST_MADE = 400, 100
"""Of a playbook, and of the procedure that is made of it."""


class _Choice(Struct):
    value: str


class _OfPlaybook(Struct):
    """What is looked at of our extension of a playbook, before the whole procedure is checked."""

    name: dict[str, Any] | UnsetType = UNSET


class _OfStep(Struct):
    """Likewise of a step."""

    id: str | UnsetType = UNSET
    title: dict[str, Any] | UnsetType = UNSET
    choices: list[_Choice] | UnsetType = UNSET
    procedure: str | UnsetType = UNSET


class NotInSubset(ValueError):
    """A playbook that cannot be a procedure; `where` and `what` say which part of it, and why, in both languages."""

    def __init__(self, where: str, fr: str, en: str) -> None:
        super().__init__(f"{where}: {en}")
        self.where, self.fr, self.en = where, fr, en


def playbook_id(slug: str) -> str:
    return f"playbook--{uuid.uuid5(SPACE, slug)}"


# --- out ---


def playbook(slug: str, definition: Mapping[str, Any], *, written: dt.datetime) -> dict[str, Any]:
    """The playbook of a definition, in JSON's own types. The same definition is the same playbook."""
    steps = definition["steps"]
    flow = definition["kind"] == "flow"
    ids = {step["id"]: _id(_kind(step), f"{slug}/{step['id']}") for step in steps}
    end, start = _id("end", slug), _id("start", slug)
    workflow: dict[str, Any] = {start: {"type": "start", "on_completion": ids[steps[0]["id"]]}, end: {"type": "end"}}
    for index, step in enumerate(steps):
        following = steps[index + 1]["id"] if index + 1 < len(steps) else None
        after = step.get("next") if flow else following
        workflow |= _written(slug, step, ids, ids.get(after or "", end))
    own = {name: value for name, value in definition.items() if name != "steps"} | {"type": "vigie-procedure", "slug": slug}
    at = written.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    answers = {f"__answer_{step['id']}__" for step in steps if step.get("choices")}
    told: dict[str, Any] = {
        "type": "playbook", "spec_version": VERSION, "id": playbook_id(slug), "name": definition["name"]["en"],
        "description": (definition.get("purpose") or {}).get("en", ""), "playbook_types": ["mitigation"], "created_by": IDENTITY,
        "created": at, "modified": at, "workflow_start": start, "workflow": workflow,
        "agent_definitions": {PERSON: {"type": "individual", "name": "Operator"}},
        "extension_definitions": {
            EXTENSION: {
                "type": "extension-definition", "name": "Vigie procedure", "created_by": IDENTITY, "version": "1.0.0",
                "schema": "docs/procedures.md",
            }
        },
        "playbook_extensions": {EXTENSION: own},
    }  # fmt: skip
    if answers:
        told["playbook_variables"] = {name: {"type": "string", "constant": False} for name in sorted(answers)}
    if definition.get("source"):
        told["external_references"] = [{"name": definition["source"]}]
    return told


def _kind(step: Mapping[str, Any]) -> str:
    return "playbook-action" if step["type"] == "sub_procedure" else "action"


def _id(kind: str, name: str) -> str:
    return f"{kind}--{uuid.uuid5(SPACE, f'{kind}/{name}')}"


def _written(slug: str, step: Mapping[str, Any], ids: Mapping[str, str], after: str) -> dict[str, Any]:
    """One step, and of a question the switch that follows it."""
    own = {name: value for name, value in step.items() if name not in FLOW and name != "timeout"}
    told: dict[str, Any] = {"type": _kind(step), "name": step["title"]["en"]}
    if step.get("text"):
        told["description"] = step["text"]["en"]
    if step.get("timeout"):
        told["timeout"] = step["timeout"] * 1000
    told["step_extensions"] = {EXTENSION: own | {"type": "vigie-step", "step": step["type"]}}
    if step["type"] == "sub_procedure":
        told["playbook_id"] = playbook_id(step["procedure"])
    else:
        told |= {"commands": [{"type": "manual", "command": step["title"]["en"]}], "agent": PERSON}
    made = {ids[step["id"]]: told}
    if step.get("choices"):
        switch, variable = _id("switch-condition", f"{slug}/{step['id']}"), f"__answer_{step['id']}__"
        cases = {choice["value"]: ids[choice["next"]] for choice in step["choices"] if choice.get("next")}
        told["out_args"] = [variable]
        made[switch] = {"type": "switch-condition", "switch": f"{variable}:value", "cases": cases | {"default": after}}
        after = switch
    if step.get("on_failure"):
        told |= {"on_success": after, "on_failure": ids[step["on_failure"]]}
    else:
        told["on_completion"] = after
    return made


# --- in ---


def definition(told: Any, known: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """(slug, definition) of a playbook; `known`: slugs of the site's procedures by `playbook_id`. Raises NotInSubset.

    What comes out is checked by `spec.decode` as anything that is written.
    """
    if not isinstance(told, dict) or told.get("type") != "playbook":
        raise NotInSubset("type", "ce n’est pas un playbook CACAO", "this is no CACAO playbook")
    if told.get("spec_version") != VERSION:
        raise NotInSubset("spec_version", f"seule la version {VERSION} est lue", f"only {VERSION} is read")
    workflow = told.get("workflow")
    if not isinstance(workflow, dict) or not 1 < len(workflow) <= MOST_STEPS:
        raise NotInSubset("workflow", f"il faut 2 à {MOST_STEPS} étapes", f"2 to {MOST_STEPS} steps are needed")
    own = _extension(told, "playbook_extensions", _OfPlaybook)
    reader = _Reader(workflow, known)
    first = reader.follow(told.get("workflow_start"), None, "workflow_start")
    if first is None:
        raise NotInSubset("workflow_start", "le déroulé n’a aucune action", "the workflow has no action")
    steps = reader.in_order()
    name = _text(told.get("name"), "name")
    made: dict[str, Any] = {name: own[name] for name in own if name not in ("type", "slug")}
    made["kind"] = "simple" if made.get("kind") == "simple" and _is_a_list(steps) else "flow"
    if made["kind"] == "simple":
        steps = [{name: value for name, value in step.items() if name not in FLOW} for step in steps]
    else:
        made.pop("free_order", None)
    if (made.get("name") or {}).get("en") != name:
        made["name"] = {"fr": name, "en": name}
    if "purpose" not in made and told.get("description"):
        made["purpose"] = {"fr": str(told["description"]), "en": str(told["description"])}
    slug = (
        own.get("slug")
        if isinstance(own.get("slug"), str)
        else re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
    )
    return slug or "playbook", made | {"steps": steps}


def _is_a_list(steps: list[dict[str, Any]]) -> bool:
    """Whether each step leads to the next one and nowhere else."""
    following = [step["id"] for step in steps[1:]] + [None]
    return all(
        step.get("next") == after and not step.get("on_failure") for step, after in zip(steps, following, strict=True)
    ) and not any(choice.get("next") for step in steps for choice in step.get("choices", ()))


def _extension(told: Mapping[str, Any], member: str, shape: type[Struct], where: str = "") -> dict[str, Any]:
    found = told.get(member)
    own = found.get(EXTENSION) if isinstance(found, dict) else None
    if not isinstance(own, dict):
        return {}
    try:
        msgspec.convert(own, shape)
    except msgspec.ValidationError as error:
        place = f"{where}.{member}" if where else member
        raise NotInSubset(
            place, f"l’extension n’a pas la forme attendue ({error})", f"the extension is not as expected ({error})"
        ) from error
    return dict(own)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise NotInSubset(where, "un texte est attendu", "a text is expected")
    return value.strip()


class _Reader:
    """Follows a workflow from its start: the steps of the procedure, by the ids of the playbook."""

    def __init__(self, workflow: Mapping[str, Any], known: Mapping[str, str]) -> None:
        self.workflow, self.known = workflow, known
        self.made: dict[str, dict[str, Any]] = {}
        self.after: dict[str, str | None] = {}
        self.on_the_way: set[str] = set()

    def in_order(self) -> list[dict[str, Any]]:
        """As they were met, the first one first, each numbered unless it has an id of its own."""
        return list(self.made.values())

    def follow(self, id_: Any, after: str | None, where: str) -> str | None:
        """The id of the step that a playbook goes to; where the branch ends, `after`, the step that follows the branch."""
        if id_ is None:
            return after
        step = self.workflow.get(id_) if isinstance(id_, str) else None
        if not isinstance(step, dict):
            raise NotInSubset(where, f"l’étape {id_} n’existe pas", f"there is no step {id_}")
        kind = step.get("type")
        if not isinstance(kind, str) or kind not in SAID_OF_STEP:
            raise NotInSubset(id_, f"le type d’étape « {kind} » n’est pas repris", f"the step type {kind} is not in the subset")
        if kind == "end":
            return after
        if id_ in self.on_the_way:
            raise NotInSubset(id_, "le déroulé revient sur lui-même", "the workflow leads back to itself")
        if kind == "start":
            return self.follow(step.get("on_completion"), after, id_)
        if id_ in self.after and self.after[id_] != after:
            raise NotInSubset(
                id_, "deux branches y mènent, qui continuent autrement", "two branches lead to it that go on differently"
            )
        if id_ not in self.made:
            if len(self.made) == MOST_MADE:
                raise NotInSubset(
                    "workflow", f"une fiche a {MOST_MADE} étapes au plus", f"a procedure has at most {MOST_MADE} steps"
                )
            self.on_the_way.add(id_)
            self.after[id_] = after
            getattr(self, f"_{kind.replace('-', '_')}")(id_, step, after)
            self.on_the_way.discard(id_)
        return str(self.made[id_]["id"])

    def _begun(self, id_: str, step: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        own = _extension(step, "step_extensions", _OfStep, id_)
        kind = own.pop("step", None) if "id" in own else None
        own.pop("type", None)
        name = step.get("name") or step.get("condition") or step.get("switch")
        title = _text(name, f"{id_}.name")
        made = {"type": kind, **own} if kind else {"id": f"s{len(self.made) + 1}", **fields}
        if (made.get("title") or {}).get("en") != title:
            made["title"] = {"fr": title, "en": title}
        self.made[id_] = made
        if (timeout := step.get("timeout")) is not None:
            if not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 0:
                raise NotInSubset(
                    f"{id_}.timeout", "un nombre de millisecondes est attendu", "a number of milliseconds is expected"
                )
            if timeout:
                made["timeout"] = min(max(-(-timeout // 1000), SHORTEST), LONGEST)
        return made

    def _lead(self, made: dict[str, Any], id_: str, step: Mapping[str, Any], after: str | None) -> None:
        going = step.get("on_success") if step.get("on_success") is not None else step.get("on_completion")
        switch = self.workflow.get(going) if isinstance(going, str) else None
        if made.get("choices") and isinstance(switch, dict) and switch.get("type") == "switch-condition":
            self._answered(made, str(going), switch, after)
        elif (following := self.follow(going, after, id_)) is not None:
            made["next"] = following
        if step.get("on_failure") is not None and (failing := self.follow(step["on_failure"], after, id_)) is not None:
            made["on_failure"] = failing

    def _answered(self, made: dict[str, Any], id_: str, switch: Mapping[str, Any], after: str | None) -> None:
        """The switch that follows a question of ours: where each answer leads."""
        told = switch.get("cases") or {}
        if not isinstance(told, dict):
            raise NotInSubset(f"{id_}.cases", "un objet est attendu", "an object is expected")
        cases = dict(told)
        after = self.follow(switch.get("on_completion"), after, id_)
        if (following := self.follow(cases.pop("default", None), after, id_)) is not None:
            made["next"] = following
        made["choices"] = [dict(choice) for choice in made["choices"]]
        for choice in made["choices"]:
            if choice["value"] in cases and (to := self.follow(cases[choice["value"]], after, id_)) is not None:
                choice["next"] = to

    def _action(self, id_: str, step: Mapping[str, Any], after: str | None) -> None:
        commands = step.get("commands") or []
        if not isinstance(commands, list) or not all(isinstance(each, dict) for each in commands):
            raise NotInSubset(f"{id_}.commands", "une liste est attendue", "a list is expected")
        for each in commands:
            if each.get("type") != "manual":
                kind = each.get("type")
                raise NotInSubset(id_, f"la commande « {kind} » n’est pas reprise, seulement « manual »",
                                  f"the command type {kind} is not in the subset, only manual is")  # fmt: skip
        made = self._begun(id_, step, type="manual")
        if "text" not in made and made["id"].startswith("s"):
            lines = [str(step["description"])] if step.get("description") else []
            lines += [str(each["command"]) for each in commands if each.get("command") not in (None, "", step.get("name"))]
            if lines:
                made["text"] = {"fr": "\n".join(lines), "en": "\n".join(lines)}
        self._lead(made, id_, step, after)

    def _playbook_action(self, id_: str, step: Mapping[str, Any], after: str | None) -> None:
        own = _extension(step, "step_extensions", _OfStep, id_).get("procedure")
        slug = self.known.get(str(step.get("playbook_id"))) or own
        if not slug:
            told = step.get("playbook_id")
            raise NotInSubset(id_, f"aucune fiche d’ici n’est {told}", f"no procedure here is {told}")
        made = self._begun(id_, step, type="sub_procedure", procedure=slug)
        self._lead(made, id_, step, after)

    def _if_condition(self, id_: str, step: Mapping[str, Any], after: str | None) -> None:
        made = self._begun(id_, step, type="question")
        after = self.follow(step.get("on_completion"), after, id_)
        self._choose(made, id_, after, {"yes": ("Oui", "Yes", step.get("on_true")), "no": ("Non", "No", step.get("on_false"))})

    def _switch_condition(self, id_: str, step: Mapping[str, Any], after: str | None) -> None:
        cases = step.get("cases")
        if not isinstance(cases, dict) or not 2 <= len(cases) <= 12:
            raise NotInSubset(f"{id_}.cases", "2 à 12 cas sont repris", "2 to 12 cases are in the subset")
        made = self._begun(id_, step, type="question")
        after = self.follow(step.get("on_completion"), after, id_)
        self._choose(made, id_, after, {
            re.sub(r"[^a-z0-9_-]+", "-", f"{case}".lower()).strip("-_")[:40] or f"c{index}": (f"{case}", f"{case}", to)
            for index, (case, to) in enumerate(cases.items())
        })  # fmt: skip

    def _choose(self, made: dict[str, Any], id_: str, after: str | None, answers: Mapping[str, tuple[str, str, Any]]) -> None:
        made["choices"] = []
        for value, (fr, en, to) in answers.items():
            choice: dict[str, Any] = {"value": value, "label": {"fr": fr, "en": en}}
            if (following := self.follow(to, after, id_)) is not None:
                choice["next"] = following
            made["choices"].append(choice)
