"""A neighbour on the engines' disk: a process that writes and syncs without a pause, as a backup or another database does."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

AT_ONCE = 32 << 20
"""Bytes written between two syncs."""


@contextmanager
def busy_disk(folder: Path) -> Iterator[None]:
    """While the neighbour writes to a file in `folder`, over and over."""
    neighbour = subprocess.Popen([sys.executable, __file__, str(folder / "neighbour")])
    try:
        yield
    finally:
        neighbour.kill()
        neighbour.wait()


def main(path: str) -> None:
    file, block = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), os.urandom(AT_ONCE)
    while True:
        os.pwrite(file, block, 0)
        os.fsync(file)


if __name__ == "__main__":
    main(sys.argv[1])
