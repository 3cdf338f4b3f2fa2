"""Where the private engines of a data directory are found: URLs and sockets follow from its path alone."""

import hashlib
import os
from pathlib import Path

ROLE = DATABASE = "vigie"


def data_key(data: Path | str) -> str:
    """Ten hexadecimal digits that stand for a data directory in short paths."""
    return hashlib.sha256(os.fsencode(Path(data).resolve())).hexdigest()[:10]


def socket_dir(data: Path | str) -> Path:
    """Where the sockets are: a socket path holds 107 bytes at most, so not in the data directory."""
    return Path("/tmp") / f"vigie-{data_key(data)}"


def database_url(data: Path | str) -> str:
    """URL (libpq form) of the private PostgreSQL of a data directory, running or not."""
    return f"postgresql://{ROLE}@/{DATABASE}?host={socket_dir(data)}"


def redis_url(data: Path | str) -> str:
    """URL (redis-py form) of the private Valkey of a data directory, running or not."""
    return f"unix://{socket_dir(data) / 'valkey.sock'}?db=0"
