"""Asks a publisher of traffic situations on its schedule: what is valid now and concerns the site is told, until it is over."""

import asyncio
import datetime as dt
from pathlib import Path

from connectors.delivery import Delivery, iso
from connectors.failures import Gone
from connectors.publishing import Kinds, Publishing, Standing, Thing, version_of
from connectors.source import Tell
from connectors.tables.datex import NoSituations, Publication, Record, Roadside, read

MOST_BYTES = 30_000_000
KINDS = Kinds("datex", "datex_record", "datex_changed", "datex_ended", "records", "datex_test")


class DatexSource(Publishing):
    """Its values: `records`, how many stand, and `age`, the seconds since the publication was written."""

    def __init__(self, settings: Roadside, delivery: Delivery | None, spool: Path) -> None:
        super().__init__(settings, delivery, spool, KINDS, MOST_BYTES)
        self._settings = settings

    async def read(self, tell: Tell) -> None:
        publication = await self._publication()
        now = dt.datetime.now(dt.UTC)
        if publication.nameless:
            self.unreadable("what has no id", f"{publication.nameless} records are passed over")
        self._take(publication, now)
        self.keep()
        tell("records", float(len(self.standing)))
        if publication.at is not None:
            tell("age", (now - publication.at).total_seconds())

    async def every_value(self) -> list[tuple[str, str]]:
        publication = await self._publication()
        now = dt.datetime.now(dt.UTC)
        records = publication.records.values()
        ours = [record for record in records if self._settings.concerns(record)]
        valid = sum(record.stands(now) for record in ours)
        shown = [(each.identifier, f"{each.said.get('type', '')} {each.said.get('comment', '')}".strip()) for each in ours]
        return [("records", f"{len(records)} published, {len(ours)} of them concern the site, {valid} valid now"), *shown]

    async def _publication(self) -> Publication:
        """Raises Gone."""
        content = await self.fetch(self._settings.url)
        try:
            return await asyncio.to_thread(read, content, self._settings.language)
        except NoSituations as error:
            raise Gone(f"{self._settings.url} cannot be read: {error}") from error

    def _take(self, publication: Publication, now: dt.datetime) -> None:
        things: dict[str, Thing] = {}
        tests: dict[str, dict[str, object]] = {}
        over: dict[str, str] = {}
        for key, record in publication.records.items():
            if not record.stands(now):
                over[key] = record.over(now) or "not_valid_now"
            elif not self._settings.concerns(record):
                continue
            elif record.is_real:
                things[key] = Thing(_row(record), _attributes(record))
            else:
                tests[key] = _attributes(record)
        self.rehearse(tests, now)
        self.settle(things, over, now, whole=publication.whole)


def _row(record: Record) -> Standing:
    """Its version is that of what is told, without its stamp."""
    told = {word: said for word, said in record.said.items() if word != "version_time"}
    again: dict[str, str] = {word: told[word] for word in ("situation", "type", "detail") if word in told}
    expires = iso(record.end) if record.end is not None else ""
    return Standing(record.identifier, expires, version_of(record.version, told), again)


def _attributes(record: Record) -> dict[str, object]:
    return {"identifier": record.identifier, "version": record.version, "status": record.status, **record.said}
