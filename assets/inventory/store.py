"""The database side of an import: the site's assets as words, and a difference written by COPY and set-based statements."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec
from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from assets.inventory.compare import AssetChange, Difference, Existing
from assets.inventory.entries import Entry, References
from assets.inventory.failures import EmptyCatalogue
from assets.inventory.sectors import Sectors
from assets.models import Asset, AssetKind, Sector, Site, Supervisor

Progress = Callable[[int, int], None]
"""Called now and then with (rows written, rows to write)."""

_STEP = 2_500  # rows between two calls of Progress
MANY = 5_000  # rows after which the planner's statistics are stale
COLUMNS = ("id", "code", "name", "kind_id", "sector_id", "depends_on_id", "supervisor_id",
           "longitude", "latitude", "level", "attributes")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """The site's vocabulary: slug → primary key, both ways, and its sectors' polygons."""

    kinds: dict[str, int]
    sectors: dict[str, int]
    supervisors: dict[str, int]
    polygons: Sectors
    known: References


def words(site: Site) -> Words:
    """What rows of a file may refer to. Raises EmptyCatalogue."""
    kinds = dict(AssetKind.objects.values_list("slug", "id"))
    if not kinds:
        raise EmptyCatalogue()
    sectors = list(Sector.objects.filter(site=site).order_by("id").values_list("slug", "id", "path", "polygon"))
    supervisors = dict(Supervisor.objects.filter(site=site).values_list("slug", "id"))
    polygons = Sectors((slug, path, polygon) for slug, _, path, polygon in sectors)
    ids = {slug: id for slug, id, _, _ in sectors}
    known = References(
        frozenset(kinds), frozenset(ids), frozenset(supervisors), polygons.neighbourhood(site.longitude, site.latitude)
    )
    return Words(kinds, ids, supervisors, polygons, known)


def existing(site: Site, words: Words) -> dict[str, Existing]:
    """Every asset of the site by code, retired ones included."""
    kinds, sectors, supervisors = _backwards(words.kinds), _backwards(words.sectors), _backwards(words.supervisors)
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    nothing: dict[str, Any] = {}
    with connection.cursor() as cursor:
        # As text: one fast decoder for 75,000 small objects rather than the driver's.
        cursor.execute(
            "SELECT asset.id, asset.code, asset.name, asset.kind_id, asset.sector_id, above.code, asset.supervisor_id,"
            " asset.longitude, asset.latitude, asset.level, asset.attributes::text, asset.retired_at IS NOT NULL"
            " FROM (SELECT * FROM assets_asset WHERE site_id = %s) asset"
            " LEFT JOIN assets_asset above ON above.id = asset.depends_on_id",
            [site.pk],
        )
        rows = cursor.fetchall()
        return {
            code: Existing(
                id,
                Entry(
                    code, name, kinds[kind], sectors.get(sector, ""), above or "", supervisors.get(supervisor, ""),
                    longitude, latitude, level, nothing if attributes == "{}" else decode(attributes),
                ),
                retired,
            )
            for id, code, name, kind, sector, above, supervisor, longitude, latitude, level, attributes, retired in rows
        }  # fmt: skip


@contextmanager
def alone(site: Site) -> Iterator[None]:
    """One transaction in which nobody else imports into the site."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inventory'), %s)", [site.pk])
        yield


def write(
    site: Site, diff: Difference, words: Words, ids: dict[str, int], retire: bool, now: datetime, progress: Progress
) -> dict[str, int]:
    """Write a difference inside the caller's transaction; returns code → id of the new assets.

    `ids` are those of the existing assets by code. `retire` says whether what is gone is retired at `now`.
    """
    numbers = _numbers(Asset, len(diff.new))
    fresh = {one.entry.code: number for one, number in zip(diff.new, numbers, strict=True)}
    every = ids | fresh
    total = len(diff.new) + len(diff.changed)
    counted = counter(progress, total)
    new = ((site.pk, None, *_row(fresh[one.entry.code], one.entry, words, every)) for one in diff.new)
    copy("assets_asset", ("site_id", "retired_at", *COLUMNS), counted(new))
    if diff.changed:
        _update(diff.changed, words, every, counted)
    if retire and diff.gone:
        Asset.objects.filter(pk__in=[gone.id for gone in diff.gone]).update(retired_at=now)
    if total > MANY:
        analyze("assets_asset")
    progress(total, total)
    return fresh


def copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """COPY rows into a table of this database, in text format."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)


def analyze(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _row(id: int, entry: Entry, words: Words, ids: dict[str, int]) -> tuple[object, ...]:
    return (
        id,
        entry.code,
        entry.name,
        words.kinds[entry.kind],
        words.sectors[entry.sector] if entry.sector else None,
        ids[entry.depends_on] if entry.depends_on else None,
        words.supervisors[entry.supervisor] if entry.supervisor else None,
        entry.longitude,
        entry.latitude,
        entry.level,
        msgspec.json.encode(entry.attributes).decode(),
    )


Row = TypeVar("Row")


class Counted(Protocol):
    """A pass-through for rows of any kind."""

    def __call__(self, rows: Iterable[Row]) -> Iterable[Row]: ...


def _update(changed: list[AssetChange], words: Words, ids: dict[str, int], counted: Counted) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE changed_asset ON COMMIT DROP AS SELECT {} FROM assets_asset WITH NO DATA".format(
                ", ".join(COLUMNS)
            )
        )
        copy("changed_asset", COLUMNS, counted(_row(one.id, one.after, words, ids) for one in changed))
        cursor.execute("ANALYZE changed_asset")
        cursor.execute(
            "UPDATE assets_asset asset SET retired_at = NULL, {} FROM changed_asset new WHERE asset.id = new.id".format(
                ", ".join(f"{column} = new.{column}" for column in COLUMNS[2:])
            )
        )
        cursor.execute("DROP TABLE changed_asset")


def _numbers(model: type[Model], count: int) -> list[int]:
    """Primary keys set aside for new rows, so that rows of one file can point at each other in one COPY."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [model._meta.db_table, count]
        )
        return [number for (number,) in cursor.fetchall()]


def counter(progress: Progress, total: int) -> Counted:
    """A pass-through for rows that tells `progress` how many went by, over all the iterables it is given."""
    done = 0

    def counted(rows: Iterable[Row]) -> Iterator[Row]:
        nonlocal done
        for row in rows:
            if done % _STEP == 0:
                progress(done, total)
            done += 1
            yield row

    return counted


def _backwards(table: dict[str, int]) -> dict[int | None, str]:
    return {id: slug for slug, id in table.items()}
