"""A Modbus device as a source: its registers in as few requests as it allows."""

from connectors.failures import Exceptional, Refused
from connectors.modbus.wire import Wire
from connectors.source import Source, Tell
from connectors.tables.modbus import Block, Device, OutOfRange, blocks


class ModbusSource(Source):
    def __init__(self, device: Device) -> None:
        super().__init__(device.name, device.every)
        self._wire = Wire(device)
        self._registers = {register.address: register for register in device.register}
        self._blocks = blocks(device.register, device.bridge)

    async def read(self, tell: Tell) -> None:
        for block in list(self._blocks):
            await self._read(block, tell)

    async def _read(self, block: Block, tell: Tell) -> None:
        try:
            values = await self._wire.ask(block)
        except Exceptional as error:
            if len(block.registers) == 1:
                self.unreadable(block.registers[0].address, str(error))
                return
            # Some devices refuse the whole request for one register that they do not have: from now on each by itself.
            alone = [one for register in block.registers for one in blocks([register])]
            self._blocks = [one for one in self._blocks if one is not block] + alone
            for one in alone:
                await self._read(one, tell)
            return
        for register, value in values:
            tell(register.address, value)

    async def write(self, value_name: str, value: float) -> None:
        register = self._registers.get(value_name)
        if register is None or not register.writable:
            raise Refused(f"{self.address(value_name)[:120]} is not writable")
        try:
            words = register.written(value)
        except OutOfRange as error:
            raise Refused(str(error)) from error
        await self._wire.write(register, words)

    async def every_value(self) -> list[tuple[str, str]]:
        found = []
        for register in self._registers.values():
            try:
                [(_, value)] = await self._wire.ask(blocks([register])[0])
            except Exceptional as error:
                found.append((register.address, str(error)))
                continue
            found.append((register.address, f"{value:g} {register.unit}".strip()))
        return found

    def close(self) -> None:
        self._wire.close()
