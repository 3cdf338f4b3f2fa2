"""Who may do what, where: the one table of verbs, and the questions every endpoint, page and socket asks of it.

Rights come from grants and from nothing else: an account without a grant, a superuser's included, sees no site. A grant on
sectors covers what is nested in them; what lies in no sector (a feed's alarm, say) needs a grant on the whole site.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from assets.models import Site
from assets.sector_filters import within
from assets.sector_paths import lies_in
from hypervisor.models import Grant, Role, User


class Verb(StrEnum):
    SEE = "see"
    ACKNOWLEDGE = "acknowledge"
    COMMENT = "comment"
    TAKE = "take"
    SHELVE = "shelve"
    COMMAND = "command"
    PASSAGES = "passages"
    PLATES = "plates"
    PERMITS = "permits"
    OUT_OF_SERVICE = "out_of_service"
    RELEASE_OTHERS = "release_others"
    MAINTENANCE = "maintenance"
    RULES = "rules"
    FEEDS = "feeds"
    IMPORTS = "imports"
    USERS = "users"
    GATES = "gates"
    SCENARIOS = "scenarios"
    SIGN = "sign"
    ORDER = "order"
    CONTRACTS = "contracts"
    ON_CALL = "on_call"
    DUTY = "duty"
    NOTIFICATION = "notification"
    MESSAGES = "messages"
    ENTITIES = "entities"
    SIRENS = "sirens"


_READ = frozenset({Verb.SEE})
_OPERATE = _READ | {
    Verb.ACKNOWLEDGE, Verb.COMMENT, Verb.TAKE, Verb.SHELVE, Verb.COMMAND, Verb.PASSAGES, Verb.PLATES, Verb.ORDER,
    Verb.MESSAGES,
}  # fmt: skip
_SUPERVISE = _OPERATE | {
    Verb.OUT_OF_SERVICE, Verb.RELEASE_OTHERS, Verb.MAINTENANCE, Verb.PERMITS, Verb.SIGN, Verb.ON_CALL, Verb.DUTY,
}  # fmt: skip
_ADMINISTER = frozenset(
    {
        Verb.RULES, Verb.FEEDS, Verb.IMPORTS, Verb.USERS, Verb.GATES, Verb.SCENARIOS, Verb.CONTRACTS, Verb.NOTIFICATION,
        Verb.ENTITIES, Verb.SIRENS,
    }
)  # fmt: skip
_WHOLE_SITE = _ADMINISTER | {Verb.SIGN, Verb.ON_CALL, Verb.DUTY}

VERBS: dict[str, frozenset[Verb]] = {
    Role.AUDITOR: _READ,
    Role.OPERATOR: _OPERATE,
    Role.SHIFT_SUPERVISOR: _SUPERVISE,
    Role.ADMINISTRATOR: _SUPERVISE | _ADMINISTER,
}
"""A role that is not here may nothing. What is of the whole site is not for a grant on some of its sectors."""


@dataclass(frozen=True, slots=True)
class Right:
    """What one person, or one token, may on one site; `sectors` are paths, None the whole site."""

    site_id: int
    site: str
    role: str
    sectors: tuple[str, ...] | None
    only: frozenset[Verb] | None = None
    """Of a token: what it is for, of all that its role may."""

    def verbs(self) -> frozenset[Verb]:
        verbs = VERBS.get(self.role, frozenset())
        verbs = verbs if self.only is None else verbs & self.only
        return verbs if self.sectors is None else verbs - _WHOLE_SITE

    @property
    def names_people(self) -> bool:
        """Whether people in events (plates, badges) are named for them: a program is told pseudonyms."""
        return self.only is None

    def may(self, verb: Verb) -> bool:
        return verb in self.verbs()

    def covers(self, path: str | None) -> bool:
        """Whether what lies in the sector of this path (None: in none) is this person's business."""
        if self.sectors is None:
            return True
        return lies_in(path, self.sectors)

    def within(self, sector: str = "sector") -> Q:
        """A filter for rows of this site, by the lookup that leads to their sector."""
        return within(self.sectors, sector)


@dataclass(frozen=True, slots=True)
class Rights:
    """All a person's rights, by site id."""

    by_site: dict[int, Right]

    def on(self, slug: str, verb: Verb = Verb.SEE) -> Right:
        """The right on a site; Http404 when it is unknown or not theirs to see, PermissionDenied when only the verb is."""
        for right in self.by_site.values():
            if right.site == slug:
                return self._may(right, verb)
        raise Http404

    def at(self, site_id: int, path: str | None, verb: Verb = Verb.SEE) -> Right:
        """The right on what lies in a site and in the sector of this path, with the same refusals."""
        right = self.by_site.get(site_id)
        if right is None or not right.covers(path):
            raise Http404
        return self._may(right, verb)

    def visible(self, site: str = "site", sector: str = "sector") -> Q:
        """A filter for rows of any site, by the lookups that lead to their site and sector."""
        seen = [Q(**{f"{site}_id": right.site_id}) & right.within(sector) for right in self.by_site.values()]
        return reduce(or_, seen) if seen else Q(pk__in=())

    @staticmethod
    def _may(right: Right, verb: Verb) -> Right:
        if not right.may(Verb.SEE):
            raise Http404
        if not right.may(verb):
            raise PermissionDenied
        return right


def what(user: User | AnonymousUser) -> Rights:
    """The rights of a person as of now, in one query; none at all for an account that is not active."""
    if not user.is_authenticated or not user.is_active:
        return Rights({})
    grants = Grant.objects.filter(user_id=user.pk).values_list("site_id", "site__slug", "role", "confined")
    rows = grants.annotate(paths=ArrayAgg("sectors__path", filter=Q(sectors__isnull=False), default=None))
    return Rights({site_id: Right(site_id, slug, role, _paths(paths, bare)) for site_id, slug, role, bare, paths in rows})


def of(request: HttpRequest) -> Rights:
    """The rights of who asks, looked up once per request."""
    request = getattr(request, "_request", request)  # REST framework wraps the request that pages and middleware share
    if not hasattr(request, "vigie_rights"):
        request.vigie_rights = what(request.user)
    return request.vigie_rights


def on_site(request: HttpRequest, slug: str, verb: Verb = Verb.SEE) -> tuple[Right, Site]:
    """The right of who asks on a site, and the site; refused as `Rights.on` refuses."""
    right = of(request).on(slug, verb)
    return right, get_object_or_404(Site, pk=right.site_id)


def _paths(paths: Iterable[str] | None, confined: bool) -> tuple[str, ...] | None:
    """None: the whole site. Who is confined to sectors that are all gone is confined to nothing."""
    return tuple(sorted(paths or ())) if paths or confined else None
