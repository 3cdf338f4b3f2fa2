"""The process that speaks through Apprise: told on its input what to send, it answers on its output whether it left.

The library opens its connections itself. A hook on what Python does (PEP 578) keeps it to public addresses and to reading its own
files: whatever a redirect, a name that resolves differently the second time or an option of a URL would lead it to.
"""

import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any

import apprise

from assets.feeds.guard import is_public

_READABLE = (
    *(str(Path(each).resolve()) for each in (sys.prefix, sys.base_prefix, sys.exec_prefix, Path(apprise.__file__).parents[1])),
    "/etc/ssl", "/usr/lib/ssl", "/usr/share/ca-certificates", "/etc/mime.types", "/dev/null", "/dev/urandom",
)  # fmt: skip
_NEVER = (
    "subprocess.Popen",
    "os.exec",
    "os.posix_spawn",
    "os.system",
    "os.fork",
    "os.forkpty",
    "os.remove",
    "os.rename",
    "socket.bind",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_STATUS = re.compile(r"error=(\d{3})")


class _Kept:
    """What the hook refused, and the last status that the library wrote of."""

    def __init__(self, allow_private: bool) -> None:
        self.allow_private, self.refused, self.status = allow_private, False, 0

    def hook(self, event: str, given: tuple[Any, ...]) -> None:
        if event in _NEVER or (event in ("socket.connect", "socket.sendto") and not self._reaches(given[1])):
            self._refuse(event)
        if event == "open" and not self._reads(given[0], given[2]):
            self._refuse(event)

    def _refuse(self, event: str) -> None:
        self.refused = True
        raise PermissionError(f"{event} is not allowed here")

    def _reaches(self, address: object) -> bool:
        if not isinstance(address, tuple) or not isinstance(address[0], str):
            return False
        return self.allow_private or is_public(address[0])

    @staticmethod
    def _reads(path: object, flags: object) -> bool:
        if isinstance(path, int):
            return True
        name = os.fsdecode(path) if isinstance(path, bytes | str | os.PathLike) else ""
        writes = isinstance(flags, int) and bool(flags & _WRITES)
        return not writes and os.path.realpath(name).startswith(_READABLE)

    def hear(self, record: logging.LogRecord) -> bool:
        if (found := _STATUS.search(record.getMessage())) is not None:
            self.status = int(found[1])
        return False  # what it writes may name a token


def main() -> None:
    given = json.loads(sys.stdin.buffer.read())
    kept = _Kept(given["allow_private"])
    logging.getLogger("apprise").addFilter(kept.hear)
    asset = apprise.AppriseAsset(plugin_paths=[], secure_logging=True)
    service = apprise.Apprise.instantiate(given["url"], asset=asset, suppress_exceptions=True)
    if service is None:
        answer = {"sent": False, "refused": True, "status": 0}
    else:
        sys.addaudithook(kept.hook)
        try:
            sent = bool(service.notify(body=given["body"], title=given["title"]))
        except Exception:  # noqa: BLE001  # whatever a service's module raises: it did not leave
            sent = False
        answer = {"sent": sent, "refused": kept.refused and not sent, "status": kept.status}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
