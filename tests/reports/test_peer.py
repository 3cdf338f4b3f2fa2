"""Our figures against those of somebody else, who has nothing but the CSV and the printed definitions (`peer`)."""

import csv
import datetime as dt
import random

import pytest

from alarms.models import Alarm
from hypervisor.models import Grant
from reports.models import Annunciation
from tests.factories import make_alarm, make_asset, make_feed, make_rule, make_sector, make_site, make_user
from tests.reports.peer import Peer

pytestmark = pytest.mark.django_db(transaction=True)

DAY = dt.timedelta(days=1)
BEGIN = dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC)  # midnight in Paris, and the next night an hour is missing
LABEL = {1: "critical", 2: "high", 3: "medium", 4: "low"}


def history(seed: int, days: int) -> None:
    """Annunciations as a control room might have had them: quiet, then a storm, some alarms that chatter, some that flicker."""
    lot = random.Random(seed)
    site = make_site(timezone="Europe/Paris")
    sectors = [make_sector(site, "nord"), make_sector(site, "sud"), None]
    make_feed(site)
    rules = [make_rule(site, slug) for slug in ("crue", "panne")]
    assets = [make_asset(site, f"J-{number}", sector=lot.choice(sectors)) for number in range(8)]
    alarms = [make_alarm(rule, asset, state="normal") for asset in assets for rule in rules for _ in range(2)]
    rows, storm = [], lot.uniform(0, days * 86_400 - 7200)
    for seq in range(1, 700):
        alarm = lot.choice(alarms[: lot.choice((2, 6, len(alarms)))])
        seconds = lot.uniform(0, days * 86_400) if lot.random() < 0.6 else storm + lot.expovariate(1 / 900)
        at = BEGIN + dt.timedelta(milliseconds=round(min(seconds, days * 86_400 - 3601) * 1000))
        began = at - dt.timedelta(milliseconds=lot.randrange(0, 5000))
        waits = at - dt.timedelta(seconds=lot.randrange(300)) if lot.random() < 0.3 else at
        row = Annunciation(
            site=site, seq=seq, alarm=alarm, rule=alarm.rule, subject=alarm.subject, asset=alarm.asset, kind=alarm.asset.kind,
            sector=alarm.sector, cause=lot.choice((1, 1, 1, 2, 3)), severity=lot.choice((1, 2, 3, 3, 4)), current=2, at=at,
            began_at=began, unheard=lot.choice((0, 0, 0, 0, 1, 2, 3, 4)), waiting_since=waits, acted=lot.random() < 0.1,
        )  # fmt: skip
        if lot.random() < 0.7:
            row.acknowledged_at = at + dt.timedelta(milliseconds=lot.randrange(600_000))
            row.acknowledged_by = "operateur"
        if lot.random() < 0.3:
            row.taken_at = at + dt.timedelta(milliseconds=lot.randrange(900_000))
        if lot.random() < 0.9:
            row.returned_at = began + dt.timedelta(milliseconds=lot.choice((lot.randrange(20_000), lot.randrange(3_600_000))))
        rows.append(row)
    Annunciation.objects.bulk_create(rows)


@pytest.mark.parametrize("seed", range(6))
def test_the_figures_agree_with_those_of_a_peer(client, tmp_path, valkey, seed):
    days = (1, 2, 9)[seed % 3]
    history(seed, days)
    client.force_login(make_user("auditeur", Alarm.objects.first().site, "auditor"))
    asked = f"from={(BEGIN + DAY).date()}&to={(BEGIN + days * DAY).date()}"
    path = tmp_path / "annunciations.csv"
    content = client.get(f"/api/v1/sites/quai/reports/annunciations.csv?{asked}", headers={"accept-language": "en"})
    assert content.status_code == 200
    path.write_bytes(content.content)
    with path.open(encoding="utf-8-sig") as lines:
        assert len(list(csv.DictReader(lines))) == Annunciation.objects.count()
    told = client.get(f"/api/v1/sites/quai/reports?{asked}").json()
    tables = {table["key"]: [row["cells"] for row in table["rows"]] for table in told["tables"]}
    definitions, values = told["definitions"], [cells[1] for cells in tables["figures"]]
    begin = round(BEGIN.timestamp() * 1_000_000)
    end = begin + round((dt.datetime.fromisoformat(told["until"]) - BEGIN).total_seconds() * 1_000_000)
    assert told["from"] == "2026-03-29"
    assert end - begin == days * 86_400_000_000 - (3_600_000_000)
    peer = Peer(str(path), begin, end)

    above, below = definitions["flood_above"], definitions["flood_below"]
    floods = peer.floods(above, below)
    hours = (end - begin) / 3_600_000_000
    assert values[:12] == pytest.approx(
        [
            peer.annunciated(), peer.annunciated() / hours * 24, peer.annunciated() / hours, peer.annunciated() / hours / 6,
            peer.busy(60, definitions["busy_hour"]), peer.busy(10, above), peer.most(),
            sum(over - since for since, over, _ in floods) / (end - begin), peer.top_ten(),
            peer.chattering(definitions["chattering_times"], definitions["chattering_within"]),
            peer.fleeting(definitions["fleeting_below"], definitions["fleeting_apart"]), peer.unanswered(),
        ]
    )  # fmt: skip
    assert values[12] == peer.never_acted()
    assert [row[2] for row in tables["floods"]] == [count for _, _, count in reversed(floods)]
    assert [row[1] for row in tables["floods"]] == pytest.approx([(over - since) / 1e6 for since, over, _ in reversed(floods)])
    assert [row[1] for row in tables["left_out"]] == [
        peer.left_out().get(why, 0) for why in ("past", "suppressed", "shelved", "out_of_service")
    ]
    assert [row[1] for row in tables["severities"]] == [peer.severities().get(name, 0) for name in LABEL.values()]
    every = tables["times"][0]
    assert every[1:10] == pytest.approx([*peer.waits(), *peer.taken(), *peer.returned()])
    for number, name in LABEL.items():
        assert tables["times"][number][1:4] == pytest.approx(list(peer.waits(name)))
    assert sorted(row[1] for row in tables["by_sector"]) == sorted(peer.by("sector").values())
    assert sorted(row[1] for row in tables["by_rule"]) == sorted(peer.by("rule").values())
    assert sum(row[1] for row in tables["days"]) == peer.annunciated()


def test_whoever_sees_one_sector_is_told_of_that_sector_alone(client, valkey):
    history(3, 2)
    site = Alarm.objects.first().site
    user = make_user("nord", site, "operator", (site.sectors.get(slug="nord"),))
    assert Grant.objects.get(user=user).confined
    client.force_login(user)
    asked = f"from={(BEGIN + DAY).date()}&to={(BEGIN + 2 * DAY).date()}"
    told = client.get(f"/api/v1/sites/quai/reports?{asked}").json()
    (row,) = next(table["rows"] for table in told["tables"] if table["key"] == "by_sector")
    assert row["cells"][0] == {"fr": "Nord", "en": "Nord"}
    nowhere = client.get(f"/api/v1/sites/quai/reports?{asked}&sector=sud").json()
    assert nowhere["tables"][0]["rows"][0]["cells"][1] == 0
