"""One HTTP request to a supervisor, within limits: time, size, redirects, addresses; every failure is a SupervisorFailed."""

import contextlib
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from assets.feeds import body
from assets.feeds.guard import AddressRefused, GuardedTransport

MOST_REDIRECTS = 5
MOST_BYTES = 32 * 1024 * 1024
"""Of one page, as sent and inflated alike."""
_NOTHING_TO_SAY = (204, 205, 304)
AGENT = "Vigie (urban hypervisor)"


class SupervisorFailed(Exception):
    """The supervisor could not be read: their error, not ours. `retry_after` is that header as it was sent, `status` that of the
    answer, 0 for none."""

    def __init__(self, said: str, retry_after: str = "", status: int = 0) -> None:
        super().__init__(said)
        self.retry_after, self.status = retry_after, status


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back. `body` is None when nothing changed since the validators given, and when there is nothing to say."""

    url: str
    body: bytes | None
    etag: str
    last_modified: str
    next: str
    """Absolute URL of the next page by the Link header, or ""."""


class Client:
    """Requests of one pull; a context manager."""

    def __init__(self, *, allow_private: bool, timeout: float, context: ssl.SSLContext | None = None) -> None:
        self._timeout = timeout
        self._transport = GuardedTransport(allow_private, context)
        self._client = httpx.Client(
            transport=self._transport, timeout=timeout, trust_env=False, follow_redirects=False,
            headers={"user-agent": AGENT, "accept": "application/json, */*;q=0.1", "accept-encoding": "gzip"},
        )  # fmt: skip

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    def get(self, url: str, headers: Mapping[str, str], parameters: Mapping[str, str] | None = None) -> Answered:
        """Fetch one page. `headers` (credentials, validators) are not carried to another origin. Raises SupervisorFailed."""
        with self._failures():
            target = httpx.URL(url)
            if parameters:
                target = target.copy_merge_params(dict(parameters))
            return self._follow(target, dict(headers))

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """The answer to a form, which no redirect carries elsewhere. Raises SupervisorFailed."""
        with self._failures():
            target = httpx.URL(url)
            if target.scheme not in ("http", "https") or not target.host:
                raise SupervisorFailed(f"only http and https URLs are pulled, not {str(target)[:80]}")
            self._transport.deadline.at = time.monotonic() + self._timeout * 2
            with self._client.stream("POST", target, data=dict(form), headers=dict(headers)) as response:
                return _read(response).body or b""

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (httpx.InvalidURL, UnicodeError) as error:
            raise SupervisorFailed(f"the URL cannot be used: {error}") from error
        except AddressRefused as error:
            raise SupervisorFailed(str(error)) from error
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise SupervisorFailed(f"no answer within {self._timeout:g} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, OSError) as error:
            raise SupervisorFailed(f"cannot be reached: {str(error) or type(error).__name__}") from error
        except body.TooLarge as error:
            raise SupervisorFailed(f"the answer is larger than {MOST_BYTES} bytes") from error
        except body.BadEncoding as error:
            raise SupervisorFailed(str(error)) from error

    def get_next(self, url: str, home: str, headers: Mapping[str, str], parameters: Mapping[str, str] | None = None) -> Answered:
        """Fetch a further page; credentials go to the origin of the feed's own address, `home`. Raises SupervisorFailed."""
        try:
            at_home = _origin(httpx.URL(home)) == _origin(httpx.URL(url))
        except (httpx.InvalidURL, UnicodeError) as error:
            raise SupervisorFailed(f"the URL of the next page cannot be used: {error}") from error
        return self.get(url, headers, parameters) if at_home else self.get(url, {})

    def _follow(self, url: httpx.URL, headers: dict[str, str]) -> Answered:
        self._transport.deadline.at = time.monotonic() + self._timeout * 2
        for _ in range(MOST_REDIRECTS + 1):
            if url.scheme not in ("http", "https") or not url.host:
                raise SupervisorFailed(f"only http and https URLs are pulled, not {str(url)[:80]}")
            with self._client.stream("GET", url, headers=headers) as response:
                if response.status_code not in (301, 302, 303, 307, 308):
                    return _read(response)
                location = response.headers.get("location", "")
                if not location:
                    raise SupervisorFailed(f"{_status(response)}, without a Location to go to")
            onward = url.join(location)
            if _origin(onward) != _origin(url):
                headers = {}
            url = onward
        raise SupervisorFailed(f"more than {MOST_REDIRECTS} redirects")


def joined(url: str, following: str) -> str:
    """The absolute URL of the page that the page at `url` says follows it. Raises SupervisorFailed."""
    try:
        return str(httpx.URL(url).join(following))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise SupervisorFailed(f"the URL of the next page cannot be used: {error}") from error


def wait_of(retry_after: str, now: float) -> float:
    """Seconds to wait, at `now` (s since the epoch), by a Retry-After (RFC 9110, 10.2.3): seconds or an HTTP-date. 0: none."""
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10:
        return int(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after[:64])
        return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _read(response: httpx.Response) -> Answered:
    status, headers = response.status_code, response.headers
    validators = headers.get("etag", ""), headers.get("last-modified", "")
    if status in _NOTHING_TO_SAY:
        return Answered(str(response.url), None, *validators, next="")
    if status not in (200, 206):
        raise SupervisorFailed(_status(response), headers.get("retry-after", "").strip(), status)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise SupervisorFailed(f"answered with Content-Encoding {encoding[:40]}, which was not asked for")
    chunks, size = [], 0
    for chunk in response.iter_raw():
        size += len(chunk)
        if size > MOST_BYTES:
            raise body.TooLarge
        chunks.append(chunk)
    content = b"".join(chunks)
    if encoding == "gzip":
        content = body.inflate(content, MOST_BYTES)
    following = response.links.get("next", {}).get("url", "")
    here = str(response.url)
    return Answered(here, content if content.strip() else None, *validators, next=joined(here, following) if following else "")


def _status(response: httpx.Response) -> str:
    reason = "".join(filter(str.isprintable, response.reason_phrase))  # what is told goes to the log
    return f"answered {response.status_code} {reason}".strip()
