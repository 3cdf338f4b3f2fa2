"""A document for paper: HTML pressed into a tagged PDF (PDF/UA-1), by a process of its own within limits of time and memory.

A day of five thousand lines takes half a minute and some hundred megabytes: neither is for a process that answers people. Who
asks waits, in a request or in a worker; what else the process does goes on.
"""

import base64
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

import msgspec

from assets.refusal import Refused

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 180
"""For one document; one of `MOST_LINES` takes a third of it on two slow cores."""
MOST_LINES = 10_000
"""Lines of tables that whoever makes a document may put into it."""
LONG = 1_000
"""Lines from which on a page says beforehand that it takes a while."""
AT_ONCE = 2
"""Documents that one process has made at the same time."""

_free = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Annex:
    """A file inside the PDF: the same told for programs."""

    name: str
    description: str
    content: str


class Order(msgspec.Struct, frozen=True):
    """What the other process is given: HTML in UTF-8. `annexes`: name, description and content of each."""

    html: bytes
    annexes: list[tuple[str, str, str]]


def pressed(html: str, annexes: Iterable[Annex] = ()) -> bytes:
    """The PDF of a whole document, which names its language and title and loads nothing. Raises Refused."""
    if not _free.acquire(blocking=False):
        fr = "Deux documents sont en préparation : réessayez dans une minute."
        raise Refused("paper_busy", fr, "Two documents are being made: try again in a minute.")
    try:
        return _made(Order(html.encode(), [(each.name, each.description, each.content) for each in annexes]))
    finally:
        _free.release()


def _made(order: Order) -> bytes:
    # Nothing of what this process knows goes along: no password, no address of an engine.
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME") if name in os.environ}
    command = [sys.executable, "-m", "hypervisor.press"]
    try:
        made = subprocess.run(
            command, input=msgspec.json.encode(order), capture_output=True, timeout=SECONDS, cwd=ROOT, env=env, check=False
        )
    except subprocess.TimeoutExpired as error:
        fr, en = "Ce document est trop long pour être préparé.", "This document is too long to be made."
        raise Refused("paper_long", fr, en) from error
    if made.returncode == 0:
        return base64.b64decode(made.stdout)
    told = made.stderr.decode(errors="replace").strip().splitlines()
    why = told[-1][:200] if told else f"status {made.returncode}"
    raise Refused("paper_failed", f"Le document n’a pas pu être préparé : {why}", f"The document could not be made: {why}")
