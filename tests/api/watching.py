"""A desk for tests: opens the live socket in this process, keeps what it is told, and checks that nothing is missing."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import path
from django.utils import timezone

from alarms import lifecycle
from alarms.models import Alarm
from hypervisor import sockets
from hypervisor.consumers import LiveSocket
from journal import live
from journal.actors import Actor
from journal.page import Line, open_page
from tests.factories import NOON

PATIENCE = 20.0
"""Seconds a frame may take on a busy machine."""


class Socket(WebsocketCommunicator):
    """Without its parents' habit of leaving open the connections to the database that a consumer used."""

    async def send_input(self, message: dict[str, Any]) -> None:
        await ApplicationCommunicator.send_input(self, message)

    async def receive_output(self, timeout: float = PATIENCE) -> dict[str, Any]:
        return await ApplicationCommunicator.receive_output(self, timeout)


@dataclass
class Desk:
    """`alarms` open ones by id, `seq` the number reached, `frames` all that came."""

    socket: Socket
    alarms: dict[int, dict[str, Any]] = field(default_factory=dict)
    seq: int = 0
    frames: list[dict[str, Any]] = field(default_factory=list)
    _collecting: bool = False

    async def hear(self) -> dict[str, Any]:
        frame = json.loads(await self.socket.receive_from(PATIENCE))
        self.frames.append(frame)
        match frame["type"]:
            case "snapshot":
                if not self._collecting:
                    self.alarms = {}
                self._collecting = frame["more"]
                self._take(rows(frame, "alarm"))
                if not frame["more"]:
                    self.seq = frame["seq"]
            case "entries":
                assert frame["from"] <= self.seq + 1, f"a gap: {frame['from']} after {self.seq}"
                self._take(rows(frame, "alarm"))
                self.seq = max(self.seq, frame["to"])
            case "pulse":
                assert frame["seq"] <= self.seq, "a pulse ahead of what was told"
        return frame

    async def until(self, condition) -> dict[str, Any]:
        """Hear frames until one satisfies the condition, and return it."""
        while not condition(frame := await self.hear()):
            pass
        return frame

    async def reach(self, seq: int) -> None:
        while self.seq < seq:
            await self.hear()

    def _take(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            known = self.alarms.get(row["id"])
            if known is not None and known["seq"] > row["seq"]:
                continue
            if row["state"] == "normal":
                self.alarms.pop(row["id"], None)
            else:
                self.alarms[row["id"]] = row


def cookie_of(client: Client) -> bytes:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}".encode()


def rows(frame: dict[str, Any], noun: str) -> list[dict[str, Any]]:
    return frame["rows"].get(noun, [])


async def watch(
    client: Client | None, site: str = "quai", since: object = None, application=None, version: object = 2, **headers: str
) -> Desk:
    """Open the socket as the person `client` is logged in as."""
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    if client is not None:
        sent.append((b"cookie", cookie_of(client)))
    asked = {name: value for name, value in {"version": version, "since": since}.items() if value is not None}
    socket = Socket(application or sockets.application, f"/ws/sites/{site}/live?{urlencode(asked)}", sent)
    accepted, _ = await socket.connect(PATIENCE)
    assert accepted
    return Desk(socket)


async def closing(desk: Desk) -> tuple[list[dict[str, Any]], int]:
    """(frames heard before the end, close code)."""
    while True:
        message = await desk.socket.receive_output(PATIENCE)
        if message["type"] == "websocket.close":
            return desk.frames, message.get("code", 1000)
        desk.frames.append(json.loads(message["text"]))


def burst(rule, asset, number: int, *, prefix: str = "point", announced: bool = True) -> int:
    """Raise `number` alarms in one commit, as the correlator does; returns the journal's number after it."""
    with transaction.atomic():
        page = open_page(rule.site_id)
        alarms = Alarm.objects.bulk_create(
            Alarm(
                rule=rule, site=rule.site, version=rule.active_version, subject=f"{prefix}:{n}", asset=asset,
                sector=asset.sector, severity=1 + n % 4, state="unacknowledged", sentence_fr=f"Niveau d'eau haut — n° {n}",
                sentence_en=f"High water level — no. {n}", raised_at=NOON, learned_at=NOON, seq=page.seq + 1 + n,
            )
            for n in range(number)
        )  # fmt: skip
        for alarm in alarms:
            page.write(Line("alarm.raised", NOON, alarm.sentence_fr, alarm.sentence_en, [("alarm", alarm.pk)]))
        page.close()
    if announced:
        live.announce(rule.site_id, page.first, page.seq)
    return page.seq


raise_burst = sync_to_async(burst)


def impatient(**options: object):
    """The socket with other intervals than in production."""
    consumer = type("Impatient", (LiveSocket,), options)
    return CookieMiddleware(URLRouter([path("ws/sites/<slug:site>/live", consumer.as_asgi())]))


def acknowledge(city, *names: str) -> None:
    ids = [city.alarms[name].pk for name in names]
    lifecycle.acknowledge(ids, by=Actor.of(city.users["operator"]), now=timezone.now())


async def started(client, **options: object) -> Desk:
    """A desk that has heard where the site stands."""
    desk = await watch(client, **options)
    await desk.until(lambda frame: frame["type"] == "pulse")
    return desk
