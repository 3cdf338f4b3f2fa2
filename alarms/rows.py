"""The one shape of an alarm, wherever it is shown: API, socket, template."""

from collections.abc import Collection
from typing import Annotated, Any

from django.db.models import Q, QuerySet

from alarms.models import SEVERITY_NAMES, STAKE_NAMES, Alarm
from alarms.pseudonyms import reveal, revealed
from journal.compiled import Compiled
from journal.rows import FEW, time_text
from journal.typed_rows import Bilingual, Column, RowReader, TypedRow, made, moment, of, one_of, text

WORST_FIRST = ("severity", "stake")
"""How alarms are ordered before anything else: by severity, and of equal ones life before goods; as `worse` in
static/js/nouns/alarm.js."""


SET_ASIDE = Q(shelved_until__isnull=False) | Q(out_of_service_until__isnull=False)
EXPLAINED = Q(suppressed_by__isnull=False) & ~SET_ASIDE
SILENT = SET_ASIDE | Q(suppressed_by__isnull=False)
"""Each open alarm is counted once, by its severity, as set aside, or as explained; static/js/nouns/alarm.js says the same."""

OUT_OF_SERVICE = {None: "alarm", True: "asset", False: "maintenance"}
"""What is out of service: this alarm, all of its asset, or what a maintenance window is about."""


class AssetBrief(TypedRow):
    id: int
    code: str
    name: str
    kind: str
    lon: float
    lat: float


class SectorBrief(TypedRow):
    slug: str
    name: str
    path: str


class IncidentBrief(TypedRow):
    id: int
    number: Annotated[int, Column(help="Within the site, from 1.")]


def _asset(id_: int | None, *others: Any) -> AssetBrief | None:
    return None if id_ is None else AssetBrief(id_, *others)


def _sector(slug: str | None, *others: str) -> SectorBrief | None:
    return None if slug is None else SectorBrief(slug, *others)


def _action(action: dict[str, str]) -> Bilingual:
    return Bilingual(action["fr"], action["en"])


def _incident(id_: int | None, number: int) -> IncidentBrief | None:
    return None if id_ is None else IncidentBrief(id_, number)


class AlarmRow(TypedRow):
    id: int
    site: Annotated[str, of("site__slug")]
    seq: Annotated[int, of(help="Number of the journal line that last changed this row.")]
    rule: Annotated[str, of("rule__slug")]
    rule_name: Annotated[Bilingual, text("rule__name_fr", "rule__name_en")]
    severity: Annotated[str, one_of(SEVERITY_NAMES, help="The highest severity since the last acknowledgement.")]
    eased_to: Annotated[str | None, one_of(SEVERITY_NAMES, help="The current severity, if it is lower; else null.")]
    stake: Annotated[str, one_of(STAKE_NAMES, help="What is lost if nobody responds; orders alarms of equal severity.")]
    state: Annotated[str, Column(choices=tuple(Alarm.State.values))]
    sentence: Annotated[Bilingual, text("sentence_fr", "sentence_en")]
    suggested_action: Annotated[Bilingual | None, Column(("version__spec__suggested_action",), _action, document=True)]
    subject: Annotated[str, of(help="What the alarm is about, such as point:12, asset:7 or feed:3.")]
    point: Annotated[int | None, of("point_id")]
    witness: Annotated[
        int | None,
        made(
            lambda witness, point: witness if point is None else point,
            *("witness", "point_id"),
            help="Id of the point whose reading shows the present state: its own, or one in the evidence.",
        ),
    ]
    feed: Annotated[str | None, of("feed__slug")]
    feed_name: Annotated[str | None, of("feed__name")]
    asset: Annotated[
        AssetBrief | None,
        made(
            _asset,
            *("asset_id", "asset__code", "asset__name", "asset__kind__slug", "asset__longitude", "asset__latitude"),
        ),
    ]
    sector: Annotated[SectorBrief | None, made(_sector, "sector__slug", "sector__name", "sector__path")]
    raised_at: Annotated[str, moment("When the alarm began, or last began again, by the timestamps of the readings.")]
    first_raised_at: Annotated[
        str,
        Column(
            ("first_raised_at", "raised_at"),
            lambda first, raised: time_text(first or raised),
            "When the alarm first began; equals `raised_at` if it has not come again.",
            format="date-time",
        ),
    ]
    learned_at: Annotated[str, moment()]
    returned_at: Annotated[str | None, moment()]
    closed_at: Annotated[str | None, moment()]
    acknowledged_at: Annotated[str | None, moment()]
    acknowledged_by: Annotated[str | None, of("acknowledged_by__username")]
    taken_by: Annotated[str | None, of("taken_by__username")]
    taken_at: Annotated[str | None, moment()]
    shelved_until: Annotated[str | None, moment()]
    shelved_reason: str
    shelved_by: Annotated[str | None, of("shelved_by__username")]
    out_of_service_until: Annotated[str | None, moment()]
    out_of_service_reason: str
    out_of_service_by: Annotated[
        str | None,
        of("out_of_service_by__username", help="User name of the person who took it out of service or planned the maintenance."),
    ]
    out_of_service_of: Annotated[
        str | None,
        Column(
            ("out_of_service_until", "maintenance__out_of_service"),
            lambda until, whole: None if until is None else OUT_OF_SERVICE[whole],
            "What is out of service: this alarm, its asset, or the scope of a maintenance window.",
            choices=tuple(OUT_OF_SERVICE.values()),
        ),
    ]
    suppressed_by: Annotated[int | None, of("suppressed_by_id")]
    comments: int
    occurrences: Annotated[
        int, of(help="Number of times the alarm came, including those of the same alarm that closed within the last ten minutes.")
    ]
    chattering: Annotated[bool, of(help="Whether the alarm came three times within ten minutes.")]
    maintenance: Annotated[int | None, of("maintenance_id", help="Id of the maintenance window that silences the alarm.")]
    incident: Annotated[IncidentBrief | None, made(_incident, "incident_id", "incident__number")]


_rows = RowReader(AlarmRow)


def alarm_rows(alarms: QuerySet[Alarm], *, named: bool = True) -> list[AlarmRow]:
    """Rows of a queryset, in its order, in one query; one more when a subject is a person's, unless people are not `named`."""
    rows = _rows.read(alarms)
    return _named(rows) if named else rows


def alarms_by_id(ids: Collection[int]) -> list[AlarmRow]:
    """Rows that leave the house: pseudonyms in them are not named."""
    return _rows.read(Alarm.objects.filter(id__in=ids))


def alarms_moved(ids: Collection[int], first: int, last: int) -> list[AlarmRow]:
    """Rows of those of these alarms whose last journal line is of first..last, by id: asked at every commit."""
    if last - first >= FEW or len(ids) >= FEW:
        return alarm_rows(Alarm.objects.filter(id__in=ids, seq__gte=first, seq__lte=last).order_by("id"))
    return _named(_rows.of_planned(_moved(list(ids), [*range(first, last + 1)])))


def _named(rows: list[AlarmRow]) -> list[AlarmRow]:
    """Rows with whom the pseudonyms in their subject and sentence name."""
    if people := reveal(text for row in rows for text in (row.subject, row.sentence.fr, row.sentence.en)):
        for row in rows:
            row.subject = revealed(row.subject, people)
            row.sentence = Bilingual(revealed(row.sentence.fr, people), revealed(row.sentence.en, people))
    return rows


_moved = Compiled(
    lambda ids, seqs: Alarm.objects.filter(id__any_of=ids, seq__any_of=seqs).order_by("id").values_list(*_rows.lookups),
    values=2,
)
