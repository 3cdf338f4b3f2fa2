"""Makes a feed of an offer: with its supervisor where that is a new one, the ready mapping, and a short name that is free."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify

from assets.feeds import trial
from assets.models import Feed, Site, Supervisor
from assets.refusal import Meaning, Refused
from hypervisor import supervisors
from hypervisor.offers import Offer
from journal.actors import Actor


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an administrator says of a new feed. `supervisor`: one of the site's, or the name of a new one."""

    name: str
    supervisor: Supervisor | str
    interval: int
    address: str = ""
    broker: str = ""
    private: bool = False


def make(site: Site, offer: Offer, wanted: Wanted, *, by: Actor, now: dt.datetime) -> tuple[Feed, str]:
    """The feed and its token, told once; the token is empty where nobody sends to it. Raises Refused."""
    mapping: dict[str, object] = {**offer.mapping, **({"broker": wanted.broker} if wanted.broker else {})}
    tried = Feed(protocol=offer.protocol, address=wanted.address, mapping=mapping)
    if offer.mapping and (why := trial.unusable(tried, mapping, wanted.address, '{"": 0}', "")):
        fr = "Cette adresse ne convient pas : lisez la page du protocole."
        raise Refused("unusable_address", fr, why, meaning=Meaning.INVALID, field="address")
    with transaction.atomic():
        row = wanted.supervisor
        if not isinstance(row, Supervisor):
            taken = set(Supervisor.objects.filter(site=site).values_list("slug", flat=True))
            row = supervisors.make_supervisor(site, _free(row, "supervisor", taken), row, by=by, now=now)
        used = set(Feed.objects.filter(slug__startswith=_base(wanted.name, "feed")).values_list("slug", flat=True))
        return supervisors.make_feed(
            row, _free(wanted.name, "feed", used), wanted.name, offer.protocol, wanted.address, wanted.interval, wanted.private,
            mapping=mapping, made_from=offer.slug, by=by, now=now,
        )  # fmt: skip


def _base(name: str, otherwise: str) -> str:
    return slugify(name)[:50].strip("-_") or otherwise


def _free(name: str, otherwise: str, taken: set[str]) -> str:
    """A short name after the name, with a number where it is taken."""
    base, number = _base(name, otherwise), 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug
