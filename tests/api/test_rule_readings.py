"""What the points of a rule read lately, and which rules hear the same, are told while it is written."""

import datetime as dt

from django.utils import timezone

from tests.factories import THRESHOLD, make_asset, make_history, make_kind, make_point, make_rule

READINGS = "/api/v1/sites/quai/rules/readings"


def ask(city, spec: dict, who: str = "administrator", address: str = READINGS):
    return city.client(who).post(address, {"spec": spec}, content_type="application/json")


def remember(point, values: list[float]) -> None:
    now = timezone.now().replace(microsecond=0)
    make_history(point, {now - dt.timedelta(minutes=2 * n + 1): value for n, value in enumerate(values)})


def test_numbers_are_told_by_percentiles_and_bars(city):
    flow = make_point(city.assets["nord"], city.feed, "flow", unit="m3/h")
    remember(flow, [float(n) for n in range(101)])
    told = ask(city, {**THRESHOLD, "scope": {"quantity": "flow"}}).json()
    assert (told["points"], told["unit"], told["low"], told["high"], told["states"]) == (1, "m3/h", 0, 100, [])
    assert {each["percent"]: each["value"] for each in told["percentiles"]} == {
        1: 1,
        5: 5,
        25: 25,
        50: 50,
        75: 75,
        95: 95,
        99: 99,
    }
    assert sum(each["count"] for each in told["bins"]) == 101
    assert (told["bins"][0]["low"], told["bins"][-1]["high"]) == (0, 100)


def test_states_are_told_by_their_words(city):
    make_kind("door", points=[{"quantity": "door_state", "codes": {"0": "fermée", "1": "ouverte"}, "codes_en": {"0": "closed"}}])
    door = make_point(make_asset(city.site, "D-1", "door"), city.feed, "door_state", unit="")
    remember(door, [0.0, 0.0, 0.0, 1.0])
    spec = {"kind": "state", "scope": {"quantity": "door_state"}, "values": [{"severity": "low", "in": [1]}]}
    told = ask(city, spec).json()
    assert [(each["name"]["fr"], each["name"]["en"], each["count"]) for each in told["states"]] == [
        ("fermée", "closed", 3), ("ouverte", "1", 1),
    ]  # fmt: skip
    assert told["bins"] == []


def test_nothing_is_told_without_readings_and_to_nobody_else(city):
    empty = ask(city, {**THRESHOLD, "scope": {"quantity": "flow"}}).json()
    assert (empty["points"], empty["since"], empty["bins"]) == (0, None, [])
    assert ask(city, {**THRESHOLD, "limits": []}).status_code == 422
    assert [ask(city, THRESHOLD, who).status_code for who in ("operator", "nord_admin", "stranger")] == [403, 403, 404]


def test_the_preview_names_the_rules_that_hear_the_same(city):
    other = make_rule(city.site, "crue-2")
    make_rule(city.site, "debit", {**THRESHOLD, "scope": {"quantity": "flow"}})
    preview = "/api/v1/sites/quai/rules/preview"
    body = {"spec": THRESHOLD, "rule": city.rule.slug}
    told = city.client("administrator").post(preview, body, content_type="application/json").json()
    assert [(each["id"], each["severity"]) for each in told["others"]] == [(other.pk, "critical")]


def test_the_list_tells_severity_and_overlaps(city):
    make_rule(city.site, "crue-2")
    rows = {row.rule.slug: row for row in city.client("administrator").get("/sites/quai/rules").context["rows"]}
    assert (rows["crue-2"].severity, rows["crue-2"].others) == ("critical", [city.rule.name_fr])
