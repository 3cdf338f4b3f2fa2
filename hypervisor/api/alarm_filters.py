"""Which alarms a list, a file and a page are asked for: one reading of the query string, so that what is shown is exported."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, DurationField, ExpressionWrapper, Func, Model, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from alarms import pseudonyms
from alarms.engine import spec
from alarms.models import SEVERITY_NUMBERS, Alarm, Rule, RuleVersion
from alarms.rows import EXPLAINED, SET_ASIDE, SILENT
from alarms.verdicts.suppression import explained
from assets import sector_filters
from assets.models import Asset, AssetKind, Feed, GeometricPoint, Sector, Site
from assets.spelling import folded, in_sql, stem
from hypervisor.api.asked import an_id, choice, number
from hypervisor.api.searching import search, words
from hypervisor.models import User
from hypervisor.rights import Right

OPEN = Q(is_open=True)
STATES: dict[str, Q] = {
    "open": OPEN,
    "all": Q(),
    "shelved": OPEN & Q(shelved_until__isnull=False),
    "out_of_service": OPEN & Q(out_of_service_until__isnull=False),
    "suppressed": OPEN & EXPLAINED,
    "in_view": OPEN & ~SILENT,
    "set_aside": OPEN & SET_ASIDE,
    "feeds": OPEN & Q(feed__isnull=False),
    **{state: Q(state=state) for state in Alarm.State.values},
}
"""`in_view` is what the lamps count."""
SEARCHED = (
    "sentence_fr", "sentence_en", "asset__name", "sector__name", "feed__name", "taken_by__username", "taken_by__first_name",
    "taken_by__last_name",
)  # fmt: skip
"""Besides the asset's code, of open alarms; as `searchable` in static/js/alarms.js: a list and its table are of the same."""
_PERSON = (User, ("username", "first_name", "last_name"))
NAMED: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "rule": (Rule, ("name_fr", "name_en")), "sector": (Sector, ("name",)), "feed": (Feed, ("name",)),
    "taken_by": _PERSON, "acknowledged_by": _PERSON,
}  # fmt: skip
"""Besides assets: what words name among the alarms of the past."""
MOST_NAMED = 1_000
_MOST_CORNERS = 100
PAST = ("all", "normal")
"""States with a million alarms."""
RULE_KINDS = tuple(each.__struct_config__.tag for each in spec.Spec.__args__)
_PEOPLE = ("acknowledged_by", "taken_by", "shelved_by", "out_of_service_by")


@dataclass(frozen=True)
class Order:
    """An order that an index carries: the lookups that make it, with the member of a row each is found in."""

    moment: str
    newest: bool

    @property
    def within(self) -> Q:
        """What has a place in this order at all."""
        return Q(**{f"{self.moment}__isnull": False})

    @property
    def keys(self) -> dict[str, str]:
        return {self.moment: self.moment, "id": "id"}

    def after(self, moment: dt.datetime, ident: int) -> Q:
        """A filter for what comes after a row: its first comparison tells an index where to begin."""
        beyond = "lt" if self.newest else "gt"
        tied = Q(**{self.moment: moment, f"id__{beyond}": ident})
        return Q(**{f"{self.moment}__{beyond}e": moment}) & (Q(**{f"{self.moment}__{beyond}": moment}) | tied)

    def __call__(self, alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
        sign = "-" if self.newest else ""
        return alarms.filter(self.within).order_by(f"{sign}{self.moment}", f"{sign}id")


ORDERS = {
    "newest": Order("raised_at", newest=True),
    "oldest": Order("raised_at", newest=False),
    "closed_last": Order("closed_at", newest=True),
    "closed_first": Order("closed_at", newest=False),
}


def filtered(request: Request, right: Right, now: dt.datetime, *, state: str = "open") -> QuerySet[Alarm]:
    """The alarms of a site that the person may see and that the query string asks for, `state` unless it says one.

    Raises ValidationError.
    """
    asked, site = request.query_params, right.site_id
    alarms = Alarm.objects.filter(STATES[choice(request, "state", STATES, state)], right.within(), site_id=site)
    if severities := _several(request, "severity", SEVERITY_NUMBERS):
        alarms = alarms.filter(severity__in=[SEVERITY_NUMBERS[name] for name in severities])
    if kinds := _text(request, "kind"):
        # By their ids, as below: the planner knows how frequent each is, and nothing of a name in another table.
        ids = AssetKind.objects.filter(slug__in=kinds.split(",")).values_list("pk", flat=True)
        alarms = alarms.filter(asset__kind__in=list(ids))
    if sector := asked.get("sector"):
        alarms = alarms.filter(sector__in=_sectors(site, sector))
    if zone := asked.get("zone"):
        alarms = alarms.filter(asset__in=_in_zone(site, zone))
    if rules := _text(request, "rule"):
        known = Rule.objects.filter(site_id=site, slug__in=rules.split(","))
        alarms = alarms.filter(rule__in=list(known.values_list("pk", flat=True)))
    if kinds := _several(request, "rule_kind", RULE_KINDS):
        known = RuleVersion.objects.filter(rule__site=site, spec__kind__in=kinds)
        alarms = alarms.filter(version__in=list(known.values_list("pk", flat=True)))
    if person := _text(request, "person"):
        alarms = alarms.filter(_handled_by(person))
    for name, lookup in (("asset", "asset_id"), ("incident", "incident_id")):
        if (ident := number(request, name)) is not None:
            alarms = alarms.filter(**{lookup: ident})
    if (ident := number(request, "suppressed_by")) is not None:
        alarms = alarms.filter(id__in=explained(ident))
    alarms = _lasting(request, _of_period(request, alarms, site), now)
    asked_for = request.query_params.get("state", state)
    return (_about if asked_for in PAST else _saying)(alarms, right, asked.get("q", ""))


def _in_zone(site: int, text: str) -> QuerySet[Asset]:
    """The assets within corners `lon,lat;…`. Raises ValidationError."""
    try:
        corners = [(float(lon), float(lat)) for lon, lat in (corner.split(",") for corner in text.split(";"))]
    except ValueError:
        corners = []
    if not 3 <= len(corners) <= _MOST_CORNERS or not all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in corners):
        raise ValidationError(
            {"zone": _("Three to {most} corners, as 2.35,48.85;2.36,48.85;2.36,48.86.").format(most=_MOST_CORNERS)}
        )
    zone = "(" + ",".join(f"({lon},{lat})" for lon, lat in corners) + ")"
    lons, lats = zip(*corners, strict=True)
    near = Asset.objects.filter(site=site, longitude__range=(min(lons), max(lons)), latitude__range=(min(lats), max(lats)))
    place = GeometricPoint("longitude", "latitude")
    within = Func(Value(zone), place, template="(%(expressions)s)", arg_joiner="::polygon @> ", output_field=BooleanField())
    return near.filter(within)


def _handled_by(person: str) -> Q:
    """What somebody acknowledged, took charge of, shelved or put out of service, the last to do so."""
    ident = User.objects.filter(username=person).values_list("pk", flat=True).first()
    if ident is None:
        return Q(pk__in=())
    return reduce(or_, (Q(**{field: ident}) for field in _PEOPLE))


def _of_period(request: Request, alarms: QuerySet[Alarm], site: int) -> QuerySet[Alarm]:
    """By when they began and ended: an instant, or a day on the site's clocks, of which a last one is included."""
    for moment, first, last in (("raised_at", "from", "to"), ("closed_at", "ended_from", "ended_to")):
        for name, lookup in ((first, "gte"), (last, "lt")):
            if (text := request.query_params.get(name)) and (at := instant_of(text, name, site, last=lookup == "lt")):
                alarms = alarms.filter(**{f"{moment}__{lookup}": at})
    return alarms


def instant_of(text: str, name: str, site: int, *, last: bool) -> dt.datetime:
    """An instant that was given, or the begin of a day on the site's clocks, of a last day its end. Raises ValidationError."""
    try:
        at = dt.datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not escaped arrives as a space
        if len(text) == len("2026-03-01"):
            zone = ZoneInfo(Site.objects.values_list("timezone", flat=True).get(pk=site))
            at = dt.datetime.combine(at.date() + dt.timedelta(days=last), dt.time(), zone)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.tzinfo is None or not 2000 <= at.year < 2200:
        raise ValidationError({name: _("A day, as 2026-03-01, or an instant with its offset.")})
    return at.astimezone(dt.UTC)  # PostgreSQL takes no offset beyond 16 hours


def _lasting(request: Request, alarms: QuerySet[Alarm], now: dt.datetime) -> QuerySet[Alarm]:
    """By how long they stood, from their first begin to their return: until now where they stand."""
    for name, lookup in (("longer", "gte"), ("shorter", "lt")):
        if (minutes := number(request, name)) is None:
            continue
        if minutes > _LONGEST_MINUTES:
            raise ValidationError({name: _("At most {most} minutes.").format(most=_LONGEST_MINUTES)})
        stood = Coalesce("returned_at", "closed_at", Value(now)) - Coalesce("first_raised_at", "raised_at")
        lasted = {f"stood_{lookup}": ExpressionWrapper(stood, DurationField())}
        alarms = alarms.alias(**lasted).filter(**{f"stood_{lookup}__{lookup}": dt.timedelta(minutes=minutes)})
    return alarms


def _saying(alarms: QuerySet[Alarm], right: Right, text: str) -> QuerySet[Alarm]:
    """Open alarms in which each of the words is found."""
    found = list(map(stem, words(folded(text))))
    if found:
        alarms = alarms.alias(**{f"said_{place}": in_sql(field) for place, field in enumerate(SEARCHED)})
    for word in found:
        said = Q(asset__code__icontains=word) | _of_person(right, word)
        for place in range(len(SEARCHED)):
            said |= Q(**{f"said_{place}__contains": word})
        alarms = alarms.filter(said)
    return alarms


def _about(alarms: QuerySet[Alarm], right: Right, text: str) -> QuerySet[Alarm]:
    """Alarms, open or closed, about something that each of the words names. Of a million sentences none is read: what the words
    name is looked up first, and then the alarms of it by an index; what names more assets than `MOST_NAMED` is found soon."""
    for word in words(folded(text)):
        named = _of_person(right, stem(word))
        for field, (model, names) in NAMED.items():
            called = reduce(or_, (Q(**{f"said_{name}__contains": stem(word)}) for name in names))
            rows = model.objects.alias(**{f"said_{name}": in_sql(name) for name in names}).filter(called)
            named |= Q(**{f"{field}__in": list(rows.values_list("pk", flat=True))})
        if query := search(word):
            assets = Asset.objects.filter(site_id=right.site_id, search=query).order_by().values_list("pk", flat=True)
            few = list(assets[: MOST_NAMED + 1])
            named |= Q(asset__in=few if len(few) <= MOST_NAMED else assets)
        alarms = alarms.filter(named)
    return alarms


def _of_person(right: Right, word: str) -> Q:
    """What is about whom this word names, as far as it is known who a pseudonym is; nothing for whoever is not told."""
    if not right.names_people:
        return Q(pk__in=())
    return reduce(or_, (Q(subject__endswith=each) for each in pseudonyms.naming(right.site_id, word)), Q(pk__in=()))


def _sectors(site: int, slug: str) -> list[int]:
    """Ids of a sector and of those nested in it. Raises ValidationError for a sector the site has not."""
    path = _path_of(site, slug)
    return list(Sector.objects.filter(Q(path=path) | Q(path__startswith=f"{path}/"), site_id=site).values_list("pk", flat=True))


def in_sector(site: int, slug: str) -> Q:
    """A filter for what lies in a sector or in one nested in it. Raises ValidationError for a sector the site has not."""
    return sector_filters.in_sector(_path_of(site, slug))


def _path_of(site: int, slug: str) -> str:
    path = Sector.objects.filter(site_id=site, slug=slug.replace("\0", "")).values_list("path", flat=True).first()
    if path is None:
        raise ValidationError({"sector": _("The site has no such sector.")})
    return path


def _text(request: Request, name: str) -> str:
    return request.query_params.get(name, "").replace("\0", "")


def _several(request: Request, name: str, allowed: Collection[str]) -> list[str]:
    """The words of a list joined by commas. Raises ValidationError for one that is none of these."""
    asked = request.query_params.get(name)
    if not asked:
        return []
    if set(asked.split(",")) - set(allowed):
        raise ValidationError({name: _("One or more of {allowed}.").format(allowed=", ".join(allowed))})
    return asked.split(",")


_LONGEST_MINUTES = 10 * 366 * 24 * 60
_AN_INSTANT = "A day on the site's clocks, or an instant with its offset."
FILTERS = [
    OpenApiParameter(
        "state", str, enum=list(STATES), description="Default: `open`. `in_view` is what the lamps of the desk count."
    ),
    OpenApiParameter("severity", str, description="One or more, joined by commas: critical, high, medium, low."),
    OpenApiParameter("kind", str, description="One or more kinds of assets by slug, joined by commas."),
    OpenApiParameter("sector", str, description="Slug of a sector; nested sectors are included."),
    OpenApiParameter("zone", str, description="Corners of a polygon in degrees, `lon,lat` joined by semicolons."),
    OpenApiParameter("rule", str, description="One or more rules by slug, joined by commas."),
    OpenApiParameter("rule_kind", str, description=f"One or more kinds of rules, joined by commas: {', '.join(RULE_KINDS)}."),
    OpenApiParameter("person", str, description="User name: alarms this person was the last to acknowledge, take, shelve or put "
                     "out of service."),
    an_id("asset", "Alarms of this asset."),
    an_id("incident", "Alarms of this incident."),
    an_id("suppressed_by", "Open alarms that this alarm suppresses, directly or indirectly."),
    OpenApiParameter("from", str, description=f"Alarms that began then or later. {_AN_INSTANT}"),
    OpenApiParameter("to", str, description=f"Alarms that began before; a day is included. {_AN_INSTANT}"),
    OpenApiParameter("ended_from", str, description=f"Alarms that closed then or later. {_AN_INSTANT}"),
    OpenApiParameter("ended_to", str, description=f"Alarms that closed before; a day is included. {_AN_INSTANT}"),
    an_id("longer", "Alarms that stood for at least so many minutes: until now, where they stand."),
    an_id("shorter", "Alarms that stood for less than so many minutes."),
    OpenApiParameter(
        "q",
        str,
        description="Words; all must match. Among open alarms of the sentence, of the asset, its sector or feed, or of the "
        "person in charge; with `state` `all` or `normal` of the asset, its sector, the feed, the rule, or of whoever took or "
        "acknowledged it.",
    ),
]  # fmt: skip
"""What `filtered` reads of the query string."""
ORDER = OpenApiParameter(
    "order", str, enum=list(ORDERS), description="By begin (default: `newest`), or by when they closed: only closed alarms."
)
