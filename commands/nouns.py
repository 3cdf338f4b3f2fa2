"""What this room offers of commands, overrides and runs to the journal and the live channel."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from assets.sector_filters import within
from commands.models import Command, Override, ScenarioRun
from commands.rows import command_rows, commands_by_id, override_rows, overrides_by_id, run_rows, runs_by_id
from commands.states import OPEN
from journal.lines import Lines
from journal.nouns import Noun, Row


class CommandNoun(Noun):
    """A command is seen where its asset lies."""

    label = _("commands")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return commands_by_id(ids)

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        return command_rows(Command.objects.filter(within(sectors, "asset__sector"), site_id=site, state__in=sorted(OPEN)))

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return command_rows(Command.objects.filter(pk__in=about).order_by("pk")) if about else []

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return Command.objects.filter(within(sectors, "asset__sector"), site_id=site).values("id")


class OverrideNoun(Noun):
    """An override is seen where its asset lies, and open until the field no longer holds it."""

    label = _("overrides")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return overrides_by_id(ids)

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        return override_rows(Override.objects.filter(within(sectors, "asset__sector"), site_id=site, released_at=None))

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return override_rows(Override.objects.filter(pk__in=about).order_by("pk")) if about else []

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return Override.objects.filter(within(sectors, "asset__sector"), site_id=site).values("id")


class ScenarioRunNoun(Noun):
    """A run is of the whole site; it comes further with each of its commands."""

    label = _("runs of scenarios")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return runs_by_id(ids)

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        running = ScenarioRun.objects.filter(site_id=site, state=ScenarioRun.State.RUNNING)
        return run_rows(running.order_by("-pk")) if sectors is None else []

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        touched = lines.about(self.name) | {row["scenario_run"] for row in before["command"] if row["scenario_run"] is not None}
        return run_rows(ScenarioRun.objects.filter(pk__in=touched).order_by("pk")) if touched else []
