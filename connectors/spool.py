"""What waits to be delivered, in files of one folder: neither an outage of Vigie nor the end of this process loses it.

One file is one message, named by when it was written: its name is also the key by which Vigie knows a repetition. Where the
folder is full, the oldest give way, and how much that was is told.
"""

import fcntl
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NOUNS = ("readings", "events")
ALIVE = "alive"
"""The file that is touched while the process goes on."""
AT_ONCE = 1_000
"""Items of one message."""


class InUse(Exception):
    """Another process works with this folder."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message that waits: its key, what it holds and the file it is in."""

    key: str
    noun: str
    path: Path

    def body(self) -> bytes:
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Lost:
    """Items that gave way, and the time they span, in ISO 8601."""

    count: int
    since: str
    until: str


class Spool:
    """Used by one thread."""

    def __init__(self, folder: Path, most: float) -> None:
        """`most`: bytes. Raises InUse and OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._most = folder, most
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise InUse(f"another process works with {folder}") from error
        for left in folder.glob("*.part"):
            left.unlink()
        self._sizes = {path: path.stat().st_size for path in sorted(folder.glob("*.json"))}
        self._last = 0

    def close(self) -> None:
        self._lock.close()

    def alive(self) -> None:
        """Show whoever watches that this process goes on. Raises OSError."""
        (self._folder / ALIVE).touch()

    def __len__(self) -> int:
        return len(self._sizes)

    def put(self, noun: str, items: Sequence[dict[str, object]]) -> Lost | None:
        """Keep items for delivery; what had to give way for them. Raises OSError."""
        for start in range(0, len(items), AT_ONCE):
            self._write(noun, json.dumps({noun: items[start : start + AT_ONCE]}, ensure_ascii=False).encode())
        return self._shorten()

    def oldest(self) -> Message | None:
        path = next(iter(self._sizes), None)
        if path is None:
            return None
        return Message(path.stem, path.stem.rpartition("-")[2], path)

    def drop(self, message: Message) -> None:
        """It was delivered, or never can be."""
        message.path.unlink(missing_ok=True)
        self._sizes.pop(message.path, None)

    def _write(self, noun: str, content: bytes) -> None:
        self._last = max(self._last + 1, time.time_ns())  # the clock may be set back; the order stays
        path = self._folder / f"{self._last:020d}-{noun}.json"
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(path)
        self._sizes[path] = len(content)

    def _shorten(self) -> Lost | None:
        size, times, count = sum(self._sizes.values()), list[str](), 0
        while size > self._most and len(self._sizes) > 1:
            path = next(iter(self._sizes))
            size -= self._sizes.pop(path)
            try:
                items = json.loads(path.read_bytes())[path.stem.rpartition("-")[2]]
                times += [item["at"] for item in items]
                count += len(items)
            except (OSError, ValueError, KeyError):
                count += 1  # of a file that somebody else has touched
            path.unlink(missing_ok=True)
        return Lost(count, min(times, default=""), max(times, default="")) if count else None
