"""An SNMP agent as a source: its objects by GET, a few at a time, its tables by walking them."""

import asyncio
from collections.abc import Sequence
from types import MappingProxyType

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto.rfc1902 import Integer32, Unsigned32
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from connectors.failures import Exceptional, Failed, Gone, Refused, Unanswered
from connectors.source import Source, Tell
from connectors.tables.snmp import Agent, NoValue, Object

AT_ONCE = 10
"""Objects of one request; an agent that finds it too large is asked for each by itself."""
_TOO_BIG = 1
_REFUSALS = frozenset({"noAccess", "notWritable", "readOnly", "wrongType", "wrongValue", "wrongLength", "badValue", "noSuchName",
                       "inconsistentValue", "authorizationError", "noCreation", "genErr"})  # fmt: skip
AUTH = MappingProxyType(
    {
        "": hlapi.usmNoAuthProtocol, "md5": hlapi.usmHMACMD5AuthProtocol, "sha": hlapi.usmHMACSHAAuthProtocol,
        "sha224": hlapi.usmHMAC128SHA224AuthProtocol, "sha256": hlapi.usmHMAC192SHA256AuthProtocol,
        "sha384": hlapi.usmHMAC256SHA384AuthProtocol, "sha512": hlapi.usmHMAC384SHA512AuthProtocol,
    }
)  # fmt: skip
PRIV = MappingProxyType(
    {
        "": hlapi.usmNoPrivProtocol, "des": hlapi.usmDESPrivProtocol, "aes128": hlapi.usmAesCfb128Protocol,
        "aes192": hlapi.usmAesCfb192Protocol, "aes256": hlapi.usmAesCfb256Protocol,
    }
)  # fmt: skip
Value = tuple[tuple[int, ...], int | str | None]
"""(OID, what it holds, None where there is no such object)."""


class AgentSource(Source):
    def __init__(self, agent: Agent) -> None:
        super().__init__(agent.name, agent.every)
        self.agent = agent
        self._engine = hlapi.SnmpEngine()
        self._who = credentials(agent)
        self._at_once = AT_ONCE
        self._objects = {one.address: one for one in agent.object}
        self._one_at_a_time = asyncio.Lock()

    async def read(self, tell: Tell) -> None:
        single = [one for one in self._objects.values() if not one.walk]
        for start in range(0, len(single), self._at_once):
            await self._read_some(single[start : start + self._at_once], tell)
        for one in self._objects.values():
            if one.walk:
                try:
                    rows = await self._walk(one)
                except Exceptional as error:
                    self.unreadable(one.address, str(error))
                    continue
                for oid, raw in rows:
                    index = ".".join(map(str, oid[len(one.path) :]))
                    self._say(one, f"{one.address}/{index}", raw, tell)

    async def _read_some(self, objects: Sequence[Object], tell: Tell) -> None:
        try:
            values = await self._get(objects)
        except Exceptional as error:
            if len(objects) == 1:
                self.unreadable(objects[0].address, str(error))
                return
            self._at_once = 1
            for one in objects:
                await self._read_some([one], tell)
            return
        for one, (_, raw) in zip(objects, values, strict=True):
            self._say(one, one.address, raw, tell)

    def _say(self, one: Object, name: str, raw: int | str | None, tell: Tell) -> None:
        if raw is None:
            self.unreadable(name, "there is no such object")
            return
        try:
            tell(name, one.value(raw))
        except NoValue as error:
            self.unreadable(name, str(error))

    async def write(self, value_name: str, value: float) -> None:
        one = self._objects.get(value_name)
        if one is None or not one.writable:
            raise Refused(f"{self.address(value_name)[:120]} is not writable")
        try:
            raw = one.written(value)
        except NoValue as error:
            raise Refused(str(error)) from error
        syntax = Integer32 if one.syntax == "integer" else Unsigned32
        async with self._one_at_a_time:
            try:
                target = await self._target(retries=0)  # what was perhaps obeyed is not told again
            except Gone as error:
                raise Failed(str(error)) from error
            binding = hlapi.ObjectType(hlapi.ObjectIdentity(one.path), syntax(raw))
            try:
                trouble, status, _, _ = await hlapi.set_cmd(
                    self._engine, self._who, target, hlapi.ContextData(), binding, lookupMib=False
                )
            except PySnmpError as error:
                raise Failed(str(error)[:200]) from error
        if trouble is not None:
            raise Unanswered(str(trouble)[:200])
        if status:
            raise Refused(status.prettyPrint())

    async def every_value(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for one in self._objects.values():
            try:
                values = await self._walk(one) if one.walk else await self._get([one])
            except Exceptional as error:
                found.append((one.address, str(error)))
                continue
            for oid, raw in values:
                name = one.address if not one.walk else f"{one.address}/{'.'.join(map(str, oid[len(one.path) :]))}"
                try:
                    shown = "there is no such object" if raw is None else f"{one.value(raw):g} {one.unit}".strip()
                except NoValue as error:
                    shown = str(error)
                found.append((name, shown))
        return found

    def close(self) -> None:
        self._engine.close_dispatcher()

    async def _get(self, objects: Sequence[Object]) -> list[Value]:
        """Raises Exceptional and Gone."""
        bindings = [hlapi.ObjectType(hlapi.ObjectIdentity(one.path)) for one in objects]
        async with self._one_at_a_time:
            target = await self._target(self.agent.retries)
            try:
                answer = await hlapi.get_cmd(
                    self._engine, self._who, target, hlapi.ContextData(), *bindings, lookupMib=False
                )  # fmt: skip
            except PySnmpError as error:
                raise Gone(str(error)[:200]) from error
        values = _checked(*answer)
        if len(values) != len(objects):
            raise Exceptional(f"{len(values)} instead of {len(objects)} were answered")
        return values

    async def _walk(self, one: Object) -> list[Value]:
        """The rows of a column. Raises Exceptional and Gone."""
        found: list[Value] = []
        column = hlapi.ObjectType(hlapi.ObjectIdentity(one.path))
        async with self._one_at_a_time:
            target = await self._target(self.agent.retries)
            try:
                walking = hlapi.bulk_walk_cmd(
                    self._engine, self._who, target, hlapi.ContextData(), 0, 25, column, lookupMib=False, lexicographicMode=False
                )
                async for answer in walking:
                    found += [value for value in _checked(*answer) if value[1] is not None]
                    if len(found) >= self.agent.most_rows:
                        break
            except PySnmpError as error:
                raise Gone(str(error)[:200]) from error
        return [value for value in found if value[0][: len(one.path)] == one.path][: self.agent.most_rows]

    async def _target(self, retries: int) -> hlapi.UdpTransportTarget:
        """Raises Gone."""
        try:
            return await hlapi.UdpTransportTarget.create(
                (self.agent.host, self.agent.port), timeout=self.agent.timeout, retries=retries
            )  # fmt: skip
        except (PySnmpError, OSError) as error:
            raise Gone(f"{self.agent.host} is not known: {error}"[:200]) from error


def credentials(agent: Agent) -> hlapi.CommunityData | hlapi.UsmUserData:
    if agent.version == "2c":
        return hlapi.CommunityData(agent.community, mpModel=1)
    return hlapi.UsmUserData(
        agent.user, authKey=agent.auth_key or None, privKey=agent.priv_key or None, authProtocol=AUTH[agent.auth],
        privProtocol=PRIV[agent.priv],
    )  # fmt: skip


def _checked(trouble: object, status: object, place: object, bindings: Sequence[object]) -> list[Value]:
    """What an answer holds. Raises Exceptional and Gone."""
    if trouble is not None:
        raise Gone(str(trouble)[:200])
    if status:
        raise Exceptional(status.prettyPrint() if hasattr(status, "prettyPrint") else str(status))
    return [bound(binding) for binding in bindings]


def bound(binding: object) -> Value:
    """One binding of an answer or a trap: numbers as numbers, the rest as text."""
    name, value = binding[0], binding[1]  # type: ignore[index]
    oid = tuple(int(number) for number in tuple(name))
    if isinstance(value, NoSuchObject | NoSuchInstance | EndOfMibView):
        return oid, None
    try:
        return oid, int(value)
    except (TypeError, ValueError):
        return oid, str(value.prettyPrint())
