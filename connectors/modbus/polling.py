"""One Modbus device on its schedule; told when it is gone, and when it is back after how long."""

import asyncio
import datetime as dt
import logging

from connectors.delivery import Delivery, iso
from connectors.failures import Exceptional, Gone
from connectors.modbus.wire import Wire
from connectors.tables.modbus import Block, Device, Register, blocks

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
"""Seconds between two attempts to reach a device that is gone."""


class Polled:
    """One device: `run` asks it for ever, `soon` has it asked now."""

    def __init__(self, device: Device, wire: Wire, delivery: Delivery) -> None:
        self._device, self._wire, self._delivery = device, wire, delivery
        self._blocks = blocks(device.register, device.bridge)
        self._soon = asyncio.Event()
        self._heard_at: dt.datetime | None = None
        self._gone_since: dt.datetime | None = None
        self._unreadable: dict[str, str] = {}

    def soon(self) -> None:
        self._soon.set()

    async def run(self) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        due = loop.time()
        while True:
            self._soon.clear()
            try:
                await self.poll()
                failures = 0
            except Gone as error:
                failures += 1
                self._gone(str(error))
            due = max(due + self._device.every, loop.time())
            pause = min(LONGEST_PAUSE, 2.0 ** min(failures, 5)) if failures else due - loop.time()
            try:
                await asyncio.wait_for(self._soon.wait(), pause)
            except TimeoutError:
                continue

    async def poll(self) -> None:
        """Read every register once. Raises Gone."""
        for block in list(self._blocks):
            await self._read(block)
        at = dt.datetime.now(dt.UTC)
        if self._gone_since is not None:
            self._back(self._gone_since, at)
        self._heard_at = at
        self._delivery.reading(self._device.address("online"), 1.0, at)

    async def _read(self, block: Block) -> None:
        try:
            values = await self._wire.ask(block)
        except Exceptional as error:
            if len(block.registers) == 1:
                self._cannot_read(block.registers[0], str(error))
                return
            # Some devices refuse the whole request for one register that they do not have: from now on each by itself.
            alone = [one for register in block.registers for one in blocks([register])]
            self._blocks = [one for one in self._blocks if one is not block] + alone
            for one in alone:
                await self._read(one)
            return
        at = dt.datetime.now(dt.UTC)
        for register, value in values:
            self._unreadable.pop(register.address, None)
            self._delivery.reading(self._device.address(register.address), value, at)

    def _cannot_read(self, register: Register, why: str) -> None:
        if self._unreadable.get(register.address) != why:
            self._unreadable[register.address] = why
            logger.warning("%s: %s cannot be read: %s", self._device.name, register.address, why)

    def _gone(self, why: str) -> None:
        at = dt.datetime.now(dt.UTC)
        if self._gone_since is None:
            self._gone_since = self._heard_at or at
            logger.warning("%s is gone: %s", self._device.name, why)
            self._delivery.event("device_gone", self._device.address("online"), at, why=why[:300])
        self._delivery.reading(self._device.address("online"), 0.0, at)

    def _back(self, since: dt.datetime, at: dt.datetime) -> None:
        seconds = round((at - since).total_seconds(), 1)
        logger.warning("%s is back: nothing was read for %g s", self._device.name, seconds)
        told = {"from": iso(since), "until": iso(at), "seconds": seconds}
        self._delivery.event("device_back", self._device.address("online"), at, **told)
        self._gone_since = None
