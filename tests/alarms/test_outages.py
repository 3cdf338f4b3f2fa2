"""Alarms about feeds gather by what they have in common: a supervisor that stops is one row, and so is a host that is gone."""

import datetime as dt
import random

import msgspec
import pytest
from django.db.models import Q

from alarms.engine.transitions import SilenceEvidence
from alarms.incidents import moves
from alarms.incidents.members import member_rows
from alarms.incidents.outages import Outage, Way, gather
from alarms.lifecycle.reasons import FIRST, Reason
from alarms.models import Alarm, Incident
from assets.instants import microseconds
from assets.models import Feed, Supervisor
from journal.actors import Actor
from journal.reading import verify
from tests.alarms.verdict import Desk, at
from tests.factories import make_rule, make_site, make_user

MUTE = {"kind": "silence", "scope": {}, "of": "feed", "severity": "high", "factor": 3}


def out(alarm: int, supervisor: int, host: str = "", incident: int | None = None, why: str = "") -> Outage:
    return Outage(alarm, 100 + alarm, Way(supervisor, host), incident, why)


def test_feeds_of_one_supervisor_are_together_and_a_stranger_stays_apart():
    found = gather([out(1, 7), out(2, 8), out(3, 7)])
    assert (found.joins, found.opens) == ({}, {"supervisor:101": {1: FIRST, 3: Reason("supervisor", 1)}})


def test_feeds_that_are_asked_at_one_host_are_together():
    found = gather([out(1, 7, "gtb.example"), out(2, 8, "gtb.example"), out(3, 9, "eau.example")])
    assert found.opens == {"host:101": {1: FIRST, 2: Reason("host", 1)}}


def test_whoever_pushes_shares_no_host():
    assert not gather([out(1, 7), out(2, 8)]).opens


def test_a_later_one_joins_beside_its_supervisor_rather_than_beside_its_host():
    settled = [out(1, 7, "a", 31, "first"), out(2, 8, "b", 32, "first")]
    assert gather([*settled, out(3, 8, "a")]).joins == {32: {3: Reason("supervisor", 2)}}


def test_no_chain_of_supervisors_and_hosts_becomes_the_whole_site():
    """The host a began it; supervisor 8 came with its feed there, and brought its other feed, whose host is no reason."""
    settled = [out(1, 7, "a", 31, "first"), out(2, 8, "a", 31, "host"), out(3, 8, "b", 31, "supervisor")]
    found = gather([*settled, out(4, 9, "b")])
    assert (found.joins, found.opens) == ({}, {})


def test_the_order_they_are_given_in_does_not_matter():
    outages = [out(1, 7, "a"), out(2, 8, "a"), out(3, 8, "b"), out(4, 9, "b"), out(5, 9)]
    expected = gather(outages)
    for seed in range(20):
        assert gather(random.Random(seed).sample(outages, len(outages))) == expected


# --- in the database ---


def listening(*rules: str) -> Desk:
    site = make_site()
    return Desk(site, {slug: make_rule(site, slug, MUTE) for slug in rules})


def make_feeds(desk: Desk, slug: str, number: int, **fields: object) -> list[Feed]:
    supervisor = Supervisor.objects.create(site=desk.site, slug=slug, name=slug.title())
    return [
        Feed.objects.create(
            supervisor=supervisor, slug=f"{slug}-{n}", name=f"{slug.title()} {n}", **{"protocol": "push"} | fields
        )
        for n in range(number)
    ]


def hush(desk: Desk, feeds: list[Feed], when: dt.datetime, kind: str = "raise", rule: str = "mute") -> None:
    evidence = SilenceEvidence("feed", microseconds(when) - 180_000_000, 180_000_000, 60_000_000, 3.0, 4)
    move = desk.move(kind, rule, feeds[0], when, evidence=evidence)
    desk.batch([msgspec.structs.replace(move, subject_kind="feed", subject=feed.pk) for feed in feeds], when)


def incident_of(feed: Feed) -> Incident | None:
    return Alarm.objects.get(feed=feed).incident


@pytest.mark.django_db(transaction=True)
def test_a_supervisor_that_stops_is_one_incident_named_by_it_however_slow_its_other_feeds_are(valkey):
    desk = listening("mute")
    lighting, (water,) = make_feeds(desk, "eclairage", 3), make_feeds(desk, "eau", 1)
    hush(desk, [lighting[0]], at(0))
    hush(desk, [water], at(5))
    assert not Incident.objects.exists()
    hush(desk, [lighting[1]], at(2700))
    incident = Incident.objects.get()
    assert (incident.key, incident.title_fr) == (f"supervisor:{lighting[0].pk}", "Crue — Eclairage")
    hush(desk, [lighting[2]], at(7200))
    assert [incident_of(feed) for feed in (*lighting, water)] == [incident] * 3 + [None]
    rows = member_rows(Alarm.objects.filter(incident=incident).order_by("id"), Q())
    assert [row["why_together"]["text"]["fr"] for row in rows] == [
        "L'incident a commencé par elle",
        *["Même superviseur que : Flux muet depuis 3\u00a0min (intervalle attendu\u00a0: 1\u00a0min) — Eclairage 0"] * 2,
    ]
    assert list(verify(desk.site.pk)) == []


@pytest.mark.django_db(transaction=True)
def test_a_host_that_is_gone_is_one_incident_named_by_its_address(valkey):
    desk = listening("mute")
    asked = {"protocol": "pull", "address": "https://gtb.example/values"}
    building, transport = make_feeds(desk, "batiment", 1, **asked), make_feeds(desk, "transport", 1, **asked)
    hush(desk, [*building, *transport], at(0))
    incident = Incident.objects.get()
    assert (incident.key, incident.title_fr) == (f"host:{building[0].pk}", "Crue — gtb.example")


@pytest.mark.django_db(transaction=True)
def test_what_else_is_wrong_with_a_feed_stands_with_its_silence(valkey):
    desk = listening("mute", "late")
    feeds = make_feeds(desk, "eclairage", 1)
    hush(desk, feeds, at(0))
    hush(desk, feeds, at(60), rule="late")
    assert Incident.objects.get().alarms.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_feed_that_speaks_again_and_falls_silent_is_back_in_its_incident_while_that_is_open(valkey):
    desk = listening("mute")
    feeds = make_feeds(desk, "eclairage", 2)
    hush(desk, feeds, at(0))
    incident = Incident.objects.get()
    Alarm.objects.filter(feed=feeds[1]).update(state="acknowledged")
    hush(desk, feeds[1:], at(600), kind="clear")
    hush(desk, feeds[1:], at(1200))
    assert Alarm.objects.filter(feed=feeds[1], is_open=True).get().incident == incident
    assert incident.alarms.count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_incident_that_a_person_closed_takes_no_feed_in(valkey):
    desk = listening("mute")
    feeds = make_feeds(desk, "eclairage", 3)
    hush(desk, feeds[:2], at(0))
    incident = Incident.objects.get()
    Alarm.objects.update(state="acknowledged")
    hush(desk, feeds[:2], at(600), kind="clear")
    moves.close(incident.pk, by=Actor.of(make_user("paul")), now=at(700))
    hush(desk, feeds[2:], at(800))
    assert incident_of(feeds[2]) is None
