"""Asks a publisher of alerts on its schedule: what is new is an event, and what was cancelled, replaced or is over."""

import datetime as dt
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from connectors.delivery import Delivery, iso
from connectors.failures import Gone
from connectors.publishing import Kinds, Publishing, Standing, Thing
from connectors.source import Tell
from connectors.tables.cap import Alert, Listed, NoAlert, Warnings, read

MOST_BYTES = 5_000_000
KINDS = Kinds("cap", "cap_alert", "cap_alert", "cap_ended", "alerts", "cap_test")


class CapSource(Publishing):
    """Its one value, `alerts`, is how many stand."""

    def __init__(self, settings: Warnings, delivery: Delivery | None, spool: Path) -> None:
        super().__init__(settings, delivery, spool, KINDS, MOST_BYTES)
        self._settings = settings
        self._fetched: dict[str, tuple[str, Alert | None]] = {}
        """By address: the version that was fetched, and its alert."""
        self._over: set[str] = set()
        """Keys of what others replace or cancel."""
        self._hosts = {urlsplit(settings.url).netloc, *settings.hosts}

    async def read(self, tell: Tell) -> None:
        now = dt.datetime.now(dt.UTC)
        alerts = await self._alerts()
        self._take(alerts, now)
        self.keep()
        tell("alerts", float(len(self.standing)))

    async def every_value(self) -> list[tuple[str, str]]:
        found = await self._alerts()
        ours = [alert for alert in found.values() if self._settings.concerns(alert)]
        shown = [(alert.identifier, f"{alert.status} {alert.type}: {alert.said.get('headline', '')}") for alert in ours]
        return [("alerts", f"{len(found)} published, {len(ours)} of them concern the site"), *shown]

    async def _alerts(self) -> dict[str, Alert]:
        """Those published now, by the address they were had from. Raises Gone."""
        found = self._read(self._settings.url, await self.fetch(self._settings.url))
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
            found = self._read(url, await self.fetch(url))
            if isinstance(found, Alert) or known is None:  # what cannot be read stands as it was
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

    def _take(self, alerts: dict[str, Alert], now: dt.datetime) -> None:
        """Tell what changed since the last time. What was replaced or cancelled does not begin again while it is still listed."""
        published = {alert.key for alert in alerts.values()}
        self._over = self._over & published | {
            key for alert in alerts.values() if alert.type in ("Update", "Cancel") for key in alert.references
        }
        tests: dict[str, dict[str, object]] = {}
        for alert in sorted(alerts.values(), key=lambda each: each.sent):
            if not self._settings.concerns(alert) and not self._refers(alert):
                continue
            if alert.type in ("Update", "Cancel"):
                why = "cancelled" if alert.type == "Cancel" else "replaced"
                for key in [key for key in alert.references if key in self.standing]:
                    self.end(key, why, now, by=alert.identifier)
            stands = alert.key not in self._over and (alert.expires is None or alert.expires > now)
            if alert.type not in ("Alert", "Update") or not stands:
                continue
            if not alert.is_real:
                tests[alert.key] = _attributes(alert)
            elif alert.key not in self.standing:
                self.begin(alert.key, _thing(alert), now)
        self.rehearse(tests, now)
        self.end_missing(published, now)

    def _refers(self, alert: Alert) -> bool:
        return any(key in self.standing for key in alert.references)


def _thing(alert: Alert) -> Thing:
    expires = iso(alert.expires) if alert.expires is not None else ""
    return Thing(Standing(alert.identifier, expires, again={"event": alert.said.get("event", "")}), _attributes(alert))


def _attributes(alert: Alert) -> dict[str, object]:
    found: dict[str, object] = {"identifier": alert.identifier, "sender": alert.sender, "sent": iso(alert.sent)}
    found |= {"status": alert.status, "type": alert.type, "scope": alert.scope, **alert.said}
    if alert.areas:
        found["area"] = "; ".join(area.description for area in alert.areas)[:300]
        found["codes"] = [code for area in alert.areas for code in area.codes][:50]
    return found
