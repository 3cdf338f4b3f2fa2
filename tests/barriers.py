"""A room of one noun, as small as a room can be: a barrier stands open until it is closed. No file of the product knows of it."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.db import connection, transaction

from assets.sector_paths import lies_in
from journal import live
from journal.lines import Lines
from journal.nouns import Noun, Row
from journal.page import Line, open_page
from journal.rows import time_text

_TABLE = "CREATE TABLE barrier (id bigint PRIMARY KEY, site bigint, sector text, seq bigint, closed_at timestamptz)"
_FIELDS = "SELECT id, seq, sector, closed_at FROM barrier"


class BarrierNoun(Noun):
    def by_id(self, ids: Collection[int]) -> list[Row]:
        return _rows(f"{_FIELDS} WHERE id = ANY(%s) ORDER BY id", [sorted(ids)])

    def open_rows(self, site: int, sectors: Collection[str] | None) -> list[Row]:
        rows = _rows(f"{_FIELDS} WHERE site = %s AND closed_at IS NULL ORDER BY id", [site])
        return [row for row in rows if sectors is None or lies_in(row["sector"] and row["sector"]["path"], sectors)]

    def readable(self, site: int, sectors: Collection[str]) -> Collection[int]:
        rows = _rows(f"{_FIELDS} WHERE site = %s", [site])
        return [row["id"] for row in rows if lies_in(row["sector"] and row["sector"]["path"], sectors)]


class CrowdedNoun(BarrierNoun):
    """Of which a change may hold more than is told: the rest comes as it stood before, without a row."""

    def changed(self, lines: Lines, before: Mapping[str, list[Row]]) -> list[Row]:
        return super().changed(lines, before)[:1]

    def places(self, ids: Collection[int]) -> Mapping[int, str | None]:
        return {row["id"]: row["sector"] and row["sector"]["path"] for row in self.by_id(ids)}


def _rows(statement: str, values: list[object]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [
            {"id": id_, "seq": seq, "sector": sector and {"path": sector}, "closed_at": time_text(closed)}
            for id_, seq, sector, closed in cursor.fetchall()
        ]


def make_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)


def drop_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE barrier")


def move(site: int, kind: str, now: dt.datetime, **sectors: str | None) -> int:
    """One line and one row per barrier, as `barrier_1="nord"`; kinds: barrier.opened, barrier.moved, barrier.closed. The number
    reached."""
    with transaction.atomic():
        page = open_page(site)
        for name, sector in sectors.items():
            barrier = int(name.removeprefix("barrier_"))
            seq = page.write(Line(kind, now, f"Barrière {barrier}", f"Barrier {barrier}", [("barrier", barrier)]))
            closed = now if kind == "barrier.closed" else None
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO barrier VALUES (%s, %s, %s, %s, %s) ON CONFLICT (id) DO UPDATE "
                    "SET sector = excluded.sector, seq = excluded.seq, closed_at = excluded.closed_at",
                    [barrier, site, sector, seq, closed],
                )
        live.publish(page)
    return page.seq
