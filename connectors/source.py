"""What a connector asks of each protocol: a device that is read, written and let go."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

logger = logging.getLogger(__name__)

Tell = Callable[[str, float], None]
"""Told (name of a value, the value), each as soon as it was read."""


class Source(ABC):
    """One device. Its values have names, which stand below that of the device in the address."""

    def __init__(self, name: str, every: float) -> None:
        """`every`: seconds from one reading to the next."""
        self.name, self.every = name, every
        self._unreadable: dict[str, str] = {}

    @abstractmethod
    async def read(self, tell: Tell) -> None:
        """Read every value once. One that cannot be read is `unreadable`. Raises Gone when the device does not answer."""

    @abstractmethod
    async def write(self, value_name: str, value: float) -> None:
        """Have the device take a value. Raises Refused, Failed and Unanswered."""

    @abstractmethod
    async def every_value(self) -> list[tuple[str, str]]:
        """Each value now, or why it cannot be read, as whoever sets the device up is to see it. Raises Gone."""

    @abstractmethod
    def close(self) -> None:
        """Hang up."""

    def address(self, value_name: str) -> str:
        return f"{self.name}/{value_name}"

    def unreadable(self, value_name: str, why: str) -> None:
        """Say once that a value cannot be read."""
        if self._unreadable.get(value_name) != why:
            self._unreadable[value_name] = why
            logger.warning("%s: %s cannot be read: %s", self.name, value_name, why)

    def readable(self, value_name: str) -> None:
        self._unreadable.pop(value_name, None)
