"""The one shape of an annunciation, wherever it is shown: page and CSV. Whoever counts again begins with it."""

from typing import Annotated

from django.db.models import QuerySet

from alarms.models import SEVERITY_NAMES
from journal.typed_rows import Bilingual, Column, RowReader, TypedRow, moment, of, one_of, text
from reports.models import Annunciation

CAUSES = {cause.value: cause.name.lower() for cause in Annunciation.Cause}
UNHEARD = {why.value: why.name.lower() for why in Annunciation.Unheard}


class AnnunciationRow(TypedRow):
    seq: Annotated[int, Column(help="Number of the journal line that tells of it.")]
    alarm: Annotated[int, of("alarm_id")]
    at: Annotated[str, moment("When the operator was told.")]
    began_at: Annotated[str, moment("When the condition began, by the timestamps of the readings.")]
    cause: Annotated[str, one_of(CAUSES)]
    severity: Annotated[str, one_of(SEVERITY_NAMES)]
    rule: Annotated[str, of("rule__slug")]
    rule_name: Annotated[Bilingual, text("rule__name_fr", "rule__name_en")]
    subject: str
    sentence: Annotated[Bilingual, text("alarm__sentence_fr", "alarm__sentence_en")]
    asset: Annotated[str | None, of("asset__code")]
    asset_name: Annotated[str | None, of("asset__name")]
    kind: Annotated[str | None, of("kind__slug")]
    sector: Annotated[str | None, of("sector__slug")]
    supervisor: Annotated[str | None, of("supervisor__slug")]
    unheard: Annotated[str, one_of(UNHEARD, help="Why nobody was told; `heard` ones are what the figures count.")]
    waiting_since: Annotated[str | None, moment("The first annunciation that one acknowledgement would answer.")]
    acknowledged_at: Annotated[str | None, moment()]
    acknowledged_by: str
    taken_at: Annotated[str | None, moment()]
    returned_at: Annotated[str | None, moment("When the condition ended, by the timestamps of the readings.")]
    acted: Annotated[bool, of(help="Somebody did more than acknowledge or silence it.")]


_rows = RowReader(AnnunciationRow)


def annunciation_rows(annunciations: QuerySet[Annunciation]) -> list[AnnunciationRow]:
    """Rows of a queryset, in its order, in one query."""
    return _rows.read(annunciations)
