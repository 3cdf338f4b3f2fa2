"""Traps of the agents: each is an event, what it says of known objects a reading, and a reason to ask the agent now."""

import asyncio
import datetime as dt
import logging
import socket
from collections.abc import Callable, Sequence

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import ntfrcv
from pysnmp.proto.rfc1902 import OctetString

from connectors.delivery import Delivery
from connectors.snmp.agent import AUTH, PRIV, Value, bound
from connectors.tables.snmp import Agent, NoValue

logger = logging.getLogger(__name__)

TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
MOST_BINDINGS = 30
LONGEST = 300


class Traps:
    """Listens for the traps of these agents. `heard` is called with the name of one that spoke."""

    def __init__(self, agents: Sequence[Agent], delivery: Delivery, heard: Callable[[str], None]) -> None:
        self._agents, self._delivery, self._heard = agents, delivery, heard
        self._by_host: dict[str, Agent] = {}
        self._strangers: set[str] = set()
        self._engine = SnmpEngine()

    async def open(self, host: str, port: int) -> None:
        """Raises OSError."""
        await self._look_up()
        for number, agent in enumerate(self._agents):
            if agent.version == "2c":
                config.add_v1_system(self._engine, f"agent-{number}", agent.community)
            else:
                engine = OctetString(hexValue=agent.engine) if agent.engine else None
                config.add_v3_user(
                    self._engine, agent.user, AUTH[agent.auth], agent.auth_key or None, PRIV[agent.priv], agent.priv_key or None,
                    securityEngineId=engine,
                )  # fmt: skip
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((host, port))  # pysnmp tells nobody that it could not
        transport = udp.UdpTransport().open_server_mode((host, port))
        config.add_transport(self._engine, udp.DOMAIN_NAME, transport)
        ntfrcv.NotificationReceiver(self._engine, self._on_trap)
        self._engine.transport_dispatcher.job_started(1)

    def close(self) -> None:
        self._engine.close_dispatcher()

    async def _look_up(self) -> None:
        """Agents are told apart by the address they send from."""
        for agent in self._agents:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(agent.host, None, family=socket.AF_INET)
            except OSError as error:
                logger.warning("%s is not known, and its traps are not: %s", agent.host, error)
                continue
            self._by_host |= {str(each[4][0]): agent for each in found}

    def _on_trap(
        self, engine: SnmpEngine, reference: int, context: object, name: object, bindings: Sequence[object], _: object
    ) -> None:
        host = str(engine.message_dispatcher.get_transport_info(reference)[1][0])
        agent = self._by_host.get(host)
        if agent is None:
            if host not in self._strangers and len(self._strangers) < 1_000:
                self._strangers.add(host)
                logger.warning("a trap of %s, which is no agent of the file, is passed over, as all of its traps are", host)
            return
        self.take(agent, [bound(binding) for binding in bindings[:MOST_BINDINGS]], dt.datetime.now(dt.UTC))

    def take(self, agent: Agent, values: Sequence[Value], at: dt.datetime) -> None:
        """Tell what a trap of an agent says."""
        said = dict(values)
        oid = str(said.get(TRAP_OID) or "")
        path = tuple(int(number) for number in oid.split(".")) if oid.replace(".", "").isdigit() else ()
        told: dict[str, object] = {"oid": oid}
        for each, raw in values:
            if each in (TRAP_OID, UPTIME) or raw is None:
                continue
            told[".".join(map(str, each))] = raw if isinstance(raw, int) and abs(raw) < 2**63 else str(raw)[:LONGEST]
            self._reading(agent, each, raw, at)
        self._delivery.event(agent.kind_of(path), f"{agent.name}/online", at, **told)
        self._heard(agent.name)

    def _reading(self, agent: Agent, oid: tuple[int, ...], raw: int | str, at: dt.datetime) -> None:
        for one in agent.object:
            below = oid[len(one.path) :] if one.walk and oid[: len(one.path)] == one.path else ()
            if oid != one.path and not below:
                continue
            try:
                value = one.value(raw)
            except NoValue:
                return  # as an attribute of the event it is told all the same
            name = one.address if not below else f"{one.address}/{'.'.join(map(str, below))}"
            self._delivery.reading(f"{agent.name}/{name}", value, at)
            return
