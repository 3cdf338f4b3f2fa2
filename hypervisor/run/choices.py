"""What the demo is asked to do, and how it says what it does and what it cannot do."""

from dataclasses import dataclass
from pathlib import Path


class CannotStart(Exception):
    """The demo cannot run; the message is one sentence for who started it."""


@dataclass(frozen=True)
class Choices:
    root: Path
    port: int
    assets: int | None  # None: as many as are there, else DEFAULT_ASSETS
    data: Path
    scenarios: bool


def say(line: str) -> None:
    print(line, flush=True)
