"""Months of contracts: counted again by a peer from the CSV alone, frozen with their hash, recomputed with what differs."""

import datetime as dt
import json
import random
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from assets.refusal import Refused
from journal.models import JournalEntry
from journal.reading import verify
from reports import defining
from reports.contracts import keeping, statement, tables
from reports.contracts.clock import Ruler, length, merged, open_spans, without
from reports.contracts.commitments import Commitment
from reports.models import Annunciation, Exclusion, Statement
from response.orders import moves
from response.orders.states import Move
from tests.factories import make_alarm, make_asset, make_feed, make_rule, make_sector, make_site, make_user
from tests.reports import contract_peer
from tests.reports.contract_peer import Peer, rows
from tests.response.ordering import BY, OFFICE, make_contract, make_contractor, make_order

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
MONTHS = {
    "2025-03": set(),  # on the 30th an hour is missing
    "2025-05": {dt.date(2025, 5, 1), dt.date(2025, 5, 8), dt.date(2025, 5, 29)},
}
TERMS = {
    "urgent": {"accept": 15, "arrive": 60, "restore": 240, "at_all_hours": True},
    "normal": {"accept": 60, "arrive": 480, "restore": 960},
}
COMMITMENTS = [
    {"measure": "arrive", "target": 90, "cents": 5000, "per": "miss"},
    {"measure": "restore", "priority": "urgent", "cents": 2500, "per": "hour", "most": 30_000},
    {"measure": "restore", "target": 95, "cents": 10_000, "per": "point"},
    {"measure": "restore", "priority": "normal", "cents": 7000, "per": "day"},
    {"measure": "availability", "target": 99.5, "cents": 20_000, "per": "point"},
    {"measure": "failures", "target": 1, "cents": 15_000, "per": "miss"},
]  # fmt: skip
EXCLUDED = {"kind": "force_majeure", "why": "Crue de la Seine, accès fermés par arrêté"}


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.fixture
def site(db, valkey):
    return make_site(timezone="Europe/Paris")


@pytest.fixture
def contract(site):
    return make_contract(
        make_contractor(site),
        terms=TERMS,
        hours=OFFICE,
        holidays="FR",
        starts_on=dt.date(2025, 1, 1),
        sectors=[make_sector(site)],
    )


@pytest.fixture
def admin(client, site):
    client.force_login(make_user("admin", site, "administrator"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def at_minute(lot: random.Random, begin: dt.datetime, minutes: int) -> dt.datetime:
    return begin + dt.timedelta(minutes=lot.randrange(minutes))


def carried_out(contract, asset, lot: random.Random, begin: dt.datetime) -> None:
    """An order at some minute of the month, and what became of it."""
    at, minute = at_minute(lot, begin, 29 * 1440), dt.timedelta(minutes=1)
    row = make_order(asset, contract, at, priority=lot.choice(("urgent", "normal")), fault=f"Panne {lot.random()}")
    fate = lot.choices(("done", "remote", "refused", "cancelled"), (6, 2, 1, 1))[0]
    if fate in ("refused", "cancelled"):
        move = Move.REFUSE if fate == "refused" else Move.CANCEL
        moves.move(row.pk, move, by=BY, now=at + lot.randrange(10, 4000) * minute, text="Sans objet")
        return
    moves.move(row.pk, Move.ACCEPT, by=BY, now=at + 5 * minute)
    there = at + lot.choice((30, 60, 61, 300, 2000)) * minute
    if fate == "done":
        moves.move(row.pk, Move.ARRIVE, by=BY, now=there)
    moves.move(row.pk, Move.RESTORE, by=BY, now=there + lot.choice((10, 180, 240, 1500, 9000)) * minute)


def history(site, contract, seed: int, begin: dt.datetime) -> None:
    lot = random.Random(seed)
    sector, other = contract.sectors.get(), make_sector(site, "ailleurs")
    make_feed(site)
    rules = [make_rule(site, "panne"), make_rule(site, "bruit")]
    defining.define(site.pk, {"down_rules": ["panne"]}, by=BY, now=begin)
    assets = [make_asset(site, f"L-{number}", sector=sector if number < 4 else other) for number in range(5)]
    for _ in range(14):
        carried_out(contract, lot.choice(assets[:4]), lot, begin)
    told = []
    for seq in range(1, 40):
        rule, asset = lot.choice((rules[0], rules[0], rules[1])), lot.choice(assets)
        began = at_minute(lot, begin - dt.timedelta(days=2), 34 * 1440)
        over = began + dt.timedelta(minutes=lot.choice((3, 45, 300, 3000)))
        told.append(Annunciation(
            site=site, seq=100_000 + seq, alarm=make_alarm(rule, asset, state="normal"), rule=rule, subject=f"asset:{asset.pk}",
            asset=asset, kind=asset.kind, sector=asset.sector, cause=1, severity=2, current=2, at=began, began_at=began,
            waiting_since=began, returned_at=over if lot.random() < 0.95 else None,
        ))  # fmt: skip
    Annunciation.objects.bulk_create(told)
    for number in range(3):
        since = at_minute(lot, begin, 20 * 1440)
        until = since + dt.timedelta(minutes=lot.choice((90, 1440, 4000)))
        asset = assets[1] if number == 1 else None
        wanted = keeping.Wanted("works", f"Chantier {number}", since, until, asset)
        keeping.exclude(contract, wanted, by=BY, now=begin)


@pytest.mark.parametrize(("seed", "month"), [(seed, month) for seed in range(3) for month in MONTHS])
def test_a_month_agrees_with_a_peer_who_counts_minutes_from_the_csv(admin, site, contract, seed, month):
    begin = local(f"{month}-01T00:00")
    history(site, contract, seed, begin.astimezone(dt.UTC))
    base = f"/api/v1/contracts/{contract.pk}"
    told = admin.put(f"{base}/commitments", {"each": COMMITMENTS, "failed_after": 60}, "application/json")
    assert told.status_code == 200, told.content
    answer = admin.get(f"{base}/months/{month}").json()
    made, results = answer["month"], answer["month"]["results"]
    (printed,) = admin.get("/api/v1/sites/quai/contracts").json()
    peer = Peer(printed, admin.get(f"{base}/exclusions").json(), "Europe/Paris", MONTHS[month])
    orders = rows(admin.get("/api/v1/sites/quai/work-orders.csv?state=all").content)
    first = (begin - dt.timedelta(days=40)).date()
    annunciated = rows(admin.get(f"/api/v1/sites/quai/reports/annunciations.csv?from={first}&to={made['last']}").content)
    items = rows(admin.get(f"{base}/months/{month}/items.csv").content)
    end = (begin.replace(tzinfo=None) + dt.timedelta(days=31)).replace(tzinfo=PARIS).astimezone(dt.UTC)
    begin = begin.astimezone(dt.UTC)
    down = peer.down(annunciated, {"panne"}, begin, end)
    assets = [f"L-{number}" for number in range(4)]
    down = {asset: marks for asset, marks in down.items() if asset in assets}
    for place, commitment in enumerate(made["commitments"]["each"]):
        result = results[place]
        mine = {row["name"]: row for row in items if int(row["commitment"]) == place + 1}
        late: list[int] = []
        if commitment["measure"] in ("arrive", "restore"):
            judged = peer.orders(
                orders, commitment["measure"], commitment["priority"], dt.datetime.fromisoformat(made["made_at"])
            )
            assert {number: outcome for number, outcome, _ in judged} == {
                name: {"kept": "kept", "late": "late", "missed": "missed"}[row["outcome"]] for name, row in mine.items()
            }
            assert {number: minutes for number, _, minutes in judged} == {
                name: int(row["late"]) // 60 for name, row in mine.items()
            }
            late = [minutes for _, outcome, minutes in judged if outcome in ("late", "missed")]
            share = Fraction(sum(outcome == "kept" for _, outcome, _ in judged), len(judged))
        elif commitment["measure"] == "availability":
            share = peer.availability(assets, down, begin, end)
        else:
            share = Fraction(peer.failed(assets, down, begin, 60), len(assets))
        assert Fraction(*result["share"]) == share, commitment
        assert result["cents"] == contract_peer.owed(commitment, late, len(late), share), commitment
    assert made["cents"] == sum(result["cents"] for result in results)
    known = set(JournalEntry.objects.filter(kind__startswith="work_order.").values_list("seq", flat=True))
    for row in items:
        proof = {int(seq) for seq in row["lines"].split()}
        assert proof
        if row["noun"] == "work_order":
            assert proof <= known


def test_hours_that_count_are_measured_alike_one_by_one_and_all_at_once():
    lot = random.Random(7)
    for _ in range(200):
        spans = [(begin, begin + lot.randrange(0, 30)) for begin in (lot.randrange(200) for _ in range(6))]
        holes = [(begin, begin + lot.randrange(0, 30)) for begin in (lot.randrange(200) for _ in range(3))]
        inside = {at for begin, end in spans for at in range(begin, end)} - {
            at for begin, end in holes for at in range(begin, end)
        }
        left = without(spans, holes)
        assert {at for begin, end in left for at in range(begin, end)} == inside
        assert length(left) == len(inside)
        assert merged(left) == left
        import numpy as np

        begin, end = np.array([3, 50, 120]), np.array([90, 51, 300])
        expected = [sum(since <= at < until for at in inside) for since, until in zip(begin, end, strict=True)]
        assert Ruler(left).between(begin, end).tolist() == expected
    assert open_spans(None, 5, 5) == []


def frozen_month(contract, month="2025-05", reason="") -> Statement:
    period = keeping.month_named(month, contract)
    return keeping.freeze(contract, period, reason=reason, by=BY, now=timezone.now())


def test_a_frozen_month_is_hashed_journaled_and_what_changed_since_is_shown(admin, site, contract):
    asset = make_asset(site, "L-1", sector=contract.sectors.get())
    at = local("2025-05-13T10:00").astimezone(dt.UTC)
    row = make_order(asset, contract, at, priority="urgent")
    moves.move(row.pk, Move.ARRIVE, by=BY, now=at + dt.timedelta(minutes=90))
    moves.move(row.pk, Move.RESTORE, by=BY, now=at + dt.timedelta(minutes=600))
    keeping.commit(contract, {"each": [COMMITMENTS[1]]}, by=BY, now=at)
    first = frozen_month(contract)
    assert (first.version, first.cents, keeping.holds(first)) == (1, 6 * 2500, True)
    line = JournalEntry.objects.get(seq=first.seq)
    assert line.kind == "contract.frozen"
    assert json.loads(line.details)["sha256"] == first.sha256
    assert list(verify(site.pk)) == []
    assert frozen_month(contract).pk == first.pk  # nothing differs
    moves.move(row.pk, Move.REOPEN, by=BY, now=at + dt.timedelta(minutes=700), text="De nouveau éteint")
    moves.move(row.pk, Move.RESTORE, by=BY, now=at + dt.timedelta(minutes=900))
    path = f"/api/v1/contracts/{contract.pk}/months/2025-05"
    told = admin.get(path).json()
    figure, item = told["differences"]
    assert (figure["cents_before"], figure["cents_after"], item["name"]) == (15_000, 27_500, "1")
    assert told["statement"] is None
    with pytest.raises(Refused) as refused:
        frozen_month(contract)
    assert refused.value.code == "no_reason"
    second = frozen_month(contract, reason="Panne reprise")
    assert (second.version, second.cents) == (2, 27_500)
    old = admin.get(f"{path}?version=1").json()
    assert (old["month"]["cents"], old["statement"]["sha256"], old["statement"]["holds"]) == (15_000, first.sha256, True)
    assert admin.get(path).json()["differences"] == []
    Statement.objects.filter(pk=first.pk).update(document=first.document.replace("15000", "10000"))
    assert admin.get(f"{path}?version=1").json()["statement"]["holds"] is False


def test_the_first_arrival_counts_even_when_the_work_is_taken_up_again(site, contract):
    at = local("2025-05-13T10:00").astimezone(dt.UTC)
    row = make_order(make_asset(site, "L-1", sector=contract.sectors.get()), contract, at, priority="urgent")
    for move, minutes in ((Move.ARRIVE, 30), (Move.RESTORE, 100), (Move.REOPEN, 200), (Move.ARRIVE, 400), (Move.RESTORE, 500)):
        moves.move(row.pk, move, by=BY, now=at + dt.timedelta(minutes=minutes), text="De nouveau éteint")
    keeping.commit(contract, {"each": [{"measure": "arrive"}, {"measure": "restore"}]}, by=BY, now=at)
    made = statement.make(contract, keeping.month_named("2025-05", contract), keeping.of_contract(contract.pk), timezone.now())
    assert [(item.outcome, item.counted) for item in made.items] == [("kept", 1800), ("late", 30_000)]


def test_what_is_excluded_is_argued_printed_and_can_be_withdrawn(admin, site, contract):
    at = local("2025-05-13T10:00").astimezone(dt.UTC)
    row = make_order(make_asset(site, "L-1", sector=contract.sectors.get()), contract, at, priority="urgent")
    for move in (Move.ACCEPT, Move.RESTORE):
        moves.move(row.pk, move, by=BY, now=at + dt.timedelta(minutes=600))
    keeping.commit(contract, {"each": [COMMITMENTS[1]]}, by=BY, now=at)
    base = f"/api/v1/contracts/{contract.pk}"
    told = {**EXCLUDED, "begins_at": at.isoformat(), "ends_at": (at + dt.timedelta(minutes=400)).isoformat(), "order": row.number}
    added = admin.post(f"{base}/exclusions", told, "application/json")
    assert added.status_code == 201, added.content
    again = admin.post(f"{base}/exclusions", told, "application/json").json()
    assert again["id"] == added.json()["id"]
    answer = admin.get(f"{base}/months/2025-05").json()
    assert (answer["month"]["cents"], answer["month"]["results"][0]["met"]) == (0, True)
    assert [each["why"] for each in answer["month"]["exclusions"]] == [EXCLUDED["why"]]
    assert "One exclusion" in " ".join(each["en"] for each in answer["summary"])
    assert admin.post(f"{base}/exclusions", {**told, "why": " "}, "application/json").status_code in (400, 422)
    assert admin.post(f"{base}/exclusions", {**told, "asset": "L-1"}, "application/json").status_code in (400, 422)
    assert admin.delete(f"{base}/exclusions/{added.json()['id']}").status_code == 200
    assert admin.get(f"{base}/months/2025-05").json()["month"]["cents"] == 6 * 2500
    assert Exclusion.objects.get().withdrawn_by == "admin"
    kinds = list(JournalEntry.objects.filter(kind__startswith="contract.").order_by("seq").values_list("kind", flat=True))
    assert kinds[-2:] == ["contract.excluded", "contract.counted"]


def test_an_order_is_due_by_hours_without_public_holidays(site, contract):
    eve = local("2025-04-30T17:00").astimezone(dt.UTC)  # 1 May is a Thursday, and off
    row = make_order(make_asset(site, "L-1", sector=contract.sectors.get()), contract, eve, priority="normal")
    assert row.arrive_due == local("2025-05-02T15:00").astimezone(dt.UTC)


def test_commitments_that_make_no_sense_are_refused(admin, contract):
    path = f"/api/v1/contracts/{contract.pk}/commitments"
    for wrong in (
        {"measure": "availability", "per": "hour"}, {"measure": "failures", "priority": "urgent"},
        {"measure": "arrive", "at_all_hours": True}, {"measure": "arrive", "target": 101}, {"measure": "joy"},
    ):  # fmt: skip
        answer = admin.put(path, {"each": [wrong]}, "application/json")
        assert answer.status_code in (400, 422), wrong
    assert keeping.of_contract(contract.pk).each == ()


def test_a_month_that_is_not_over_or_measures_nothing_is_not_frozen(contract):
    with pytest.raises(Refused) as refused:
        frozen_month(contract)
    assert refused.value.code == "no_commitment"
    keeping.commit(contract, {"each": [COMMITMENTS[0]]}, by=BY, now=timezone.now())
    now = timezone.now().astimezone(PARIS)
    with pytest.raises(Refused) as refused:
        frozen_month(contract, f"{now:%Y-%m}")
    assert refused.value.code == "month_not_over"


def test_contracts_are_for_whoever_sees_the_whole_site_and_kept_by_administrators(client, site, contract):
    confined = make_user("nord", site, "operator", (contract.sectors.get(),))
    operator = make_user("op", site, "operator")
    paths = ["/commitments", "/exclusions", "/months/2025-05", "/months/2025-05/statements", "/months/2025-05/items.csv"]
    client.force_login(confined)
    assert {client.get(f"/api/v1/contracts/{contract.pk}{path}").status_code for path in paths} == {403}
    client.force_login(operator)
    assert {client.get(f"/api/v1/contracts/{contract.pk}{path}").status_code for path in paths} == {200}
    assert client.post(f"/api/v1/contracts/{contract.pk}/months/2025-05/statements").status_code == 403
    assert client.put(f"/api/v1/contracts/{contract.pk}/commitments", {}, "application/json").status_code == 403


def test_points_begun_are_counted_without_rounding():
    told = Commitment("availability", 99.7)
    assert told.points(Fraction(997, 1000)) == 0
    assert told.points(Fraction(9969, 10_000)) == 1
    assert told.points(Fraction(9870, 10_000)) == 1
    assert told.points(Fraction(98699, 100_000)) == 2
    assert Commitment("failures", 1).points(Fraction(2, 100)) == 1


def test_a_summary_says_in_one_sentence_who_kept_what(site, contract):
    keeping.commit(contract, {"each": COMMITMENTS}, by=BY, now=timezone.now())
    make_asset(site, "L-1", sector=contract.sectors.get())
    made = statement.make(contract, keeping.month_named("2025-05", contract), keeping.of_contract(contract.pk), timezone.now())
    first = tables.summary(made)[0]
    assert first.fr == "En mai 2025, Citelux a tenu 2 engagements sur 2 du contrat ECL-26 ; les pénalités s’élèvent à 0,00 €."
    assert first.en == "In May 2025, Citelux met 2 of 2 commitments of contract ECL-26; penalties come to €0.00."
