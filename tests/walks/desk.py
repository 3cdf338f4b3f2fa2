"""A control desk without a screen: follows a site's socket through every cut, and ends with what it believes to be open."""

import json
import threading
from contextlib import suppress

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect


class Desk:
    """Connects as a logged-in person and applies frames as `static/js/store.js` does, in a thread of its own."""

    def __init__(self, port: int, site: str, cookie: str) -> None:
        self._url = f"ws://127.0.0.1:{port}/ws/sites/{site}/live?version=2"
        self._headers = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"sessionid={cookie}"}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self.open: dict[int, dict] = {}
        self.seq: int | None = None
        self.reconnections = 0
        self.ended = ""
        """What ended the last connection."""
        self.gaps: list[tuple[int, int]] = []

    def __enter__(self) -> "Desk":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _follow(self) -> None:
        while not self._stop.is_set():
            since = "" if self.seq is None else f"&since={self.seq}"
            try:
                with connect(self._url + since, additional_headers=self._headers, open_timeout=5, max_size=2**20) as socket:
                    while not self._stop.is_set():
                        with suppress(TimeoutError):
                            self._apply(json.loads(socket.recv(timeout=0.2)))
            except (OSError, WebSocketException) as error:
                self.ended = repr(error)
            self.reconnections += 1
            self._stop.wait(0.1)

    def _apply(self, frame: dict) -> None:
        match frame["type"]:
            case "snapshot":
                if not getattr(self, "_paging", False):
                    self.open = {}
                self._paging = frame.get("more", False)
                self._take(frame["rows"].get("alarm", []))
                self.seq = frame["seq"]
            case "entries":
                if self.seq is not None and frame["from"] > self.seq + 1:
                    self.gaps.append((self.seq, frame["from"]))
                self._take(frame["rows"].get("alarm", []))
                self.seq = max(self.seq or 0, frame["to"])

    def _take(self, alarms: list[dict]) -> None:
        for alarm in alarms:
            if alarm["state"] == "normal":
                self.open.pop(alarm["id"], None)
            else:
                self.open[alarm["id"]] = alarm
