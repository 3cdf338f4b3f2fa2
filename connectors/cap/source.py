"""Asks a publisher of alerts on its schedule: what is new is an event, and what was cancelled, replaced or is over.

What stands is kept in a file beside what waits in the spool (which is `.json`), so that what ended while this process was away is
told too.
"""

import datetime as dt
import logging
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec
from msgspec import Struct

from connectors.delivery import Delivery, iso
from connectors.failures import Gone, Refused
from connectors.source import Source, Tell
from connectors.tables.cap import Alert, Listed, NoAlert, Warnings, read

logger = logging.getLogger(__name__)

MOST_BYTES = 5_000_000
MOST_STANDING = 2_000
BEGUN, ENDED, TEST = "cap_alert", "cap_ended", "cap_test"


class Standing(Struct):
    """An alert that was told and has not ended."""

    identifier: str
    event: str
    expires: str
    url: str


class CapSource(Source):
    """Its one value, `alerts`, is how many stand."""

    def __init__(self, settings: Warnings, delivery: Delivery | None, spool: Path) -> None:
        super().__init__(settings.name, settings.every)
        self._settings, self._delivery = settings, delivery
        self._file = spool / f"cap-{settings.name}.standing"
        self._standing = self._kept()
        self._fetched: dict[str, tuple[str, Alert | None]] = {}
        """By address: the version that was fetched, and its alert."""
        self._tested: set[str] = set()
        """Keys of exercises and tests that were told, as long as they are published."""
        self._over: set[str] = set()
        """Keys of what others replace or cancel."""
        self._client = httpx.AsyncClient(timeout=settings.timeout, trust_env=False, follow_redirects=False)
        self._hosts = {urlsplit(settings.url).netloc, *settings.hosts}

    async def read(self, tell: Tell) -> None:
        now = dt.datetime.now(dt.UTC)
        alerts = await self._alerts()
        before = msgspec.json.encode(self._standing)
        self._take(alerts, now)
        if msgspec.json.encode(self._standing) != before:
            self._keep()
        tell("alerts", float(len(self._standing)))

    async def write(self, value_name: str, value: float) -> None:
        raise Refused(f"{self.name} publishes alerts; nothing is written into it")

    async def every_value(self) -> list[tuple[str, str]]:
        found = await self._alerts()
        ours = [alert for alert in found.values() if self._settings.concerns(alert)]
        shown = [(alert.identifier, f"{alert.status} {alert.type}: {alert.said.get('headline', '')}") for alert in ours]
        return [("alerts", f"{len(found)} published, {len(ours)} of them concern the site"), *shown]

    def close(self) -> None:
        """Connections end with the process."""

    async def _alerts(self) -> dict[str, Alert]:
        """Those published now, by the address they were had from. Raises Gone."""
        found = self._read(self._settings.url, await self._get(self._settings.url))
        if found is None:
            raise Gone(f"{self._settings.url} is neither an alert nor a list of some")
        if isinstance(found, Alert):
            return {self._settings.url: found}
        fetched = {each.url: alert for each in found if (alert := await self._fetch(each)) is not None}
        self._fetched = {url: kept for url, kept in self._fetched.items() if url in {each.url for each in found}}
        return fetched

    async def _fetch(self, listed: Listed) -> Alert | None:
        """What an entry of a list is; None for what is no alert or stands elsewhere. Raises Gone."""
        if listed.alert is not None:
            return listed.alert
        url = urljoin(self._settings.url, listed.url)
        if urlsplit(url).scheme not in ("http", "https") or urlsplit(url).netloc not in self._hosts:
            self.unreadable(url[:200], "its host is not that of the list, and none of `hosts`")
            return None
        known = self._fetched.get(listed.url)
        if known is None or known[0] != listed.version or not listed.version:
            found = self._read(url, await self._get(url))
            known = listed.version, found if isinstance(found, Alert) else None
            self._fetched[listed.url] = known
        return known[1]

    def _read(self, url: str, content: bytes) -> Alert | list[Listed] | None:
        try:
            found = read(content, self._settings.language)
        except NoAlert as error:
            self.unreadable(url[:200], str(error))
            return None
        self.readable(url[:200])
        return found

    async def _get(self, url: str) -> bytes:
        """Raises Gone."""
        try:
            async with self._client.stream("GET", url) as answer:
                answer.raise_for_status()
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > MOST_BYTES:
                        raise Gone(f"{url} is larger than {MOST_BYTES} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Gone(f"{url} does not answer: {type(error).__name__} {error}".strip()) from error
        return bytes(content)

    def _take(self, alerts: dict[str, Alert], now: dt.datetime) -> None:
        """Tell what changed since the last time. What was replaced or cancelled does not begin again while it is still listed."""
        published = {alert.key for alert in alerts.values()}
        self._over = self._over & published | {
            key for alert in alerts.values() if alert.type in ("Update", "Cancel") for key in alert.references
        }
        for url, alert in sorted(alerts.items(), key=lambda each: each[1].sent):
            if not self._settings.concerns(alert) and not self._refers(alert):
                continue
            if alert.type in ("Update", "Cancel"):
                why = "cancelled" if alert.type == "Cancel" else "replaced"
                for key in [key for key in alert.references if key in self._standing]:
                    self._end(key, why, now, by=alert.identifier)
            stands = alert.key not in self._over and (alert.expires is None or alert.expires > now)
            if alert.type in ("Alert", "Update") and stands:
                self._begin(url, alert, now)
        self._tested &= published
        for key, row in list(self._standing.items()):
            if row.expires and dt.datetime.fromisoformat(row.expires) <= now:
                self._end(key, "expired", now)
            elif key not in published:
                self._end(key, "left_the_list", now)

    def _refers(self, alert: Alert) -> bool:
        return any(key in self._standing for key in alert.references)

    def _begin(self, url: str, alert: Alert, now: dt.datetime) -> None:
        if alert.key in self._standing:
            return
        if not alert.is_real:
            if alert.key not in self._tested:
                self._tested.add(alert.key)
                self._tell(TEST, alert, now)
            return
        if len(self._standing) >= MOST_STANDING:
            self.unreadable(alert.key, f"more than {MOST_STANDING} alerts stand")
            return
        expires = iso(alert.expires) if alert.expires is not None else ""
        self._standing[alert.key] = Standing(alert.identifier, alert.said.get("event", ""), expires, url)
        self._tell(BEGUN, alert, now)

    def _tell(self, kind: str, alert: Alert, now: dt.datetime) -> None:
        told: dict[str, object] = {"identifier": alert.identifier, "sender": alert.sender, "sent": iso(alert.sent)}
        told |= {"status": alert.status, "type": alert.type, "scope": alert.scope, **alert.said}
        if alert.areas:
            told["area"] = "; ".join(area.description for area in alert.areas)[:300]
            told["codes"] = [code for area in alert.areas for code in area.codes][:50]
        self._event(kind, now, told)

    def _end(self, key: str, why: str, now: dt.datetime, by: str = "") -> None:
        row = self._standing.pop(key)
        told: dict[str, object] = {"identifier": row.identifier, "event": row.event, "why": why}
        self._event(ENDED, now, told | ({"by": by} if by else {}))

    def _event(self, kind: str, now: dt.datetime, told: dict[str, object]) -> None:
        if self._delivery is not None:
            self._delivery.event(kind, self._settings.asset or self.address("alerts"), now, **told)

    def _kept(self) -> dict[str, Standing]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Standing])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            logger.error("%s: what stood cannot be read, and is told anew: %s", self.name, error)
            return {}

    def _keep(self) -> None:
        """Whole or not at all."""
        try:
            new = self._file.with_suffix(".new")
            new.write_bytes(msgspec.json.encode(self._standing))
            new.replace(self._file)
        except OSError as error:
            logger.error("%s: what stands cannot be kept: %s", self.name, error)
