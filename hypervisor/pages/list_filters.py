"""What the lists of the past share: filters as the address has them, as chips that can be taken away, and as saved views."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, QueryDict
from rest_framework.request import Request

from assets.alphabet import alphabetical
from hypervisor import saved_views
from hypervisor.models import SavedView
from hypervisor.rights import Right

PAGE = 50
"""Rows of one page."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is set: what it is called, what it lets through, and the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters that an address sets, each a text; several choices of one are joined by commas."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, request: HttpRequest, names: Sequence[str]) -> "Asked":
        given = {name: ",".join(each for each in request.GET.getlist(name) if each).replace("\0", "").strip() for name in names}
        return cls({name: value for name, value in given.items() if value})

    def query(self, **changes: str) -> str:
        """The query string of these filters with `changes`, "" taking one away."""
        values = {**self.values, **changes}
        return urlencode({name: value for name, value in values.items() if value})

    def request(self, request: HttpRequest, **more: str) -> Request:
        """What the interface would be asked for these filters."""
        asked = QueryDict(mutable=True)
        asked.update({**self.values, **more})
        request.GET = asked
        return Request(request)

    def several(self, name: str) -> list[str]:
        return self.values.get(name, "").split(",") if self.values.get(name) else []

    def chips(self, labels: Mapping[str, str], said: Callable[[str, str], str]) -> list[Chip]:
        """A chip for each filter that has a label, in their order; `said` puts a value into words."""
        return [
            Chip(str(label), said(name, self.values[name]), self.query(**{name: ""}))
            for name, label in labels.items()
            if name in self.values
        ]


def views_of(
    request: HttpRequest, right: Right, page: SavedView.Page, asked: Asked, names: dict[str, str]
) -> list[dict[str, object]]:
    """The saved views of a page for whoever looks at it; one query."""
    here = dict(asked.values)
    return sorted(
        (
            {
                "id": view.pk, "name": view.name, "query": view.query, "shared": view.shared,
                "here": dict(parse_qsl(view.query)) == here != {},
                "owner": "" if view.owner_id == request.user.pk else names.get(view.owner.username, view.owner.username),
                "may_remove": saved_views.may_remove(view, right, request.user),
            }
            for view in saved_views.visible(right, request.user, page)
        ),
        key=lambda view: (bool(view["shared"]), alphabetical(str(view["name"]))),
    )  # fmt: skip
