"""A small site with feeds, and a way to push to it in-process: what the tests of the feeds have in common."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assets.feeds.directory import Directory
from assets.feeds.ways.push import Push
from assets.models import Asset, AssetKind, Feed, Point, Site, Supervisor

TOKEN = "a-token-for-tests"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


def make_feed(slug: str = "lighting", protocol: str = "push", points: int = 3, **fields: object) -> Feed:
    """A feed with points lamp-1, lamp-2… (numbers) of as many assets, and lamp-1/state (codes)."""
    site, _ = Site.objects.get_or_create(slug="ladefense", defaults={"name": "La Défense"})
    kind, _ = AssetKind.objects.get_or_create(slug="lamp", defaults={"name_fr": "Candélabre", "name_en": "Street lamp"})
    supervisor, _ = Supervisor.objects.get_or_create(site=site, slug="cms", defaults={"name": "CMS"})
    feed = Feed.objects.create(
        supervisor=supervisor, slug=slug, name=slug, protocol=protocol,
        token_hash=hashlib.sha256(TOKEN.encode()).hexdigest(), **fields,
    )  # fmt: skip
    for number in range(1, points + 1):
        asset = Asset.objects.create(site=site, code=f"{slug}-{number}", name="Lamp", kind=kind, longitude=2.24, latitude=48.89)
        Point.objects.create(asset=asset, quantity="power", feed=feed, address=f"lamp-{number}")
        if number == 1:
            codes = {"0": "éteint", "1": "allumé", "2": "lampe en défaut"}
            Point.objects.create(asset=asset, quantity="lamp_state", feed=feed, address="lamp-1/state", codes=codes)
    return feed


def point_of(feed: Feed, address: str) -> int:
    return Point.objects.get(feed=feed, address=address).id


class Pusher:
    """A supervisor that pushes to one web process, in an event loop that lasts as long as it."""

    def __init__(self) -> None:
        self.app = Push(Directory())
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self._runner.run(self.app.close())
        self._runner.close()

    def push(self, content: object, **kwargs: Any) -> Answer:
        """Send one request as a server would hand it over; see `_push`."""
        return self._runner.run(_push(self.app, content, **kwargs))

    def push_at_once(self, contents: Iterable[object], **kwargs: Any) -> list[Answer]:
        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(_push(self.app, content, **kwargs) for content in contents))

        return self._runner.run(all_of_them())

    def flush(self) -> None:
        """Have the counters written now instead of within a second."""
        self._runner.run(self.app._flush())


async def _push(
    app: Push, content: object, *, slug: str = "lighting", noun: str = "readings", token: str = TOKEN,
    method: str = "POST", headers: Mapping[str, str] | None = None, chunk: int = 65_536, cut: bool = False,
) -> Answer:  # fmt: skip
    """`content` is bytes, or anything else as JSON; a header given as "" is left out."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    fields = {"authorization": f"Token {token}", "content-type": "application/json", "content-length": str(len(body))}
    fields |= dict(headers or {})
    chunks = [body[start : start + chunk] for start in range(0, len(body), chunk)] or [b""]
    waiting = [
        {"type": "http.request", "body": part, "more_body": number < len(chunks) - 1} for number, part in enumerate(chunks)
    ]
    if cut:
        waiting = [{**waiting[0], "more_body": True}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in fields.items() if value]
    scope = {"type": "http", "method": method, "path": f"/api/v1/feeds/{slug}/{noun}", "headers": raw}
    await app(slug, noun, scope, receive, send)
    content_out = b"".join(message.get("body", b"") for message in sent)
    got = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], got, json.loads(content_out))
