"""Keeps an answer without a body free of one: Daphne sends its second chunk all the same, where the next answer is awaited.

A client or a proxy that reads on would take those bytes, which somebody may have chosen, for the answer to its next request.
"""

from typing import Any

from asgiref.typing import ASGI3Application

WITHOUT = frozenset({204, 304, *range(100, 200)})
"""Statuses whose answers have no body (RFC 9110 §6.4.1); those to HEAD have none either."""


def bodiless(application: ASGI3Application) -> ASGI3Application:
    async def answering(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        silent = scope["method"] == "HEAD"

        async def told(message: dict[str, Any]) -> None:
            nonlocal silent
            if message["type"] == "http.response.start":
                silent = silent or message["status"] in WITHOUT
            elif silent and message.get("more_body"):
                return
            elif silent:
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await application(scope, receive, told)  # type: ignore[arg-type]

    return answering  # type: ignore[return-value]
