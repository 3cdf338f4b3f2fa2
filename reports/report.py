"""One report: the figures of a period and of the one before, by part, with what stood too long and what was down."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
from django.db.models import Count, Q, QuerySet

from alarms.models import Alarm, Rule
from assets.instants import microseconds
from assets.models import Asset, Point
from assets.sector_filters import within
from reports import reading
from reports.availability import Down, availability, down_time
from reports.columns import NONE, Columns, Ints, joined
from reports.definitions import Definitions
from reports.figures import Figures, figures, stale
from reports.groups import Part, by, of_position
from reports.models import Annunciation
from reports.periods import Period
from response.models import Holding, Position

Sees = Callable[[str], tuple[str, ...] | None]
"""The paths of the sectors to which a person of that name is confined; None: the whole site."""
GROUPS = ("sector", "kind", "rule", "supervisor")


class Asked(msgspec.Struct, frozen=True):
    """What a report is about. `sectors`: paths, as far as its reader sees and asked for; `kind`: of assets, an id."""

    site: int
    period: Period
    sectors: tuple[str, ...] | None = None
    kind: int | None = None


class Available(msgspec.Struct, frozen=True):
    """The availability of the assets of a kind, sector or supervisor (`by`), by id; `down` in µs."""

    by: str
    id: int
    assets: int
    hit: int
    down: int
    share: float | None


class Report(msgspec.Struct, frozen=True):
    asked: Asked
    definitions: Definitions
    made_at: dt.datetime
    end: dt.datetime
    told: Columns
    now: Figures
    before: Figures | None
    parts: Mapping[str, list[Part]]
    positions: list[Part]
    stale: Ints
    available: list[Available]
    reached: int


def make(asked: Asked, definitions: Definitions, sees: Sees, now: dt.datetime, reached: int) -> Report:
    """The report as of now. `reached`: number of the last journal line that is in it."""
    period = asked.period
    end = min(period.end, max(now, period.begin))
    all_ = reading.of_period(asked.site, period.begin, end)
    told = _asked_for(all_, asked)
    heard, span = told.heard, (microseconds(period.begin), microseconds(end))
    held = joined([reading.standing_at(asked.site, period.begin), all_])
    holding = _asked_for(held, asked)
    instants = period.midnights(end)
    return Report(
        asked=asked, definitions=definitions, made_at=now, end=end, told=told, now=figures(told, *span, definitions),
        before=_before(asked, definitions), reached=reached,
        parts={name: by(heard, getattr(heard, name), *span, definitions) for name in GROUPS},
        positions=_positions(asked.site, heard, span, sees, definitions) if asked.sectors is None else [],
        stale=stale(holding, instants if len(instants) else np.array([span[1]]), definitions),
        available=_available(asked, _down(asked.site, definitions, holding, held, span), span),
    )  # fmt: skip


def told(asked: Asked, now: dt.datetime) -> Columns:
    """What a report of this period as of now is made of."""
    period = asked.period
    return _asked_for(reading.of_period(asked.site, period.begin, min(period.end, max(now, period.begin))), asked)


def annunciated(asked: Asked) -> QuerySet[Annunciation]:
    """The rows that `told` of a report is made of."""
    period, rows = asked.period, Annunciation.objects.filter(site_id=asked.site)
    rows = rows.filter(at__gte=period.begin, at__lt=period.end)
    if asked.sectors is not None:
        rows = rows.filter(sector__in=reading.sectors_of(asked.site, asked.sectors))
    return rows if asked.kind is None else rows.filter(kind=asked.kind)


def _asked_for(told: Columns, asked: Asked) -> Columns:
    """Of all that a site was told, what lies in the sectors and is of the kind asked for."""
    if asked.sectors is not None:
        told = told.where(np.isin(told.sector, np.array(reading.sectors_of(asked.site, asked.sectors), np.int64)))
    return told if asked.kind is None else told.where(told.kind == asked.kind)


def _before(asked: Asked, definitions: Definitions) -> Figures | None:
    """None where nothing had been annunciated yet: a first month is compared with nothing."""
    period = asked.period.before
    told = _asked_for(reading.of_period(asked.site, period.begin, period.end), asked)
    return figures(told, microseconds(period.begin), microseconds(period.end), definitions) if len(told) else None


def _positions(site: int, heard: Columns, span: tuple[int, int], sees: Sees, definitions: Definitions) -> list[Part]:
    begin, end = span
    sectors: dict[str, Ints | None] = {}
    held: dict[int, list[tuple[int, int, Ints | None]]] = {}
    rows = Holding.objects.filter(site_id=site).values_list("position_id", "holder", "since", "until").order_by("since")
    for position, holder, since, until in rows:
        first, last = max(begin, microseconds(since)), min(end, microseconds(until) if until else end)
        if last <= first:
            continue
        if holder not in sectors:
            paths = sees(holder)
            sectors[holder] = None if paths is None else np.array(reading.sectors_of(site, paths), np.int64)
        held.setdefault(position, []).append((first, last, sectors[holder]))
    order = Position.objects.filter(pk__in=held).values_list("pk", flat=True)
    return [of_position(position, heard, held[position], definitions) for position in order]


def _available(asked: Asked, said: Down, span: tuple[int, int]) -> list[Available]:
    """By kind, sector and supervisor: the assets there are, and the time at which an alarm said that they were down."""
    down = down_time(said, *span)
    length = span[1] - span[0]
    assets = Asset.objects.filter(within(asked.sectors), site_id=asked.site, retired_at=None)
    if asked.kind is not None:
        assets = assets.filter(kind=asked.kind)
    grouped = ("kind_id", "sector_id", "supervisor_id")
    hit = {row[0]: row[1:] for row in assets.filter(pk__any_of=list(down)).values_list("pk", *grouped)}
    there = list(assets.order_by().values_list(*grouped).annotate(Count("pk")))
    found = []
    for place, name in enumerate(("kind", "sector", "supervisor")):
        counts: Counter[int | None] = Counter()
        for *ids, count in there:
            counts[ids[place]] += count
        lost: dict[int | None, list[int]] = {}
        for asset, ids in hit.items():
            lost.setdefault(ids[place], []).append(down[asset])
        for id_, count in counts.items():
            mine = lost.get(id_, [])
            share = availability(count, sum(mine), length)
            found.append(Available(name, NONE if id_ is None else id_, count, len(mine), sum(mine), share))
    return sorted(found, key=lambda each: (each.by, each.share if each.share is not None else 2.0, each.id))


def _down(site: int, definitions: Definitions, holding: Columns, held: Columns, span: tuple[int, int]) -> Down:
    """When alarms that say so held: the asset is silent, the feed that speaks for it is, or a rule of `down_rules` fired.

    `holding`: what is asked for of all that was held, for an alarm of a feed is about assets that may lie in any sector.
    """
    rules = np.array(sorted(down_rules(site, definitions)), np.int64)
    rows = holding.where(np.isin(holding.rule, rules) & (holding.asset != NONE))
    asset, begin, end = [rows.asset], [rows.began], [_over(rows, span)]
    of_feeds = held.where(np.isin(held.rule, rules) & (held.asset == NONE))
    subjects = dict(Alarm.objects.filter(pk__any_of=of_feeds.alarm.tolist()).values_list("pk", "subject"))
    for alarm, since, until in zip(of_feeds.alarm.tolist(), of_feeds.began.tolist(), _over(of_feeds, span).tolist(), strict=True):
        if not subjects.get(alarm, "").startswith("feed:"):
            continue
        theirs = _spoken_for(int(subjects[alarm].removeprefix("feed:")))
        asset.append(theirs)
        begin.append(np.full(len(theirs), since))
        end.append(np.full(len(theirs), until))
    return Down(np.concatenate(asset), np.concatenate(begin), np.concatenate(end))


def _over(rows: Columns, span: tuple[int, int]) -> Ints:
    return np.where(rows.returned == NONE, span[1], rows.returned)


def down_rules(site: int, definitions: Definitions) -> set[int]:
    """Ids of the rules whose alarms say that an asset is down."""
    return set(_down_rules(site, definitions).values_list("pk", flat=True))


def down_slugs(site: int, definitions: Definitions) -> set[str]:
    return set(_down_rules(site, definitions).values_list("slug", flat=True))


def _down_rules(site: int, definitions: Definitions) -> QuerySet[Rule]:
    silent = Q(versions__spec__kind="silence") | Q(slug__in=definitions.down_rules)
    return Rule.objects.filter(silent, site_id=site)


def _spoken_for(feed: int) -> Ints:
    return np.array(Point.objects.filter(feed=feed).values_list("asset_id", flat=True).distinct(), np.int64)


def confined(asked: Sequence[str] | None, to: Sequence[str] | None) -> tuple[str, ...] | None:
    """Both at once: what is asked for, within what somebody may see."""
    if asked is None or to is None:
        return tuple(asked) if to is None and asked is not None else None if to is None else tuple(to)
    inside = [path for path in asked if any(path == own or path.startswith(f"{own}/") for own in to)]
    around = [own for own in to if any(own.startswith(f"{path}/") for path in asked)]
    return tuple(inside + around)
