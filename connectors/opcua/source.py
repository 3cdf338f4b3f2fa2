"""An OPC UA server as a source: all nodes in one request, one session, closed at the first doubt."""

import asyncio
import contextlib

from asyncua import Client, ua
from asyncua.common.node import Node as UaNode

from connectors.failures import Failed, Gone, Refused, Unanswered
from connectors.opcua.conditions import Conditions
from connectors.source import Source, Tell
from connectors.tables.opcua import Method, Node, NoValue, Server


class ServerSource(Source):
    def __init__(self, server: Server, conditions: Conditions | None = None) -> None:
        """`conditions`: who hears them, if somebody does."""
        super().__init__(server.name, server.every)
        self._server, self._conditions = server, conditions
        self._client: Client | None = None
        self._known: dict[str, UaNode] = {}
        self._one_at_a_time = asyncio.Lock()

    async def read(self, tell: Tell) -> None:
        for one, found in await self._values():
            if isinstance(found, str):
                self.unreadable(one.address, found)
            else:
                tell(one.address, found)

    async def every_value(self) -> list[tuple[str, str]]:
        return [
            (one.address, found if isinstance(found, str) else f"{found:g} {one.unit}".strip())
            for one, found in await self._values()
        ]

    async def write(self, value_name: str, value: float) -> None:
        node = next((one for one in self._server.node if one.address == value_name and one.writable), None)
        method = next((one for one in self._server.method if one.address == value_name), None)
        if node is None and method is None:
            raise Refused(f"{self.address(value_name)[:120]} is not writable")
        async with self._one_at_a_time:
            try:
                client = await self._connected()
            except Gone as error:
                raise Failed(str(error)) from error
            try:
                work = self._written(client, node, value) if node is not None else self._called(client, method, value)
                await asyncio.wait_for(work, self._server.timeout)
            except NoValue as error:
                raise Refused(str(error)) from error
            except ua.UaStatusCodeError as error:
                if _is_of_the_connection(error):
                    await self._hang_up()
                    raise Unanswered(_words(error)) from error
                raise Refused(_words(error)) from error
            except (ConnectionError, OSError, TimeoutError, ua.UaError) as error:
                await self._hang_up()
                raise Unanswered(_words(error)) from error

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(RuntimeError):
                client.disconnect_socket()

    async def _values(self) -> list[tuple[Node, float | str]]:
        """Each node with its value, or why there is none. Raises Gone."""
        async with self._one_at_a_time:
            client = await self._connected()
            try:
                nodes = [self._known[one.node] for one in self._server.node]
                answered = await asyncio.wait_for(client.read_attributes(nodes), self._server.timeout)
            except (ConnectionError, OSError, TimeoutError, ua.UaError) as error:
                await self._hang_up()
                raise Gone(_words(error)) from error
        return [(one, _of(one, value)) for one, value in zip(self._server.node, answered, strict=True)]

    async def _written(self, client: Client, one: Node, value: float) -> None:
        raw, node = one.written(value), self._known[one.node]
        type_ = await node.read_data_type_as_variant_type()
        written: bool | int | float
        if type_ == ua.VariantType.Boolean:
            if raw not in (0, 1):
                raise NoValue(f"{value:g} is neither 0 nor 1")
            written = raw == 1
        elif type_ in (ua.VariantType.Float, ua.VariantType.Double):
            written = float(raw)
        elif type_.name.strip("U")[:3] in ("Int", "Byt", "SBy"):
            written = round(raw)
        else:
            raise NoValue(f"the node is of type {type_.name}, which takes no number")
        # Many servers refuse a write that brings its own time.
        await node.write_attribute(ua.AttributeIds.Value, ua.DataValue(ua.Variant(written, type_)))

    async def _called(self, client: Client, method: Method | None, value: float) -> None:
        assert method is not None
        arguments = []
        if method.argument:
            type_ = ua.VariantType[method.argument]
            arguments = [ua.Variant(value if method.argument in ("Float", "Double") else round(value), type_)]
            if method.argument == "Boolean":
                arguments = [ua.Variant(value == 1, type_)]
        await self._known[method.object].call_method(self._known[method.method].nodeid, *arguments)

    async def _connected(self) -> Client:
        """Raises Gone."""
        if self._client is not None:
            return self._client
        server = self._server
        client = Client(server.url, timeout=server.timeout)
        try:
            await asyncio.wait_for(self._open(client), server.timeout * 3)
        except (ConnectionError, OSError, TimeoutError, ua.UaError, ValueError) as error:
            with contextlib.suppress(Exception):
                client.disconnect_socket()
            raise Gone(_words(error)) from error
        self._client = client
        return client

    async def _open(self, client: Client) -> None:
        server = self._server
        if server.user:
            client.set_user(server.user)
            client.set_password(server.password)
        if server.security:
            parts = [server.security, server.mode, server.certificate, server.key]
            await client.set_security_string(",".join([*parts, *filter(None, [server.server_certificate])]))
        await client.connect()
        names = [one.node for one in server.node] + [name for one in server.method for name in (one.object, one.method)]
        self._known = {name: await self._found(client, name) for name in names}
        if self._conditions is not None:
            await self._conditions.subscribe(client)

    async def _found(self, client: Client, name: str) -> UaNode:
        if name.startswith("nsu="):
            uri, _, rest = name.removeprefix("nsu=").partition(";")
            name = f"ns={await client.get_namespace_index(uri)};{rest}"
        return client.get_node(name)

    async def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(ConnectionError, OSError, TimeoutError, ua.UaError):
                await asyncio.wait_for(client.disconnect(), 1.0)


def _of(one: Node, found: ua.DataValue) -> float | str:
    """The value, or why there is none."""
    status = found.StatusCode
    if status is not None and status.is_bad():
        return f"the server says {status.name}"
    raw = None if found.Value is None else found.Value.Value
    try:
        return one.value(raw.Text if isinstance(raw, ua.LocalizedText) else raw)
    except NoValue as error:
        return str(error)


def _is_of_the_connection(error: ua.UaStatusCodeError) -> bool:
    names = ("Session", "SecureChannel", "Connection", "Timeout", "Shutdown", "Communication")
    return any(name in type(error).__name__ for name in names)


def _words(error: BaseException) -> str:
    return (str(error).split("\n")[0] or type(error).__name__)[:200]
