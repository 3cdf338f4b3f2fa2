"""One connection to a web process, without an HTTP library that would mend or hide what comes over it."""

import socket


class Wire:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._left = b""

    def send(self, method: str, address: str, body: bytes = b"", *, length: int | None = None, **headers: str) -> None:
        """Send a request; `length` announces another length than the body has."""
        fields = {"Host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body or length is not None:
            fields["Content-Length"] = str(len(body) if length is None else length)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.write(f"{method} {address} HTTP/1.1\r\n{lines}\r\n".encode() + body)

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self, *, body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of the next answer; `body=False` for one that has none by its method."""
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        assert first.startswith("HTTP/1.1 "), f"no answer begins so: {first[:200]!r}"
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if not body or status in (204, 304):
            return status, headers, b""
        while len(self._left) < int(headers["content-length"]):
            self._more()
        told, self._left = self._left[: int(headers["content-length"])], self._left[int(headers["content-length"]) :]
        return status, headers, told

    def is_closed(self) -> bool:
        """Whether the other end lets go, with nothing more to say, before the timeout."""
        try:
            return self._left == b"" and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> None:
        data = self._socket.recv(65536)
        assert data, f"the connection ended in the middle of an answer: {self._left[:200]!r}"
        self._left += data
