"""What a demo stand has of notification: a rota, a policy, a rule, and phones whose provider is the pretend city itself."""

import datetime as dt
from typing import Any

import msgspec
from django.utils.text import slugify

from assets.models import Site
from journal.actors import Actor
from response.models import Gateway, Means, Message
from response.notification import contacts, gateways, plans
from response.notification.sealed import opened


class Notification(msgspec.Struct):
    """`phones`: of the demo's people, by user name; `sms`: the settings of the gateway, where {city} is the city's address."""

    sms: dict[str, Any]
    phones: dict[str, str]
    rota: dict[str, Any]
    policy: dict[str, Any]
    rule: dict[str, Any]


def connect(site: Site, told: Notification, city: str, *, by: Actor, now: dt.datetime) -> None:
    """The provider where the city listens this time, unless somebody has set another one. Raises Refused."""
    wanted = told.sms | {"url": told.sms["url"].replace("{city}", city.rstrip("/"))}
    known = Gateway.objects.filter(site=site, means=Means.SMS).first()
    if city and (known is None or (known.changed_by == by.name and gateways.shown(known).get("url") != wanted["url"])):
        gateways.write(site.pk, Means.SMS, wanted, by=by, now=now)


def load(site: Site, told: Notification, people: dict[str, int], *, by: Actor, now: dt.datetime) -> None:
    """Set it up; `people`: ids by user name. Contacts are confirmed with their own codes. Raises Refused, KeyError."""
    for login, number in told.phones.items():
        contact = contacts.add(site.pk, people[login], login, Means.SMS, number, by=by, now=now)
        if contact.verified_at is None:
            code = opened(Message.objects.filter(contact=contact, kind=Message.Kind.CODE).latest("pk").body)
            contacts.verify(contact, code, login, by=by, now=now)
    rota, policy = slugify(told.rota["name"]), slugify(told.policy["name"])
    plans.write_rota(site.pk, rota, told.rota, people=people, by=by, now=now)
    plans.write_policy(site.pk, policy, told.policy, people=people, by=by, now=now)
    plans.write_rules(site.pk, {"rules": [told.rule | {"policy": policy}]}, people=people, by=by, now=now)
