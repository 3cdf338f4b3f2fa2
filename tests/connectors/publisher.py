"""A publisher that is asked over HTTP, for tests: what it serves was written by others, or in the test."""

import contextlib
import http.server
import threading


class Publisher:
    """An HTTP server with the files that are put into it. `asked`: the paths, in order."""

    def __init__(self, port: int = 0) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                content = publisher.files.get(self.path)
                self.send_response(200 if content is not None else 404)
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # whoever asked has heard enough
                    self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()
