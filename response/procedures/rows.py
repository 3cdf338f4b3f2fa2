"""The one shape of a run, wherever it is shown."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from commands.models import CommandType, Scenario
from journal.rows import time_text
from response.models import Entity, Procedure, Run
from response.procedures import carrying, directory, outside, runs, spec
from response.procedures.authoring import definition_of
from response.procedures.inquiries import cause_of

ASKS = ("choices", "fields", "number", "url", "document", "procedure", "command", "parameters", "scenario", "to", "message",
        "entities", "question")  # fmt: skip
"""What a step of some types holds and a person needs to do it."""
Words = dict[str, str]
Names = dict[tuple[str, str], Words]
"""What the things that steps name are called: by the member of the step that names them, and their slug."""


def run_rows(found: Iterable[Run]) -> list[dict[str, Any]]:
    """Rows of runs of one site, in their order, each with its steps in the order of the procedure."""
    if hasattr(found, "select_related"):
        found = found.select_related("site", "version__procedure", "parent", "incident").prefetch_related("steps")
    listed = list(found)
    if not listed:
        return []
    definitions = [definition_of(run.version) for run in listed]
    names, found_in_directory = names_of(listed[0].site_id, definitions), directory.look_up(listed[0].site_id, definitions)
    return [_row(run, names, found_in_directory) for run in listed]


def names_of(site: int, definitions: Iterable[spec.Definition]) -> Names:
    """What is called how of what these definitions name: a query for each sort of thing, and none for what they do not name."""
    named: dict[str, set[str]] = defaultdict(set)
    for definition in definitions:
        for step in definition.steps:
            for sort, slug in _named(step):
                named[sort].add(slug)
    names: Names = {}
    if slugs := named["command"]:
        types = CommandType.objects.filter(slug__in=slugs).order_by("-pk")  # kinds of assets share words
        names |= {("command", slug): told["name"] for slug, told in types.values_list("slug", "spec")}
    for sort, model in (("scenario", Scenario), ("procedure", Procedure), ("entities", Entity)):
        if slugs := named[sort]:
            rows = model.objects.filter(site_id=site, slug__in=slugs).values_list("slug", "name_fr", "name_en")
            names |= {(sort, slug): {"fr": fr, "en": en} for slug, fr, en in rows}
    return names


def _named(step: spec.Step) -> list[tuple[str, str]]:
    """The things that a step names: by which member, and their slugs."""
    one = [(sort, getattr(step, sort)) for sort in ("command", "scenario", "procedure") if getattr(step, sort, None)]
    return one + [("entities", slug) for slug in getattr(step, "entities", ())]


def names_in(step: spec.Step, names: Names) -> dict[str, Words]:
    """What the things that a step names are called, by their slugs."""
    return {slug: names[sort, slug] for sort, slug in _named(step) if (sort, slug) in names}


def _row(run: Run, names: Names, found: directory.Found) -> dict[str, Any]:
    definition = definition_of(run.version)
    state = runs.state_of(run, definition)
    steps = {step.id: step for step in definition.steps}
    keys = {row.step: row.pk for row in run.steps.all()}
    return {
        "id": run.pk,
        "site": run.site.slug,
        "seq": run.seq,
        "procedure": run.version.procedure.slug,
        "version": run.version.number,
        "name": {"fr": definition.name.fr, "en": definition.name.en},
        "incident": run.incident_id,
        "alarm": run.alarm_id,
        "parent": run.parent.run_id if run.parent is not None else None,
        "kind": definition.kind,
        "path": list(state.path),
        "exercise": run.exercise,
        "state": run.state,
        "begun_at": time_text(run.begun_at),
        "begun_by": run.begun_by,
        "closed_at": time_text(run.ended_at),
        "undone": list(carrying.undone(definition, state)) if run.state == Run.State.RUNNING else [],
        "steps": [
            _step(run, each, keys[each.step], steps[each.step], carrying.acts(definition, state, each.step), found)
            | {"names": names_in(steps[each.step], names)}
            for each in state.steps
        ],
    }


def _step(run: Run, each: carrying.StepRun, key: int, step: Any, acts: tuple[str, ...], found: directory.Found) -> dict[str, Any]:
    due = carrying.limit(each, step) if each.state in carrying.NOW else None
    return {
        "id": step.id,
        "type": type(step).__struct_config__.tag,
        "title": {"fr": step.title.fr, "en": step.title.en},
        "text": None if step.text is None else {"fr": step.text.fr, "en": step.text.en},
        "mandatory": step.mandatory,
        "audience": step.audience,
        "state": each.state,
        "at": time_text(each.at),
        "by": each.by,
        "answer": each.answer,
        "reason": each.reason,
        "due_at": time_text(due),
        "late": each.late,
        "may": [act for act in acts if act != "do" or not outside.waits(run, step)],
        "asks": directory.told(step, found) if isinstance(step, spec.Call) else _asks(run, each, key, step),
    }


def _asks(run: Run, each: carrying.StepRun, key: int, step: Any) -> dict[str, Any]:
    """What a person needs to do the step. Of a command also its asset and the cause to give, while it can be asked for."""
    told = {name: value for name in ASKS if (value := msgspec.to_builtins(getattr(step, name, None))) is not None}
    if isinstance(step, spec.Command | spec.Scenario) and each.state in carrying.NOW and not run.exercise:
        told["cause"] = cause_of(key)
        asset = outside.asset_of(run, step) if isinstance(step, spec.Command) else None
        if asset is not None:
            told["asset"] = {"id": asset.pk, "code": asset.code, "name": asset.name}
    return told
