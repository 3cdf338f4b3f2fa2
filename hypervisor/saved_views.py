"""Views of lists that people saved: the filters of a page under a name. The only writer of SavedView.

A view holds no right: whoever opens it sees what they may see. It is a convenience, and no line of the journal tells of it.
"""

import datetime as dt
from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q, QuerySet

from assets.refusal import Meaning, Refused
from hypervisor.models import SavedView, User
from hypervisor.rights import Right, Verb

MOST = 50
"""Views that one person has on one site."""
NOT_KEPT = frozenset({"after", "part"})
"""Of a query string: where somebody stood in the list, and which piece of the page they asked for."""


def visible(right: Right, person: User, page: str) -> QuerySet[SavedView]:
    """A person's own views of a page, and those that others share."""
    views = SavedView.objects.filter(Q(shared=True) | Q(owner=person), site_id=right.site_id, page=page)
    return views.select_related("owner").order_by("shared", "name", "pk")


def save(
    right: Right, person: User, page: str, name: str, query: str, *, fields: Collection[str], shared: bool, now: dt.datetime
) -> SavedView:
    """Keep the filters of a page under a name; the person's view of this name is replaced. Raises Refused."""
    if shared and not right.may(Verb.COMMENT):
        raise Refused(
            "not_to_share", "Votre rôle ne permet pas de partager une vue.", "Your role does not let you share a view.",
            meaning=Meaning.NOT_ALLOWED,
        )  # fmt: skip
    pairs = [(key, value) for key, value in parse_qsl(query) if key in fields and key not in NOT_KEPT and "\0" not in value]
    mine = SavedView.objects.filter(site_id=right.site_id, owner=person)
    if not mine.filter(page=page, name=name).exists() and mine.count() >= MOST:
        raise Refused("too_many_views", f"Vous avez {MOST} vues, le maximum.", f"You have {MOST} views, the most.")
    kept = {"query": urlencode(pairs), "shared": shared}
    view, _new = SavedView.objects.update_or_create(
        site_id=right.site_id, page=page, owner=person, name=name, defaults=kept, create_defaults={**kept, "created_at": now}
    )
    return view


def may_remove(view: SavedView, right: Right, person: User) -> bool:
    """Its owner may, and of what is shared whoever manages people."""
    return view.owner_id == person.pk or (view.shared and right.may(Verb.USERS))


def remove(view: SavedView) -> None:
    SavedView.objects.filter(pk=view.pk).delete()
