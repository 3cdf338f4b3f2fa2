"""A reader's hook: its message is made durable, answered at once, and taken in right behind the answer.

A thread of the web process does that, letter by letter in the order in which they came. Were the process killed in between, the
sweep takes the letter in.
"""

import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from passages import letters
from passages.tasks import take_in_now

logger = logging.getLogger(__name__)

_taking = ThreadPoolExecutor(1, "passages")


def receive(slug: str, authorization: str, media_type: str, body: bytes, now: dt.datetime) -> None:
    """Keep a message of the reader whose token this is. Raises letters.LetterRefused."""
    door = letters.admitted(slug, authorization)
    if len(body) > letters.LARGEST:
        raise letters.LetterRefused(413, f"The message is larger than {letters.LARGEST} bytes.")
    keep(door.id, media_type, body, now)


def keep(reader: int, media_type: str, body: bytes, now: dt.datetime) -> None:
    """Keep a message that may come in, and have it taken in. Raises letters.LetterRefused."""
    number = letters.keep(reader, media_type, body, now)
    if number is not None:
        _taking.submit(_take_in, number)


def _take_in(letter: int) -> None:
    try:
        take_in_now(letter)
    except Exception:  # whatever it is, the letter is there, and the sweep tries again
        logger.exception("letter %s was not taken in; the sweep tries again", letter)
    finally:
        connections.close_all()
