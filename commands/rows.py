"""The one shape of a command, of an override and of a run, wherever it is shown; no person is named in what leaves the house."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet

from commands import offers
from commands.models import Command, Override, ScenarioRun
from commands.states import REASONS, STATE_WORDS, Reason, State
from journal.rows import time_text

NAMES = ("actor", "desk", "second", "armed_by", "armed_desk", "ended_by", "because")
"""Members that tell of people: for whoever looks at the screen, not for what leaves the house."""


def command_rows(commands: QuerySet[Command]) -> list[dict[str, Any]]:
    """Rows of a queryset, in its order, in one query."""
    related = "site", "asset__kind", "asset__sector", "type", "point", "override", "scenario_run"
    return [command_row(command) for command in commands.select_related(*related)]


def command_row(command: Command) -> dict[str, Any]:
    type_, state = offers.type_of(command.type), State(command.state)
    override, run = getattr(command, "override", None), getattr(command, "scenario_run", None)
    return {
        "id": command.pk, "site": command.site.slug, "seq": command.seq, "state": state.value,
        "state_name": _both(STATE_WORDS[state]),
        "reason": command.reason or None, "reason_name": _both(REASONS[Reason(command.reason)]) if command.reason else None,
        "said": {"fr": command.said_fr, "en": command.said_en} if command.said_fr else None,
        "asset": _asset(command), "sector": _sector(command), "type": type_.slug, "type_name": _both(type_.name),
        "parameters": command.parameters,
        "parameters_shown": {language: _shown(command, type_, language) for language in ("fr", "en")},
        "dangerous": type_.dangerous, "second_person": type_.second_person, "idempotent": type_.idempotent,
        "proof": _proof(command), "origin": command.origin, "cause": command.cause, "because": command.because,
        "actor_kind": command.actor_kind, "actor": command.actor, "desk": command.desk, "second": command.second,
        "armed_by": command.armed_by, "armed_desk": command.armed_desk,
        **{name: time_text(getattr(command, name)) for name in INSTANTS},
        "attempt": command.attempt, "supervisor_ref": command.supervisor_ref,
        "override": override and override.pk, "scenario_run": run and run.run_id,
    }  # fmt: skip


INSTANTS = (
    "requested_at", "authorised_at", "armed_at", "sent_at", "accepted_at", "ended_at", "deadline", "until", "answered_at",
    "met_at",
)  # fmt: skip


def override_rows(overrides: QuerySet[Override]) -> list[dict[str, Any]]:
    related = "site", "asset__kind", "asset__sector", "type", "command"
    return [override_row(override) for override in overrides.select_related(*related)]


def override_row(override: Override) -> dict[str, Any]:
    type_ = offers.type_of(override.type)
    return {
        "id": override.pk, "site": override.site.slug, "seq": override.seq, "asset": _asset(override),
        "sector": _sector(override),
        "type": type_.slug, "type_name": _both(type_.name), "command": override.command_id, "release": override.release_id,
        "parameters_shown": {language: _shown(override.command, type_, language) for language in ("fr", "en")},
        "actor_kind": override.actor_kind, "actor": override.actor, "desk": override.desk, "because": override.because,
        "since": time_text(override.since), "until": time_text(override.until), "ended_at": time_text(override.ended_at),
        "ended_by": override.ended_by, "released_at": time_text(override.released_at),
        "overdue_at": time_text(override.overdue_at), "holding": override.holding, "standing": override.released_at is None,
    }  # fmt: skip


def run_rows(runs: QuerySet[ScenarioRun]) -> list[dict[str, Any]]:
    """Rows of a queryset, with how far each has come, in three queries."""
    found = list(runs.select_related("site", "scenario").prefetch_related("commands__command"))
    return [run_row(run) for run in found]


def run_row(run: ScenarioRun) -> dict[str, Any]:
    commands = list(run.commands.all())
    states = [each.command.state if each.command else "refused" for each in commands]
    return {
        "id": run.pk, "site": run.site.slug, "seq": run.seq, "scenario": run.scenario_id, "slug": run.scenario.slug,
        "name": {"fr": run.scenario.name_fr, "en": run.scenario.name_en}, "version": run.version, "state": run.state,
        "said": {"fr": run.said_fr, "en": run.said_en} if run.said_fr else None, "step": run.step, "orders": len(run.orders),
        "done": sum(state in ("confirmed", "confirmed_late") for state in states),
        "failed": sum(state in ("refused", "failed", "timed_out", "cancelled") for state in states),
        "origin": run.origin, "cause": run.cause, "because": run.because, "actor_kind": run.actor_kind, "actor": run.actor,
        "desk": run.desk, "started_at": time_text(run.started_at), "ended_at": time_text(run.ended_at),
        "commands": [
            {"position": each.position, "command": each.command_id, "state": state,
             "said": {"fr": each.said_fr, "en": each.said_en} if each.said_fr else None}
            for each, state in zip(commands, states, strict=True)
        ],
    }  # fmt: skip


def commands_by_id(ids: Collection[int]) -> list[dict[str, object]]:
    return _without_people(command_rows(Command.objects.filter(pk__in=ids).order_by("pk")))


def overrides_by_id(ids: Collection[int]) -> list[dict[str, object]]:
    return _without_people(override_rows(Override.objects.filter(pk__in=ids).order_by("pk")))


def runs_by_id(ids: Collection[int]) -> list[dict[str, object]]:
    return _without_people(run_rows(ScenarioRun.objects.filter(pk__in=ids).order_by("pk")))


def _without_people(rows: Iterable[dict[str, Any]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name not in NAMES} for row in rows]


def _both(words: Any) -> dict[str, str]:
    return {"fr": words.fr, "en": words.en}


def _shown(command: Command, type_: Any, language: str) -> str:
    values = command.parameters
    return ", ".join(each.shown(values[each.name], language) for each in type_.parameters if each.name in values)


def _asset(row: Command | Override) -> dict[str, Any]:
    asset = row.asset
    return {
        "id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug, "lon": asset.longitude,
        "lat": asset.latitude,
    }  # fmt: skip


def _sector(row: Command | Override) -> dict[str, Any] | None:
    sector = row.asset.sector
    return None if sector is None else {"slug": sector.slug, "name": sector.name, "path": sector.path}


def _proof(command: Command) -> dict[str, Any] | None:
    """What must be read, and what was."""
    if command.expected is None:
        return None
    return {
        "point": command.point_id, "quantity": command.point and command.point.quantity, **command.expected,
        "read": command.proof_value, "read_at": time_text(command.proof_at),
    }  # fmt: skip
