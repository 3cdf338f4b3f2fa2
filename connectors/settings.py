"""The file of a connector: whom it tells, who may order it about, and the devices it asks."""

import os
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from connectors.tables.cap import Warnings
from connectors.tables.datex import Roadside
from connectors.tables.gtfs import Transit
from connectors.tables.modbus import Device as ModbusDevice
from connectors.tables.opcua import Server
from connectors.tables.snmp import Agent
from connectors.tables.syslog import Listening


class BadSettings(ValueError):
    """The file cannot be used; says what is wrong with it."""


class Secret(Struct, frozen=True, forbid_unknown_fields=True):
    """A token, here or in a file of its own."""

    token: str = ""
    token_file: str = ""

    def value(self) -> str:
        """Raises BadSettings."""
        if bool(self.token) == bool(self.token_file):
            raise BadSettings("Give either `token` or `token_file`.")
        try:
            found = self.token or Path(self.token_file).read_text().strip()
        except OSError as error:
            raise BadSettings(f"The token cannot be read: {error}") from error
        if not found or not found.isascii() or not found.isprintable():
            raise BadSettings("The token is empty, or no text of printable ASCII characters.")
        return found


class VigieSettings(Secret, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where readings go. `spool` is a folder in which they wait while nobody takes them."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/]+")]
    feed: Annotated[str, Meta(pattern=r"^[-\w]{1,60}\Z")]
    spool: Annotated[str, Meta(min_length=1)]
    spool_mb: Annotated[float, Meta(gt=0, le=100_000)] = 100.0
    timeout: Annotated[float, Meta(ge=1, le=60)] = 10.0


class OrderSettings(Secret, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where this process takes orders, and from whoever has the token."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8701


class TrapSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where traps of the agents are heard."""

    host: str = "0.0.0.0"
    port: Annotated[int, Meta(ge=1, le=65535)] = 162


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    vigie: VigieSettings
    orders: OrderSettings | None = None
    modbus: list[ModbusDevice] = []
    snmp: list[Agent] = []
    traps: TrapSettings | None = None
    opcua: list[Server] = []
    syslog: Listening | None = None
    cap: list[Warnings] = []
    datex: list[Roadside] = []
    gtfs: list[Transit] = []

    def __post_init__(self) -> None:
        """Raises ValueError."""
        names = [device.name for device in self.modbus] + [agent.name for agent in self.snmp]
        names += [server.name for server in self.opcua]
        names += [publisher.name for publisher in (*self.cap, *self.datex, *self.gtfs)]
        names += [sender.name for sender in self.syslog.sender] if self.syslog is not None else []
        if not names:
            raise ValueError(
                "there is no device: add `[[modbus]]`, `[[snmp]]`, `[[opcua]]`, `[syslog]`, `[[cap]]`, `[[datex]]` or `[[gtfs]]`"
            )
        if self.traps is not None and not self.snmp:
            raise ValueError("`[traps]` are those of agents: add a `[[snmp]]`")
        if len(set(names)) < len(names):
            raise ValueError("two devices have one name")


def read(path: Path) -> Settings:
    """Raises BadSettings."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text()), Settings)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadSettings(f"{path}: {error}") from error
    spool = Path(found.vigie.spool)
    if not spool.is_absolute():
        spool = Path(os.path.normpath(path.resolve().parent / spool))
    return msgspec.structs.replace(found, vigie=msgspec.structs.replace(found.vigie, spool=str(spool)))
