"""What this room offers of instructions to the journal and the live channel."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assets.sector_filters import within
from journal.lines import Lines
from journal.nouns import Noun, Row
from response.instructions.rows import instruction_rows
from response.models import Instruction

_PRIVATE = {"text", "written_by", "revoked_by", "read_by"}
"""What people wrote, and who they are, stays in the house."""


class InstructionNoun(Noun):
    """An instruction is seen by whoever sees its sector; one of no sector is of the whole site."""

    label = _("instructions")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        rows = instruction_rows(Instruction.objects.filter(pk__in=ids), timezone.now())
        return [{name: value for name, value in row.items() if name not in _PRIVATE} for row in rows]

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        return []  # pages ask which of them hold at this hour

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return instruction_rows(Instruction.objects.filter(pk__in=about), timezone.now()) if about else []

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return Instruction.objects.filter(within(sectors), site_id=site).values("id")
