"""One connector at work: its devices, each by itself, the spool, and the orders; until it is told to end."""

import asyncio
import logging
import signal
from collections.abc import Mapping
from pathlib import Path

from connectors.cap.source import CapSource
from connectors.datex.source import DatexSource
from connectors.delivery import Delivery
from connectors.failures import Gone, Refused
from connectors.gtfs.source import GtfsSource
from connectors.modbus.source import ModbusSource
from connectors.opcua.conditions import Conditions
from connectors.opcua.source import ServerSource
from connectors.orders import Orders, Write
from connectors.polling import Polled
from connectors.settings import Settings
from connectors.snmp.agent import AgentSource
from connectors.snmp.traps import Traps
from connectors.source import Source
from connectors.spool import Spool
from connectors.syslog.listening import Syslog

logger = logging.getLogger(__name__)


def sources(settings: Settings, delivery: Delivery | None = None) -> list[Source]:
    """The devices of a file; without a delivery, nobody hears what they tell by themselves."""
    found: list[Source] = [ModbusSource(device) for device in settings.modbus]
    found += [AgentSource(agent) for agent in settings.snmp]
    for server in settings.opcua:
        heard = Conditions(server.name, delivery) if server.conditions and delivery is not None else None
        found.append(ServerSource(server, heard))
    spool = Path(settings.vigie.spool)
    found += [CapSource(publisher, delivery, spool) for publisher in settings.cap]
    found += [DatexSource(publisher, delivery, spool) for publisher in settings.datex]
    found += [GtfsSource(publisher, delivery, spool) for publisher in settings.gtfs]
    return found


async def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises InUse, OSError and BadSettings before it begins."""
    spool = Spool(Path(settings.vigie.spool), settings.vigie.spool_mb * 1e6)
    delivery = Delivery(settings.vigie, spool)
    polled = {source.name: Polled(source, delivery) for source in sources(settings, delivery)}
    orders = Orders(settings.orders, _writing(polled)) if settings.orders is not None else None
    if orders is not None:
        logger.warning("orders are taken on port %d", orders.open())
    traps = Traps(settings.snmp, delivery, lambda name: polled[name].soon()) if settings.traps is not None else None
    if traps is not None and settings.traps is not None:
        await traps.open(settings.traps.host, settings.traps.port)
    syslog = Syslog(settings.syslog, delivery) if settings.syslog is not None else None
    if syslog is not None:
        await syslog.open()
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
        if traps is not None:
            traps.close()
        if syslog is not None:
            syslog.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in polled.values():
            one.source.close()
        delivery.flush()
        spool.close()


def _writing(polled: Mapping[str, Polled]) -> Write:
    async def write(address: str, value: float) -> None:
        found = [name for name in polled if address.startswith(f"{name}/")]
        if not found:
            raise Refused(f"no device has {address[:120]!r}")
        one = polled[max(found, key=len)]
        await one.source.write(address.removeprefix(f"{one.source.name}/"), value)
        one.soon()  # what it reads now shows whether the device obeyed

    return write


async def tried(settings: Settings) -> list[str]:
    """What each device says now, a line for each value; nobody but the devices is told anything."""
    lines = [f"{sender.name}: heard when it sends" for sender in settings.syslog.sender] if settings.syslog is not None else []
    for source in sources(settings):
        try:
            lines += [f"{source.address(name)} = {shown}" for name, shown in await source.every_value()]
        except Gone as error:
            lines.append(f"{source.name}: {error}")
        finally:
            source.close()
    return lines
