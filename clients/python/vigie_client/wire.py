"""Requests: what the server puts off (429, 503) or never answered is sent again, what it refuses is an exception."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

PUT_OFF = frozenset({429, 503})
ATTEMPTS = 6
LONGEST_PAUSE = 60.0


class VigieError(Exception):
    """What was asked did not happen.

    status  of HTTP; None when no answer came
    detail  why, in a sentence
    fields  what cannot be used as sent, by the name of its field
    """

    def __init__(self, status: int | None, detail: str, fields: Mapping[str, str] | None = None) -> None:
        self.status, self.detail, self.fields = status, detail, dict(fields or {})
        told = "; ".join(f"{name}: {why}" for name, why in self.fields.items())
        super().__init__(" ".join(str(each) for each in (status, detail, f"({told})" if told else "") if each))


class Wire:
    """One kept connection to one Vigie. `wait` sleeps for some seconds; `options` are those of httpx.Client, `verify` say."""

    def __init__(self, url: str, *, attempts: int = ATTEMPTS, wait: Callable[[float], None] = time.sleep, **options: Any) -> None:
        self.url = url.rstrip("/")
        self.http = httpx.Client(base_url=self.url, **{"timeout": 20.0, **options})
        self._attempts, self.wait = attempts, wait

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.http.close()

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        """What it answers, as JSON; None where it answers nothing. The same is sent again as long as it is put off or no answer
        comes: everything that the interface changes may be asked for twice. Raises VigieError."""
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                answer = self.http.request(method, path, **sent)
            except httpx.TransportError as error:
                if last:
                    raise VigieError(None, f"{self.url} is not reached: {error or type(error).__name__}") from error
                self.wait(pause(attempt))
                continue
            if answer.is_success:
                return answer.json() if answer.content else None
            if answer.status_code not in PUT_OFF or last:
                raise refusal(answer)
            self.wait(pause(attempt, answer.headers.get("retry-after", "")))
        raise AssertionError("attempts is at least 1")


def pause(attempt: int, asked: str = "") -> float:
    """Seconds: as many as the server asked for, else 1, 2, 4, …"""
    return min(LONGEST_PAUSE, float(asked) if asked.isdecimal() else 2.0 ** (attempt - 1))


def refusal(answer: httpx.Response) -> VigieError:
    """Of a problem document (RFC 9457); of anything else, a proxy's page, say, its status alone."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return VigieError(answer.status_code, answer.reason_phrase)
    detail, fields = str(problem.get("detail", answer.reason_phrase)), problem.get("errors")
    if isinstance(fields, dict):
        return VigieError(answer.status_code, detail, {name: _said(why) for name, why in fields.items()})
    return VigieError(answer.status_code, detail, {problem["field"]: detail} if "field" in problem else None)


def _said(why: object) -> str:
    """One text or several, of one field or of the parts of it."""
    if isinstance(why, dict):
        return "; ".join(f"{name}: {_said(each)}" for name, each in why.items())
    return "; ".join(map(_said, why)) if isinstance(why, list) else str(why)
