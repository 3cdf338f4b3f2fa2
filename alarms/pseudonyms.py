"""Personal attributes of events (plates, badges) as pseudonyms, in all that outlives the events: evidence, alarms, journal.

A pseudonym is a keyed hash. Its key serves one month and is destroyed when the events of that month are; until then a table
tells the people of the control room whom it names. Afterwards the chain of the journal stands, and nobody can tell whose it was.
"""

import base64
import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from alarms.engine.facts import written
from alarms.engine.transitions import Transition
from alarms.models import PersonalAttribute, PersonalValue, PseudonymKey
from assets.instants import instant
from journal import live
from journal.page import Line, open_page

ALWAYS = frozenset({"badge", "card", "driver", "holder", "license_plate", "person", "phone", "plate"})
"""Attributes that are personal in every event, also where nobody declared them."""
FORM = re.compile(r"~[a-z2-7]{16}")
"""80 bits in base 32."""
MOST_REMEMBERED = 20_000
"""Values of which a correlator still knows the pseudonym; an alarm follows its events within moments."""
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


class Pseudonyms:
    """The pseudonyms of one site, as its correlator or a backtest makes them."""

    def __init__(self, site: int, declared: Mapping[str, frozenset[str]]) -> None:
        self._site = site
        self._declared = declared
        self._secrets: dict[dt.date, bytes] = {}
        self._values: dict[str, tuple[str, str, dt.date]] = {}

    def kept(self, kind: str, attributes: Mapping[str, object], at: int) -> Mapping[str, object] | None:
        """An event's attributes with its personal ones replaced; None when it has none. `at` in µs since the epoch."""
        personal = self._personal(kind)
        found = {name: value for name in attributes if name in personal and (value := written(attributes[name])) is not None}
        if not found:
            return None
        month = month_of(instant(at))
        return {**attributes, **{name: self._pseudonym(name, value, month) for name, value in found.items()}}

    def is_personal(self, name: str, kind: str | None = None) -> bool:
        """Whether an attribute names a person in events of a kind; None: in those of any."""
        if kind is None:
            return name in ALWAYS or any(name in names for names in self._declared.values())
        return name in self._personal(kind)

    def _personal(self, kind: str) -> frozenset[str]:
        return ALWAYS | self._declared.get(kind, frozenset()) | self._declared.get("", frozenset())

    def _pseudonym(self, name: str, value: str, month: dt.date) -> str:
        digest = hmac.digest(self._secret(month), f"{name}={value}".encode(), hashlib.sha256)[:10]
        made = "~" + base64.b32encode(digest).decode().lower()
        if made not in self._values:
            if len(self._values) >= MOST_REMEMBERED:
                del self._values[next(iter(self._values))]
            self._values[made] = (name, value, month)
        return made

    def _secret(self, month: dt.date) -> bytes:
        """The key of a month; of one whose key is destroyed, another that nobody keeps."""
        if month not in self._secrets:
            fresh = secrets.token_bytes(32)
            if end_of(month) > dt.datetime.now(dt.UTC):
                key, _new = PseudonymKey.objects.get_or_create(site_id=self._site, month=month, defaults={"secret": fresh})
                fresh = bytes(key.secret)
            self._secrets[month] = fresh
        return self._secrets[month]

    def keep(self, transitions: Sequence[Transition]) -> None:
        """Store whom the pseudonyms in these transitions name, in the transaction that stores the transitions."""
        if not self._values:
            return
        text = b"".join(msgspec.json.encode((each.subject, each.evidence)) for each in transitions).decode()
        named = {made: self._values[made] for made in FORM.findall(text) if made in self._values}
        PersonalValue.objects.bulk_create(
            [
                PersonalValue(site_id=self._site, pseudonym=made, attribute=name, value=value[:200], forgotten_at=end_of(month))
                for made, (name, value, month) in named.items()
            ],
            ignore_conflicts=True,
        )


def of_site(site: int) -> Pseudonyms:
    """With the attributes that the site has declared as personal, by event kind; an empty kind is every kind."""
    declared: dict[str, set[str]] = {}
    for kind, attribute in PersonalAttribute.objects.filter(site_id=site).values_list("event_kind", "attribute"):
        declared.setdefault(kind, set()).add(attribute)
    return Pseudonyms(site, {kind: frozenset(names) for kind, names in declared.items()})


def month_of(moment: dt.datetime) -> dt.date:
    """The month whose key serves; it changes at three in the night, when few vehicles are about."""
    return (moment - dt.timedelta(hours=3)).date().replace(day=1)


def end_of(month: dt.date) -> dt.datetime:
    """When the key of a month is destroyed: with its last events."""
    following = (month + dt.timedelta(days=32)).replace(day=1)
    midnight = dt.datetime.combine(following, dt.time(3), dt.UTC)
    return midnight + dt.timedelta(days=settings.RETENTION_DAYS)


def reveal(texts: Iterable[str]) -> dict[str, str]:
    """Whom the pseudonyms in these texts name, as far as it is still known; one query, none when there is no pseudonym."""
    found = {made for text in texts if "~" in text for made in FORM.findall(text)}
    return dict(PersonalValue.objects.filter(pseudonym__in=found).values_list("pseudonym", "value")) if found else {}


def revealed(text: str, known: Mapping[str, str]) -> str:
    """A text with what is known of its pseudonyms."""
    return FORM.sub(lambda made: known.get(made[0], made[0]), text) if known else text


def name_people(rows: list[dict[str, Any]], *fields: str) -> list[dict[str, Any]]:
    """Rows with whom the pseudonyms in some of their fields name; a field is a text, or one per language."""
    texts = ["".join(value.values()) if isinstance(value := row[field], dict) else value for row in rows for field in fields]
    if known := reveal(texts):
        for row in rows:
            for field in fields:
                value = row[field]
                if isinstance(value, dict):
                    row[field] = {language: revealed(text, known) for language, text in value.items()}
                else:
                    row[field] = revealed(value, known)
    return rows


def revealed_in(document: object) -> object:
    """A JSON document with what is known of the pseudonyms in its texts."""
    text = msgspec.json.encode(document).decode()
    known = {made: msgspec.json.encode(value).decode()[1:-1] for made, value in reveal([text]).items()}
    return msgspec.json.decode(revealed(text, known)) if known else document


def naming(site: int, word: str) -> list[str]:
    """The pseudonyms of values that have this word in them: who searches a plate finds its alarms."""
    found = PersonalValue.objects.filter(site_id=site, value__icontains=word)
    return list(found.values_list("pseudonym", flat=True)[:100])


def forget(site: int, now: dt.datetime) -> None:
    """Destroy the keys whose time is over, and the table of whom they named; journaled."""
    with transaction.atomic():
        PersonalValue.objects.filter(site_id=site, forgotten_at__lte=now).delete()
        keys = PseudonymKey.objects.select_for_update().filter(site_id=site).order_by("month")
        if not (ended := [key for key in keys if end_of(key.month) <= now]):
            return
        PseudonymKey.objects.filter(pk__in=[key.pk for key in ended]).delete()
        page = open_page(site)
        for key in ended:
            month = f"{MONTHS[key.month.month - 1]} {key.month.year}"
            fr = f"Clé des pseudonymes de {month} détruite : plus personne n’est identifiable"
            en = f"Key of the pseudonyms of {key.month:%B %Y} destroyed: nobody can be identified any more"
            page.write(Line("pseudonyms.forgotten", now, fr, en, details={"month": key.month.isoformat()}))
        live.publish(page)
