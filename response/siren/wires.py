"""Tells a siren what to do: over Modbus/TCP, where what was written is read back, or over HTTP."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable

import httpcore
import httpx
import msgspec
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from assets.feeds.guard import AddressRefused, GuardedTransport, resolve
from assets.feeds.request import AGENT
from response.siren.spec import REGISTERS, Call, Http, Modbus, Settings, filled

_HTTP_FAULTS = (
    httpx.HTTPError, httpx.InvalidURL, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError,
    httpcore.UnsupportedProtocol, OSError, ValueError,
)  # fmt: skip


class NotReached(Exception):
    """The siren did not take what it was told; the message is a fault, as `spec.fault_words` reads it."""


class Wire(ABC):
    """The way to one siren, kept open from one sign of life to the next."""

    @abstractmethod
    async def tell(self, call: Call, heartbeat: int) -> None:
        """Have the siren do this. Raises NotReached."""

    @abstractmethod
    def close(self) -> None:
        """Hang up; it is told again over a new connection."""


class ModbusWire(Wire):
    def __init__(self, settings: Modbus, allow_private: bool) -> None:
        self._settings = settings
        self._private = allow_private and settings.allow_private_address
        self._client: AsyncModbusTcpClient | None = None

    async def tell(self, call: Call, heartbeat: int) -> None:
        asked = self._settings
        try:
            client = await self._connected()
            values = call.values(heartbeat)
            if asked.first is not None:
                await self._taken(client.write_registers(asked.first, values, device_id=asked.unit))
            for coil, on in ((asked.sound_coil, call.sound > 0), (asked.lamp_coil, call.lamp > 0)):
                if coil is not None:
                    await self._taken(client.write_coil(coil, on, device_id=asked.unit))
            read = values
            if asked.first is not None:
                registers = client.read_holding_registers(asked.first, count=len(REGISTERS), device_id=asked.unit)
                read = (await self._taken(registers)).registers
        except AddressRefused as error:
            raise NotReached("address") from error
        except (ModbusException, OSError, TimeoutError) as error:
            raise NotReached(f"modbus: {str(error) or type(error).__name__}"[:300]) from error
        if read != values:
            raise NotReached(f"reads_back: {read}, {values}"[:300])

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client is not None and self._client.connected:
            return self._client
        asked = self._settings
        (address, *_) = await asyncio.to_thread(resolve, asked.host, asked.port, self._private)
        client = AsyncModbusTcpClient(address, port=asked.port, timeout=asked.timeout, retries=0, reconnect_delay=0)
        self._client = client
        if not await asyncio.wait_for(client.connect(), asked.timeout):
            raise ModbusException(f"{asked.host}:{asked.port} does not take a connection")
        return client

    async def _taken(self, work: Awaitable[ModbusPDU]) -> ModbusPDU:
        answer = await asyncio.wait_for(work, self._settings.timeout)
        if answer.isError():
            raise ModbusException(str(answer))
        return answer

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None


class HttpWire(Wire):
    def __init__(self, settings: Http, allow_private: bool) -> None:
        self._settings = settings
        self._private = allow_private and settings.allow_private_address

    async def tell(self, call: Call, heartbeat: int) -> None:
        await asyncio.to_thread(self._tell, dict(zip(REGISTERS, call.values(heartbeat), strict=True)))

    def _tell(self, values: dict[str, int]) -> None:
        asked = self._settings
        headers = {"user-agent": AGENT} | {name: str(filled(text, values)) for name, text in asked.headers.items()}
        content = None if asked.body is None else msgspec.json.encode(filled(asked.body, values))
        if content is not None:
            headers.setdefault("content-type", "application/json")
        transport = GuardedTransport(self._private)
        transport.deadline.at = time.monotonic() + 2 * asked.timeout
        try:
            with httpx.Client(transport=transport, timeout=asked.timeout, trust_env=False, follow_redirects=False) as client:
                query = filled(asked.query, values) or None
                with client.stream(asked.method, asked.url, params=query, content=content, headers=headers) as answer:
                    status = answer.status_code
        except AddressRefused as error:
            raise NotReached("address") from error
        except _HTTP_FAULTS as error:
            raise NotReached(f"http: {str(error) or type(error).__name__}"[:300]) from error
        if not 200 <= status < 300:
            raise NotReached(f"status: {status}")

    def close(self) -> None:
        """Nothing is kept open."""


def wire_of(settings: Settings, allow_private: bool) -> Wire:
    if isinstance(settings, Modbus):
        return ModbusWire(settings, allow_private)
    return HttpWire(settings, allow_private)
