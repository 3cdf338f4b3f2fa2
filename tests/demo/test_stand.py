"""The demo stand sets itself up: connectors, purpose, gates, readers, the access system, rules and scenarios."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from alarms.models import Rule
from assets.models import Asset, Site
from commands import offers
from commands.models import Connector, Scenario
from commands.scenarios import moves as scenarios
from commands.scenarios.preview import orders, read
from demo.city.permits import document, passes
from demo.inventory.files import SEED
from hypervisor.models import Grant
from journal.actors import SYSTEM, Actor
from journal.reading import verify
from passages import letters
from passages.models import Gate, Permit, PermitSource, Purpose, Reader
from passages.permits import imports
from response.models import Message, Procedure, Run, WorkOrder
from response.notification import escalation, gateways
from response.procedures import offers as procedure_offers
from response.procedures import runs
from response.procedures.rows import run_rows
from tests.factories import make_alarm

CITY, BROKER = "http://127.0.0.1:8008", "mqtt://127.0.0.1:1883"


@pytest.fixture
def stand(db: None, settings: object, small_city: Path) -> Site:
    settings.DEBUG = True
    call_command("load_demo", str(small_city), city=CITY, mqtt=BROKER, verbosity=0)
    return Site.objects.get()


def test_supervisors_take_orders_over_http_and_the_lighting_over_mqtt(stand: Site) -> None:
    reached = dict(Connector.objects.values_list("supervisor__slug", "address"))
    assert reached == {
        "access": f"{CITY}/access", "transport": f"{CITY}/transport", "tunnel": f"{CITY}/tunnel",
        "building": f"{CITY}/building", "lighting": BROKER,
    }  # fmt: skip


def test_two_contractors_are_at_work_and_one_order_is_late(stand: Site) -> None:
    rows = WorkOrder.objects.exclude(state="closed").order_by("number").select_related("contractor")
    told = [(row.contractor.slug, row.state, row.late_since is not None) for row in rows]
    assert told == [("ascenseurs-ouest", "accepted", True), ("citelux", "accepted", False)]


def test_the_gates_read_for_a_purpose_with_the_tokens_of_the_city(stand: Site, small_city: Path) -> None:
    told = json.loads((small_city / "stand.json").read_text("utf-8"))["gates"]
    assert Purpose.objects.get().gates.count() == len(told) == Gate.objects.count()
    for each in told:
        reader = Reader.objects.get(slug=each["reader"]["slug"])
        assert letters.admitted(reader.slug, f"Token {each['reader']['token']}").id == reader.pk
        gate = Gate.objects.select_related("asset").get(slug=each["slug"])
        assert "open" in {offer.type.slug for offer in offers.of_asset(gate.asset)}
        assert gate.asset.attributes["commanded"] == "vigie"


def test_what_the_access_system_answers_are_permits(stand: Site) -> None:
    gates = [gate.slug for gate in Gate.objects.filter(direction="in").order_by("slug")]
    now = timezone.now()
    run = imports.take_message(
        PermitSource.objects.get(), json.dumps(document(passes(SEED, len(gates)), gates, now.timestamp())).encode(), now
    )
    assert (run.new, run.refused) == (42, 0)
    assert Permit.objects.filter(valid_until__lt=now).count() == 5


def test_the_rules_of_gates_and_commands_run(stand: Site) -> None:
    running = set(Rule.objects.filter(active_version__isnull=False).values_list("slug", flat=True))
    assert {"barrier-forced", "gate-tailgating", "gate-not-obeyed", "command-not-confirmed", "override-overdue"} <= running


def test_every_scenario_reaches_something_it_can_be_given(stand: Site) -> None:
    for scenario in Scenario.objects.all():
        wanted = orders(stand.pk, read(scenario.steps))
        assert wanted
        for order in wanted:
            assert order.type in {offer.type.slug for offer in offers.of_asset(Asset.objects.get(pk=order.asset))}


def test_the_next_start_follows_the_city_and_changes_nothing_else(stand: Site, small_city: Path) -> None:
    Gate.objects.update(policy="manual")
    for city in (CITY, "http://127.0.0.1:9009"):
        call_command("load_demo", str(small_city), city=city, mqtt=BROKER, verbosity=0)
        assert Connector.objects.get(supervisor__slug="access").address == f"{city}/access"
        assert PermitSource.objects.get().address == f"{city}/access/permits"
    assert set(Gate.objects.values_list("policy", flat=True)) == {"manual"}
    assert list(verify(stand.pk)) == []


def test_a_flood_of_the_city_is_offered_its_procedure_which_closes_the_gates_by_a_scenario(stand: Site) -> None:
    rule = Rule.objects.get(site=stand, slug="flood-level")
    alarm = make_alarm(rule, Asset.objects.filter(site=stand, kind__slug="flood_gauge").first())
    best = procedure_offers.of_alarm(alarm)[0]
    assert (best["slug"], best["because"][0]["name"]) == ("crue", "flood-level")
    now = timezone.now()
    run = runs.begin(Procedure.objects.get(site=stand, slug="crue"), alarm=alarm, by=SYSTEM, now=now)
    runs.act(run.pk, "do", "level", answer={"level": 2.4}, by=SYSTEM, now=now)
    runs.act(run.pk, "do", "low", answer="yes", by=SYSTEM, now=now)
    (step,) = (each for each in run_rows(Run.objects.filter(pk=run.pk))[0]["steps"] if each["state"] == "open")
    assert (step["asks"]["scenario"], "do" in step["may"]) == ("fermer-les-acces", False)
    scenario = Scenario.objects.get(site=stand, slug="fermer-les-acces")
    by = Actor.of(Grant.objects.filter(site=stand, role="administrator").first().user)
    scenarios.run(scenario, by=by, role="administrator", because="crue", cause=step["asks"]["cause"], now=now)
    runs.sweep(stand.pk, now)
    assert "close" in run_rows(Run.objects.filter(pk=run.pk))[0]["undone"]  # nothing is confirmed yet
    assert Procedure.objects.filter(site=stand, active__isnull=False).count() == 15


def test_a_critical_alarm_reaches_two_phones_one_after_the_other_by_the_city_s_own_provider(stand: Site) -> None:
    alarm = make_alarm(Rule.objects.first(), Asset.objects.filter(site=stand).first(), severity=1, seq=1)
    now = timezone.now()
    assert escalation.begin(stand, [alarm.pk], now) == 1
    escalation.sweep(stand, now)
    escalation.sweep(stand, now + dt.timedelta(minutes=2))
    told = Message.objects.filter(kind="alarm").order_by("pk").values_list("contact__means", "contact__person__username", "step")
    assert [(means, step) for means, _who, step in told] == [("sms", 0), ("sms", 1), ("sms", 1)]
    assert {who for _means, who, _step in told} == {"operateur", "chef"}
    settings = gateways.of_site(stand.pk, "sms")
    assert settings.url == f"{CITY}/sms"
