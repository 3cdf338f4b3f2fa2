"""The connection to one Modbus device: opened when it is needed, one question at a time, closed at the first doubt."""

import asyncio
from collections.abc import Awaitable
from types import MappingProxyType

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from connectors.failures import Exceptional, Failed, Gone, Refused, Unanswered
from connectors.tables.modbus import Block, Device, Register

_EXCEPTIONS = MappingProxyType(
    {
        1: "illegal function", 2: "illegal address", 3: "illegal value", 4: "device failure", 6: "device busy",
        10: "gateway path unavailable", 11: "the target of the gateway does not answer",
    }
)  # fmt: skip


class Wire:
    """Shared by the polling and the orders of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._client: AsyncModbusTcpClient | None = None
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, block: Block) -> list[tuple[Register, float]]:
        """What the registers of a block hold. Raises Exceptional and Gone."""
        async with self._one_at_a_time:
            client = await self._connected()
            read = {
                "coil": client.read_coils, "discrete": client.read_discrete_inputs, "input": client.read_input_registers,
                "holding": client.read_holding_registers,
            }[block.kind]  # fmt: skip
            answer = await self._answered(read(block.at, count=block.count, device_id=self._device.unit))
        if answer.isError():
            raise Exceptional(_words(answer))
        found = answer.bits if block.kind in ("coil", "discrete") else answer.registers
        if len(found) < block.count:
            raise Exceptional(f"{len(found)} instead of {block.count} were answered")
        return block.values(found)

    async def write(self, register: Register, words: list[int]) -> None:
        """Raises Refused, Failed and Unanswered."""
        unit = self._device.unit
        async with self._one_at_a_time:
            try:
                client = await self._connected()
            except Gone as error:
                raise Failed(str(error)) from error
            telling: Awaitable[ModbusPDU]
            if register.kind == "coil":
                on = bool(words[0])
                if register.multiple:
                    telling = client.write_coils(register.at, [on], device_id=unit)
                else:
                    telling = client.write_coil(register.at, on, device_id=unit)
            elif len(words) > 1 or register.multiple:
                telling = client.write_registers(register.at, words, device_id=unit)
            else:
                telling = client.write_register(register.at, words[0], device_id=unit)
            try:
                answer = await self._answered(telling)
            except Gone as error:
                raise Unanswered(str(error)) from error
        if answer.isError():
            raise Refused(_words(answer))

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    async def _answered(self, work: Awaitable[ModbusPDU]) -> ModbusPDU:
        """Raises Gone."""
        try:
            return await asyncio.wait_for(work, self._device.timeout)
        except (ModbusException, OSError, TimeoutError) as error:
            self.close()  # a late answer would be taken for the next one
            raise Gone(str(error) or f"no answer within {self._device.timeout:g} s") from error

    async def _connected(self) -> AsyncModbusTcpClient:
        """Raises Gone."""
        if self._client is not None and self._client.connected:
            return self._client
        self.close()
        device = self._device
        client = AsyncModbusTcpClient(device.host, port=device.port, timeout=device.timeout, retries=0, reconnect_delay=0)
        try:
            connected = await asyncio.wait_for(client.connect(), device.timeout)
        except (ModbusException, OSError, TimeoutError):
            connected = False
        if not connected:
            client.close()
            raise Gone(f"{device.host}:{device.port} does not take a connection")
        self._client = client
        return client


def _words(answer: ModbusPDU) -> str:
    code = getattr(answer, "exception_code", 0)
    return f"exception {code}: {_EXCEPTIONS.get(code, 'unknown')}" if code else str(answer)[:200]
