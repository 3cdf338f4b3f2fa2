"""One connector at work: its devices, each by itself, the spool, and the orders; until it is told to end."""

import asyncio
import logging
import signal
from pathlib import Path

from connectors.delivery import Delivery
from connectors.failures import Gone, Refused
from connectors.modbus.polling import Polled
from connectors.modbus.wire import Wire
from connectors.orders import Orders, Write
from connectors.settings import Settings
from connectors.spool import Spool
from connectors.tables.modbus import OutOfRange

logger = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises InUse, OSError and BadSettings before it begins."""
    spool = Spool(Path(settings.vigie.spool), settings.vigie.spool_mb * 1e6)
    delivery = Delivery(settings.vigie, spool)
    wires = {device.name: Wire(device) for device in settings.modbus}
    polled = {device.name: Polled(device, wires[device.name], delivery) for device in settings.modbus}
    orders = Orders(settings.orders, _writing(settings, wires, polled)) if settings.orders is not None else None
    if orders is not None:
        logger.warning("orders are taken on port %d", orders.open())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    work = [delivery.keep(), delivery.deliver(), *(one.run() for one in polled.values())]
    tasks = [asyncio.ensure_future(each) for each in (*work, stop.wait())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # what should not have ended says why
    finally:
        if orders is not None:
            await asyncio.to_thread(orders.close)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for wire in wires.values():
            wire.close()
        delivery.flush()
        spool.close()


def _writing(settings: Settings, wires: dict[str, Wire], polled: dict[str, Polled]) -> Write:
    known = {
        device.address(register.address): (device.name, register) for device in settings.modbus for register in device.register
    }

    async def write(address: str, value: float) -> None:
        if address not in known:
            raise Refused(f"no device has {address[:120]!r}")
        name, register = known[address]
        if not register.writable:
            raise Refused(f"{address} is not writable")
        try:
            words = register.written(value)
        except OutOfRange as error:
            raise Refused(str(error)) from error
        await wires[name].write(register, words)
        polled[name].soon()  # what it reads now shows whether the device obeyed

    return write


async def tried(settings: Settings) -> list[str]:
    """What each register reads now, a line for each; nobody but the devices is told anything."""
    lines = []
    for device in settings.modbus:
        wire = Wire(device)
        try:
            values = await wire.every_value()
        except Gone as error:
            lines.append(f"{device.name}: {error}")
            continue
        finally:
            wire.close()
        for register, value in values:
            shown = f"{value:g} {register.unit}".strip() if isinstance(value, float) else value
            lines.append(f"{device.address(register.address)} = {shown}")
    return lines
