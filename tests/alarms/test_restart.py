"""Rules that remember hours: a restart at any moment leaves the same alarms as none at all, through PostgreSQL."""

import pytest
from django.db import connection

from alarms.correlation.correlator import now_us
from alarms.models import Alarm
from assets.log import Log
from assets.readings import Readings
from journal.models import JournalEntry
from journal.reading import verify
from tests.alarms.byhand import SECOND, ByHand, by_hand
from tests.alarms.verdict import make_cabinet, make_lamps
from tests.factories import make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
START = now_us() // HOUR * HOUR - 20 * HOUR
LAMP, LEVEL = {"quantity": "lamp_state"}, {"quantity": "water_level"}
RULES = {
    "dark": {"kind": "count", "scope": LAMP, "of": LAMP | {"in": [2]}, "by": "parent", "within": 2 * 3600,
             "limits": [{"severity": "medium", "at_least": 3}]},
    "thrice": {"kind": "count", "scope": {}, "of": {"event": "plate_read"}, "by": {"attribute": "plate"}, "within": 4 * 3600,
               "distinct": "occurrence", "limits": [{"severity": "low", "at_least": 3}]},
    "forced": {"kind": "sequence", "scope": {}, "first": {"event": "badge_refused"}, "then": LAMP | {"in": [3]}, "by": "asset",
               "within": 3 * 3600, "hold": 5400, "severity": "critical"},
    "stayed": {"kind": "missing", "scope": {}, "first": {"event": "entered"}, "then": {"event": "left"},
               "by": {"attribute": "plate"}, "within": 3 * 3600, "severity": "low"},
    "rising": {"kind": "rate", "scope": LEVEL, "window": 7200, "direction": "above", "deadband": 0.1, "on_delay": 600,
               "limits": [{"severity": "high", "limit": 0.5}]},
    "high": {"kind": "threshold", "scope": LEVEL, "direction": "above", "limits": [{"severity": "high", "limit": 2.0}],
             "on_delay": 2 * 3600, "off_delay": 1800, "deadband": 0.1},
    "again": {"kind": "count", "scope": {}, "of": {"rule": "forced"}, "by": "site", "within": 8 * 3600,
              "distinct": "occurrence", "limits": [{"severity": "low", "at_least": 2}]},
}  # fmt: skip
LEVELS = [1.0] * 12 + [1.0 + 0.3 * step for step in range(1, 13)] + [3.2] * 12 + [1.0] * 12
"""The river every quarter of an hour."""


def play(hand: ByHand, cuts: frozenset[int]) -> list[tuple]:
    """Twelve hours of a small site, a quarter of an hour at a time; the correlator dies before each turn in `cuts`."""
    feed = make_feed(hand.site, f"feed-{hand.site.slug}")
    cabinet = make_cabinet(hand.site)
    lamps = make_lamps(hand.site, 5, cabinet)
    points = [make_point(lamp, feed, "lamp_state", interval=900) for lamp in lamps]
    level = make_point(cabinet, feed, interval=900)
    for name, spec in RULES.items():
        make_rule(hand.site, name, spec)
    state = dict.fromkeys(range(5), 1.0)
    for quarter, river in enumerate(LEVELS):
        hand.now = START + quarter * 15 * MINUTE
        match quarter:
            case 3 | 8 | 10:  # three lamps within two hours
                state[{3: 0, 8: 1, 10: 2}[quarter]] = 2.0
            case 30:
                state[0] = state[1] = 1.0
            case 9 | 36:
                state[3] = 3.0
            case 20:
                state[3] = 1.0
        for lamp, point in enumerate(points):
            hand.read(feed, [point], state[lamp])
        hand.read(feed, [level], river)
        if quarter in (2, 30):
            hand.happen(feed, lamps[3], "badge_refused")
        if quarter in (1, 9, 15, 40):
            hand.happen(feed, lamps[0], "plate_read", plate="AB-123-CD")
        if quarter == 4:
            hand.happen(feed, lamps[0], "entered", plate="EF-456-GH")
        if quarter == 28:
            hand.happen(feed, lamps[0], "left", plate="EF-456-GH")
        if quarter in cuts:
            hand.cut()
            written = JournalEntry.objects.count()
            hand.build()
            assert JournalEntry.objects.count() == written, "an engine that is built anew has nothing to tell"
        hand.turn()
        hand.now += 8 * MINUTE
        hand.turn()
    return hand.told()


@pytest.fixture
def played(valkey, monkeypatch):
    """played(cuts): what is told in the end on a site of its own."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    made = []

    def play_out(*cuts: int) -> list[tuple]:
        site = make_site(f"s{len(made)}")
        made.append(site)
        with by_hand(monkeypatch, site, START) as hand:
            told = play(hand, frozenset(cuts))
        assert list(verify(site.pk)) == []
        return told

    return play_out


CUTS = (9, 12, 22, 28, 37)


def test_a_restart_at_any_moment_leaves_what_none_at_all_leaves(played):
    whole = played()
    assert {rule for rule, *_ in whole} == set(RULES)
    for cut in CUTS:
        assert played(cut) == whole, cut


@pytest.mark.timeout(240)
def test_a_correlator_that_dies_at_every_turn_tells_what_one_that_never_dies_tells(played):
    assert played(*range(len(LEVELS))) == played()


def test_a_feed_that_falls_silent_after_a_restart_is_told_although_it_had_sent_its_buffer_before(valkey, monkeypatch):
    """What came half an hour late made all that followed be taken, after a restart, as received in half an hour."""
    site = make_site()
    feed = make_feed(site)
    point = make_point(make_cabinet(site), feed)
    make_rule(site, "mute", {"kind": "silence", "scope": {}, "of": "feed", "factor": 3, "minimum": 90, "severity": "high"})
    with by_hand(monkeypatch, site, START) as hand:
        at = [START - 30 * MINUTE]
        Log().append_readings(site.pk, feed.pk, Readings.of([point.pk], at, [1.0], received=hand.now))
        for _ in range(4):  # what was read last is stored once a minute is over
            hand.turn()
            hand.now += MINUTE // 2
        hand.read(feed, [point], 1.1)
        hand.turn()
        hand.cut()
        hand.turn()
        heard = hand.now
        hand.now += 4 * MINUTE
        hand.turn()
        alarm = Alarm.objects.get(rule__slug="mute")
        assert alarm.state == "unacknowledged"
        assert alarm.evidence["heard"] <= heard + SECOND
