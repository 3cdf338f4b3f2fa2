"""What is refused before it is activated, with its field and reason, and what a rule that runs is said to miss."""

import pytest
from django.db import connection

from alarms import rules
from alarms.engine.layout import CompileError
from alarms.models import Rule
from alarms.rules import retire, trying, write_rule
from assets.models import Asset, Site
from tests.correlating import correlating
from tests.factories import NOON, THRESHOLD, make_asset, make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

MANY = {
    "kind": "count", "scope": {}, "of": {"rule": "crue"}, "by": "site", "within": 600,
    "limits": [{"severity": "high", "at_least": 2}],
}  # fmt: skip


@pytest.fixture
def site(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site()
    make_point(make_asset(site), make_feed(site))
    return site


def refusal(site: Site, spec: dict) -> tuple[str, str]:
    with pytest.raises(CompileError) as refused:
        trying.can_run(write_rule(site, "essai", "Essai", "Try", spec, now=NOON))
    return refused.value.path, refused.value.reason


def trouble(slug: str) -> str:
    return Rule.objects.get(slug=slug).trouble


def test_a_rule_that_names_one_nobody_knows_is_refused_by_its_field(site):
    assert refusal(site, MANY) == ("of.rule", "there is no rule named 'crue' on this site")
    pair = {"kind": "sequence", "scope": {}, "first": {"event": "badge_read"}, "then": {"rule": "porte"}, "by": "asset",
            "within": 60, "severity": "low"}  # fmt: skip
    assert refusal(site, pair)[0] == "then.rule"
    make_rule(site)
    trying.can_run(write_rule(site, "beaucoup", "Beaucoup", "Many", MANY, now=NOON))


def test_a_rule_that_would_remember_longer_than_a_restart_reads_again_is_refused(site):
    path, reason = refusal(site, MANY | {"of": {"event": "plate_read"}, "within": 5 * 86_400})
    assert (path, reason) == ("within", "it would have to remember 10 days, and a restart reads 7 again")
    assert refusal(site, THRESHOLD | {"on_delay": 8 * 86_400})[0] == "on_delay"


def test_one_that_cannot_run_does_not_keep_others_from_being_activated(site):
    broken = THRESHOLD | {"limits": [{"severity": "high", "limit": {"point": "nowhere"}}]}
    make_rule(site, "rond", MANY | {"of": {"rule": "rond"}})
    trying.can_run(write_rule(site, "crue", "Crue", "Flood", broken, now=NOON))
    make_rule(site, "crue")
    trying.can_run(write_rule(site, "beaucoup", "Beaucoup", "Many", MANY, now=NOON))


def test_who_listens_to_a_rule_that_is_retired_says_so_until_it_runs_again(site, wait_until):
    heard = make_rule(site)
    make_rule(site, "beaucoup", MANY)
    with correlating(site):
        retire(heard, now=NOON)
        wait_until(lambda: trouble("beaucoup") == "of.rule: the rule 'crue' is not active, so none of its alarms is ever raised")
        rules.activate(heard.versions.get(), now=NOON)
        wait_until(lambda: trouble("beaucoup") == "")


def test_an_asset_that_leaves_the_inventory_is_named_by_who_speaks_of_it(site, wait_until):
    make_rule(site, spec=THRESHOLD | {"scope": {"quantity": "water_level", "assets": ["J-1", "J-2"]}})
    with correlating(site):
        wait_until(lambda: trouble("crue") == "scope.assets: not in the inventory (any more): J-2")
        Asset.objects.filter(code="J-1").update(retired_at=NOON)
        Site.objects.filter(pk=site.pk).update(inventory_version=site.inventory_version + 1)
        wait_until(lambda: trouble("crue").endswith("J-1, J-2"))


def test_an_anomaly_without_history_says_what_it_waits_for(site, wait_until):
    make_rule(site, spec={"kind": "anomaly", "scope": {"quantity": "water_level"}, "limits": [{"severity": "low", "limit": 4}]})
    with correlating(site):
        wait_until(lambda: "observed in 3 weeks" in trouble("crue"))
