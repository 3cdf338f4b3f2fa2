"""Alarms and assets of the sites that a program, by its token, or a person may see."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from .live import Frame, follow
from .rows import Alarm, Asset, Site, read
from .wire import VigieError, Wire, refusal

RowT = TypeVar("RowT")
API = "/api/v1/"


class Vigie:
    """Made by `with_token` or `as_person`; a context manager, for its connection is kept. Whatever it asks raises VigieError."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @classmethod
    def with_token(cls, url: str, token: str, **options: Any) -> Self:
        """A program; its token is made for `alarms` under Réglages, API tokens. `options` are those of `Wire`."""
        return cls(Wire(url, headers={"authorization": f"Token {token}"}, **options))

    @classmethod
    def as_person(cls, url: str, username: str, password: str, **options: Any) -> Self:
        """Somebody's own session, which the journal names."""
        wire = Wire(url, **options)
        try:
            _log_in(wire, username, password)
        except BaseException:
            wire.close()
            raise
        return cls(wire)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._wire.close()

    def sites(self) -> list[Site]:
        return [read(Site, row) for row in self.get("sites")]

    def assets(self, site: str, **filters: Any) -> Iterator[Asset]:
        """Assets by code. Filters are those of the interface: `kind`, `sector`, `bbox`, `q`."""
        return self._pages(Asset, "assets", {"site": site, **filters})

    def alarms(self, site: str, **filters: Any) -> Iterator[Alarm]:
        """Alarms, those that came last first; open ones unless `state` says otherwise. Filters: `severity`, `sector`, `q`."""
        return self._pages(Alarm, f"sites/{site}/alarms", filters)

    def acknowledge(self, alarm: int, comment: str = "") -> Alarm:
        """The alarm as it is then; again does no harm."""
        return read(Alarm, self.post(f"alarms/{alarm}/acknowledgement", {"comment": comment}))

    def take_charge(self, alarm: int) -> Alarm:
        """For people: a program looks after nothing, and is refused (401)."""
        return read(Alarm, self.post(f"alarms/{alarm}/charge"))

    def release(self, alarm: int) -> Alarm:
        """Give back what one took charge of."""
        return read(Alarm, self.ask("DELETE", f"alarms/{alarm}/charge"))

    def comment(self, alarm: int, text: str) -> Alarm:
        return read(Alarm, self.post(f"alarms/{alarm}/comments", {"text": text}))

    def live(self, site: str, since: int | None = None) -> Iterator[Frame]:
        """Where the site stands, then every change, without a gap and without an end; after `since`, what came since. It opens
        the socket again when that breaks. Needs the extra `live` of this package."""
        headers = {name: self._wire.http.headers[name] for name in ("authorization",) if name in self._wire.http.headers}
        if cookies := "; ".join(f"{name}={value}" for name, value in self._wire.http.cookies.items()):
            headers["cookie"] = cookies
        return follow(self._wire.url, site, headers, since, self._wire.wait)

    def get(self, path: str, **query: Any) -> Any:
        """What any address below /api/v1/ answers, as it is."""
        return self.ask("GET", path, params=query or None)

    def post(self, path: str, body: Any = None) -> Any:
        return self.ask("POST", path, json=body)

    def ask(self, method: str, path: str, **sent: Any) -> Any:
        """Any request below /api/v1/; `sent` is that of httpx."""
        token = next((value for name, value in self._wire.http.cookies.items() if name.endswith("csrftoken")), None)
        if token and method not in ("GET", "HEAD"):
            sent["headers"] = {"x-csrftoken": token, "referer": f"{self._wire.url}/", **sent.get("headers", {})}
        return self._wire.ask(method, path if path.startswith("/") else API + path, **sent)

    @property
    def cookies(self) -> dict[str, str]:
        """Of a person's session, by name."""
        return dict(self._wire.http.cookies.items())

    def _pages(self, row: type[RowT], path: str, query: dict[str, Any]) -> Iterator[RowT]:
        """All rows of a list, page after page as they are needed."""
        page = self.get(path, **query)
        while True:
            yield from (read(row, each) for each in page["results"])
            if page["next"] is None:
                return
            page = self.get(page["next"])


def _log_in(wire: Wire, username: str, password: str) -> None:
    """Raises VigieError."""
    page = wire.http.get("/login/")
    token = next((value for name, value in page.cookies.items() if name.endswith("csrftoken")), "")
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token}
    answer = wire.http.post("/login/", data=form, headers={"referer": f"{wire.url}/login/"})
    if answer.status_code >= 400:
        raise refusal(answer)
    if not answer.is_redirect:  # the form again, which says to people what is wrong
        raise VigieError(401, "The name or the password is wrong.")
