"""Where the next page of a pull is, by the paging its mapping declares: a cursor in the answer, or a number that grows. Pure."""

from collections.abc import Mapping

import httpx

from assets.feeds.forms.mapped import Page
from assets.feeds.mapping import Cursor, Offset


def first(paging: Cursor | Offset | None) -> dict[str, str]:
    """Parameters of the first page."""
    return {paging.parameter: str(paging.start)} if isinstance(paging, Offset) else {}


def following(paging: Cursor | Offset | None, page: Page, url: str, secret: Mapping[str, str]) -> str:
    """The URL of the page after the one at `url`, "" when there is none or nothing is declared; `secret` parameters stay out."""
    if paging is None:
        return ""
    here = httpx.URL(url)
    for name in secret:
        here = here.copy_remove_param(name)
    if isinstance(paging, Cursor):
        return str(here.copy_set_param(paging.parameter, page.cursor)) if page.cursor else ""
    if page.items < (paging.full or 1):
        return ""
    written = here.params.get(paging.parameter, str(paging.start))
    at = int(written) if written.isascii() and written.isdigit() and len(written) < 16 else paging.start
    return str(here.copy_set_param(paging.parameter, str(at + (paging.step or page.items))))
