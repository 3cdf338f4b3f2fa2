"""What each page may ask of the database, whatever it shows: one that asks more per row is found here, not in a control room."""

import re

import pytest

from tests.reports.months import keep_month
from tests.response.ordering import BY, make_contract, make_contractor, make_order

BUDGET = {
    "": 11,
    "map": 10,
    "list": 11,
    "detail": 10,
    "alarms": 16,
    "alarms?part=rows&severity=critical&sector=nord": 12,
    "alarms?part=count": 7,
    "help": 9,
    "incidents": 26,
    "incidents?part=board": 26,
    "events": 16,
    "events?part=rows&kind=badge_refused": 16,
    "looking-back": 9,
    "heat": 12,
    "alarms/{alarm}": 16,
    "alarms/{alarm}?part=story": 16,
    "assets": 14,
    "assets?part=rows&q=jauge": 6,
    "assets/{asset}": 22,
    "assets/{asset}?part=points": 6,
    "assets/imports": 10,
    "assets/imports/{run}": 12,
    "rules": 13,
    "rules?part=rows&q=crue": 10,
    "rules/new": 18,
    "rules/{rule}": 20,
    "rules/export": 6,
    "feeds": 15,
    "feeds?part=feeds": 11,
    "settings": 13,
    "settings?part=feeds": 9,
    "settings/new-feed": 9,
    "settings/new-feed/modbus": 10,
    "settings/feeds/jauges": 15,
    "settings/feeds/jauges/mapping": 12,
    "settings/supervisors": 11,
    "settings/people": 12,
    "settings/people/{grant}": 11,
    "settings/sectors": 9,
    "settings/kinds": 11,
    "settings/kinds/flood-gauge": 12,
    "assets/{asset}/points": 12,
    "settings/silences": 9,
    "scenarios": 8,
    "scenarios?part=list": 4,
    "assets/{asset}?part=silences": 12,
    "on-call": 26,
    "settings/notification": 30,
    "settings/contractors": 16,
    "passages": 9,
    "passages/history": 11,
    "passages/inside": 12,
    "passages/inside?part=inside": 7,
    "permits": 13,
    "permits/week": 12,
    "permits/new": 11,
    "permits/imports": 11,
    "settings/plates": 13,
    "settings/gates": 12,
    "settings/permit-sources": 9,
    "settings/commands/reactions": 14,
    "settings/api-tokens": 10,
    "settings/walls": 10,
    "settings/commands": 9,
    "settings/commands/types": 12,
    "settings/commands/scenarios": 9,
    "settings/commands/new-scenario": 11,
    "settings/connectors/eau": 12,
    "commands": 8,
    "commands/failed": 10,
    "commands/failed?part=failed": 9,
    "commands/overrides": 8,
    "commands/scenarios": 12,
    "handover": 15,
    "handover?part=board": 14,
    "handover?part=pinned": 14,
    "rota": 11,
    "procedures": 14,
    "procedures?part=rows&q=crue": 14,
    "procedures/new": 18,
    "procedures/{procedure}": 18,
    "procedures/{procedure}/edit": 20,
    "procedures/runs/{procedure_run}": 14,
    "work-orders": 11,
    "work-orders?part=orders": 5,
    "settings/siren": 12,
    "messages": 15,
    "messages?part=list": 9,
    "reports": 42,
    "reports?part=report": 34,
    "reports/annunciations?of=top&of_flag=chattering": 28,
    "settings/reports": 10,
    "settings/mailings": 14,
    "contracts": 12,
    "contracts/{contract}": 18,
    "contracts/{contract}/2026-03": 34,
    "contracts/{contract}/2026-03?version=1": 18,
    "found": 6,
    "found?q=jauge": 11,
    "silences": 15,
    "silences?part=silences": 11,
}
"""Address of a page below its site → queries it may make, session and rights included."""


@pytest.fixture
def address(city, followed):
    from assets.models import ImportRun
    from hypervisor.models import Grant
    from response.models import Procedure, Run

    contract = make_contract(make_contractor(city.site))
    keep_month(contract, make_order(city.assets["nord"], contract), BY)
    known = {
        "contract": contract.pk,
        "procedure": Procedure.objects.order_by("pk").first().pk,
        "procedure_run": Run.objects.first().pk,
        "alarm": city.alarms["nord"].pk,
        "asset": city.assets["nord"].pk,
        "rule": city.rule.pk,
        "run": ImportRun.objects.get().pk,
        "grant": Grant.objects.get(user__username="operator").pk,
    }
    return lambda path: f"/sites/{city.site.slug}/{path.format(**known)}"


@pytest.mark.parametrize("path", BUDGET)
def test_a_page_keeps_to_its_queries(city, address, path, django_assert_max_num_queries):
    client = city.client("administrator")
    client.get(address(path))  # what a process asks once is not a page's
    with django_assert_max_num_queries(BUDGET[path]):
        assert client.get(address(path)).status_code == 200


@pytest.mark.parametrize("path", [path for path in BUDGET if "part=" not in path])
def test_a_page_carries_nothing_its_policy_would_refuse(city, address, path):
    answer = city.client("administrator").get(address(path))
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    text = answer.content.decode()
    assert not [mark for mark in (" style=", " onclick=", " onload=", "<style", "javascript:") if mark in text]
    scripts = re.findall(r"<script([^>]*)>", text)
    assert [one for one in scripts if not re.search(r'nonce="[^"]|src="/static/|application/json', one)] == []


def test_every_address_of_a_site_answers_who_only_asks_whether_it_is_there(city, address):
    client = city.client("administrator")
    assert {path: client.head(address(path)).status_code for path in BUDGET} == dict.fromkeys(BUDGET, 200)


def test_every_address_of_a_site_asks_who_comes(city, address, client):
    for path in BUDGET:
        answer = client.get(address(path))
        assert answer.status_code == 302, path
        assert answer.url.startswith("/login/")
