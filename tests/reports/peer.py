"""Somebody else who counts: DuckDB over the exported CSV, by the printed definitions alone; nothing of ours is imported."""

import duckdb

OPEN = """
    CREATE TABLE told AS SELECT *, epoch_us("at") AS us, epoch_us(began_at) AS began, epoch_us(returned_at) AS over,
        rule || ' ' || subject AS same FROM read_csv(?, header = true, nullstr = '', types = {
            'at': 'TIMESTAMPTZ', 'began_at': 'TIMESTAMPTZ', 'waiting_since': 'TIMESTAMPTZ', 'acknowledged_at': 'TIMESTAMPTZ',
            'taken_at': 'TIMESTAMPTZ', 'returned_at': 'TIMESTAMPTZ', 'acknowledged_by': 'VARCHAR', 'asset': 'VARCHAR',
            'kind': 'VARCHAR', 'sector': 'VARCHAR', 'supervisor': 'VARCHAR'});
    CREATE VIEW heard AS SELECT * FROM told WHERE unheard = 'heard';
"""


class Peer:
    """Figures of a period [begin, end) in µs since the epoch."""

    def __init__(self, path: str, begin: int, end: int) -> None:
        self._db = duckdb.connect()
        self._db.execute("SET TimeZone = 'UTC'")
        create, view = OPEN.split(";")[:2]
        self._db.execute(create, [path])
        self._db.execute(view)
        self.begin, self.end = begin, end

    def one(self, query: str, *values: object):
        return self._db.execute(query, list(values)).fetchone()[0]

    def rows(self, query: str, *values: object) -> list[tuple]:
        return self._db.execute(query, list(values)).fetchall()

    def annunciated(self) -> int:
        return self.one("SELECT count(*) FROM heard")

    def left_out(self) -> dict[str, int]:
        return dict(self.rows("SELECT unheard, count(*) FROM told WHERE unheard <> 'heard' GROUP BY 1"))

    def busy(self, minutes: int, above: int) -> float:
        """Share of the whole steps of the clock that hold more than `above`."""
        step = minutes * 60_000_000
        total = (self.end - 1) // step - self.begin // step + 1
        busy = self.one("SELECT count(*) FROM (SELECT us // ? AS step FROM heard GROUP BY 1 HAVING count(*) > ?)", step, above)
        return busy / total

    def most(self) -> int:
        return self.one("SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM heard GROUP BY us // 600000000)")

    def top_ten(self) -> float:
        counts = self.rows("SELECT count(*) FROM heard GROUP BY same ORDER BY 1 DESC LIMIT 10")
        return sum(count for (count,) in counts) / self.annunciated()

    def severities(self) -> dict[str, int]:
        return dict(self.rows("SELECT severity, count(*) FROM heard GROUP BY 1"))

    def by(self, column: str) -> dict[str | None, int]:
        return dict(self.rows(f"SELECT {column}, count(*) FROM heard GROUP BY 1"))

    def chattering(self, times: int, within: int) -> int:
        """Raises in a run of so many of the same alarm within so many seconds."""
        return self.one(
            """
            WITH raised AS (SELECT seq, same, us, row_number() OVER (PARTITION BY same ORDER BY us, seq) AS place
                            FROM heard WHERE cause = 'raised'),
                 runs AS (SELECT first.same, first.place FROM raised first JOIN raised last
                          ON last.same = first.same AND last.place = first.place + ? - 1 AND last.us - first.us <= ? * 1000000)
            SELECT count(DISTINCT raised.seq) FROM raised JOIN runs
            ON runs.same = raised.same AND raised.place BETWEEN runs.place AND runs.place + ? - 1
            """,
            times, within, times,
        )  # fmt: skip

    def fleeting(self, below: int, apart: int) -> int:
        """Short ones of which no annunciation of the same alarm begins within `apart` of their end."""
        return self.one(
            """
            SELECT count(*) FROM heard one WHERE cause = 'raised' AND over - began < ? * 1000000 AND NOT EXISTS (
                SELECT 1 FROM heard next WHERE next.same = one.same AND next.began > one.began
                AND next.began - one.over <= ? * 1000000)
            """,
            below, apart,
        )  # fmt: skip

    def waits(self, severity: str | None = None) -> tuple:
        return self._quantiles("acknowledged_at", "waiting_since", severity)

    def taken(self) -> tuple:
        return self._quantiles("taken_at", "waiting_since", None)

    def returned(self) -> tuple:
        return self._quantiles("returned_at", "began_at", None, "cause = 'raised'")

    def _quantiles(self, then: str, first: str, severity: str | None, also: str = "true") -> tuple:
        return self.rows(
            f"""
            WITH lengths AS (SELECT (epoch_us({then}) - epoch_us({first})) / 1e6 AS s FROM heard
                             WHERE {then} IS NOT NULL AND {first} IS NOT NULL AND {also} AND (? IS NULL OR severity = ?))
            SELECT count(*), quantile_cont(s, 0.5), quantile_cont(s, 0.9) FROM lengths
            """,
            severity, severity,
        )[0]  # fmt: skip

    def unanswered(self) -> int:
        return self.one(
            "SELECT count(*) FROM (SELECT arg_max(acknowledged_at IS NULL, row(us, seq)) AS w FROM heard GROUP BY alarm) WHERE w"
        )

    def never_acted(self) -> int:
        return self.one(
            "SELECT count(*) FROM (SELECT 1 FROM heard GROUP BY alarm HAVING NOT bool_or(acted OR taken_at IS NOT NULL))"
        )

    def floods(self, above: int, below: int) -> list[tuple[int, int, int]]:
        """(begin, end, annunciations), µs: the ten minutes' window is looked at whenever one enters and whenever one leaves."""
        ten = 600_000_000
        entries = [us for (us,) in self.rows("SELECT us FROM heard ORDER BY us, seq, alarm")]
        marks = sorted([(us + ten, 0, 0) for us in entries] + [(us, 1, place) for place, us in enumerate(entries)])
        inside: list[int] = []
        found, begin, count = [], None, 0
        for moment, enters, _ in marks:
            if moment > self.end or (moment == self.end and enters):
                break
            if enters:
                inside.append(moment)
                count += 1
                if begin is None and len(inside) > above:
                    begin, count = inside[0], len(inside)
            else:
                inside.pop(0)
                if begin is not None and len(inside) < below:
                    found.append((begin, moment, count))
                    begin = None
        return found if begin is None else [*found, (begin, self.end, count)]
