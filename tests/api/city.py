"""A small city with two sites, nested sectors, alarms in each, and one person per role and per confinement."""

from dataclasses import dataclass, field

from django.test import Client

from alarms.models import Alarm, Rule
from assets.models import Asset, Feed, Point, Sector, Site
from hypervisor.models import User
from tests.factories import (
    make_alarm,
    make_asset,
    make_feed,
    make_point,
    make_rule,
    make_sector,
    make_site,
    make_user,
)

ROLES = ("operator", "shift_supervisor", "administrator", "auditor")


@dataclass
class City:
    """`quai` has sectors nord, nord/gare and sud with one alarm each, and one alarm of no sector; `ailleurs` has one."""

    site: Site
    other: Site
    sectors: dict[str, Sector]
    feed: Feed
    rule: Rule
    assets: dict[str, Asset]
    points: dict[str, Point]
    alarms: dict[str, Alarm]
    users: dict[str, User] = field(default_factory=dict)

    def client(self, name: str) -> Client:
        client = Client()
        client.force_login(self.users[name])
        return client


def build() -> City:
    site, other = make_site(), make_site("ailleurs")
    nord = make_sector(site)
    sectors = {"nord": nord, "gare": make_sector(site, "gare", nord), "sud": make_sector(site, "sud")}
    feed = make_feed(site)
    rule, other_rule = make_rule(site), make_rule(other)
    assets, points, alarms = {}, {}, {}
    for number, (name, sector) in enumerate((*sectors.items(), ("none", None)), 1):
        asset = assets[name] = make_asset(site, f"J-{number}", sector=sector, longitude=2.24 + number / 1000)
        points[name] = make_point(asset, feed)
        alarms[name] = make_alarm(rule, asset, severity=number, seq=1)
    assets["other"] = make_asset(other)
    alarms["other"] = make_alarm(other_rule, assets["other"], seq=1)
    made = City(site, other, sectors, feed, rule, assets, points, alarms)
    for role in ROLES:
        made.users[role] = make_user(role, site, role)
    made.users["nord"] = make_user("nord", site, "operator", (nord,))
    made.users["nord_admin"] = make_user("nord_admin", site, "administrator", (nord,))
    made.users["stranger"] = make_user("stranger")
    made.users["root"] = User.objects.create(username="root", is_staff=True, is_superuser=True)
    return made
