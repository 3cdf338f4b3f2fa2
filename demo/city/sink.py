"""A pretend SMS provider: takes messages over HTTP, keeps the newest, sends none; whoever looks at the scenarios reads them."""

import itertools
import json
from collections import deque

from demo.city.http import Answer, Request, as_json
from demo.city.pulls import iso
from demo.city.senders import Item

MOST = 50
LONGEST = 500


class Sink:
    def __init__(self) -> None:
        self._kept: deque[Item] = deque(maxlen=MOST)
        self._numbers = itertools.count(1)

    def take(self, request: Request, now: float) -> Answer:
        """One message: {"to", "text"}; its number."""
        try:
            given = json.loads(request.body)
            to, text = str(given["to"]), str(given["text"])
        except (ValueError, KeyError, TypeError):
            return as_json({"error": "a message is a JSON object with to and text"}, 400)
        number = next(self._numbers)
        self._kept.appendleft({"id": number, "at": iso(now), "to": to[:40], "text": text[:LONGEST]})
        return as_json({"id": str(number)})

    def told(self) -> Answer:
        return as_json({"messages": list(self._kept)})
