"""Procedures leave as CACAO 2.0 playbooks and come back the same; what others wrote is read, or refused by name."""

import copy
import datetime as dt
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from response.procedures import book, cacao, spec

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["fr", "en", "value", "id", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DATA = Path(__file__).parents[1] / "data" / "cacao"
DISTRICT = {entry.slug: msgspec.to_builtins(spec.decode(entry.definition)) for entry in book.pack("district")}

VULNERABILITY = json.loads((DATA / "vulnerability-response.json").read_text("utf-8"))
"""CISA's vulnerability response as CACAO 2.0, published with M. Zych et al., "Reviewing BPMN as a Modeling Notation for
CACAO Security Playbooks", IEEE CSR 2023, doi 10.1109/CSR57506.2023.10224922 (Cyentific, CACAO-BPMN)."""


def back(told: dict) -> tuple[str, dict]:
    slug, made = cacao.definition(json.loads(json.dumps(told)), {})
    return slug, msgspec.to_builtins(spec.decode(made))


def by_id(definition: dict) -> dict:
    """Steps apart from their order, which in a flow is told by where each leads."""
    return definition | {"steps": {step["id"]: step for step in definition["steps"]}}


@pytest.mark.parametrize("slug", DISTRICT)
def test_each_ready_made_procedure_comes_back_as_it_left(slug):
    assert len(DISTRICT) == 15
    definition = DISTRICT[slug]
    name, made = back(cacao.playbook(slug, definition, written=AT))
    assert name == slug
    assert by_id(made) == by_id(definition)
    assert made["steps"][0] == definition["steps"][0]
    if definition["kind"] == "simple":
        assert made["steps"] == definition["steps"]


def test_every_step_of_a_playbook_leads_to_one_that_is_there():
    for slug, definition in DISTRICT.items():
        workflow = cacao.playbook(slug, definition, written=AT)["workflow"]
        for step in workflow.values():
            members = ("on_completion", "on_success", "on_failure")
            targets = [step[name] for name in members if name in step] + list(step.get("cases", {}).values())
            assert all(target in workflow for target in targets)
            assert not {"on_completion", "on_success"} <= step.keys()


def test_what_another_tool_renamed_or_led_elsewhere_is_followed():
    told = cacao.playbook("crue", DISTRICT["crue"], written=AT)
    ids = {step.get("name"): id_ for id_, step in told["workflow"].items()}
    first, last = told["workflow"][ids["Note level and trend"]], ids["Warn the on-call staff and the officer in charge"]
    first |= {"name": "Read the gauge", "on_completion": last, "timeout": 90_000}
    del told["playbook_extensions"]
    slug, made = back(told)
    assert (slug, made["steps"][0]["title"], made["steps"][0]["timeout"]) == (
        "flood",
        {"fr": "Read the gauge", "en": "Read the gauge"},
        90,
    )
    assert [step["id"] for step in made["steps"]] == ["level", "warn", "watch", "reopen"]


def test_a_published_playbook_is_read_but_for_what_runs_in_parallel():
    with pytest.raises(cacao.NotInSubset, match=r"parallel--6020e6a6.*: the step type parallel is not in the subset"):
        back(VULNERABILITY)
    told = copy.deepcopy(VULNERABILITY)
    told["workflow"]["if-condition--5060d144-9535-4b75-bea5-0b477f7249bf"]["on_true"] = (
        "if-condition--71df8f84-78d8-43d4-97b7-2476eb8eeae9"
    )
    slug, made = back(told)
    steps = {step["title"]["en"]: step for step in made["steps"]}
    assert slug == "vulnerability-response-process"
    report = steps["As Directed, Report Status to CISA."]["id"]
    answers = {choice["value"]: choice["next"] for choice in steps["Vulnerability Present?"]["choices"]}
    assert answers == {"yes": steps["Can you patch?"]["id"], "no": report}
    assert steps["Patch"]["next"] == steps["Mitigate"]["next"] == report
    assert steps["As Directed, Report Status to CISA."].get("next") is None


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"spec_version": "1.0"}, "spec_version: only cacao-2.0"),
        ({"type": "bundle"}, "no CACAO playbook"),
        ({"workflow": {}}, "workflow: 2 to 400"),
        ({"workflow_start": "start--0"}, "there is no step start--0"),
        ({"name": " "}, "name: a text is expected"),
    ],
)
def test_what_is_not_in_the_subset_is_refused_by_name(change, refused):
    with pytest.raises(cacao.NotInSubset, match=refused):
        back(cacao.playbook("crue", DISTRICT["crue"], written=AT) | change)


def test_commands_that_no_person_carries_out_and_circles_are_refused():
    for change, refused in (
        ({"commands": [{"type": "http-api", "command": "GET /"}]}, "command type http-api"),
        ({"timeout": "soon"}, "timeout: a number of milliseconds"),
    ):
        told = cacao.playbook("crue", DISTRICT["crue"], written=AT)
        next(step for step in told["workflow"].values() if step["type"] == "action").update(change)
        with pytest.raises(cacao.NotInSubset, match=refused):
            back(told)
    told = cacao.playbook("pluie-forte", DISTRICT["pluie-forte"], written=AT)
    actions = [id_ for id_ in told["workflow"] if id_.startswith("action")]
    told["workflow"][actions[-1]]["on_completion"] = actions[0]
    with pytest.raises(cacao.NotInSubset, match="leads back to itself"):
        back(told)


def places(told: object, path: tuple = ()) -> list[tuple]:
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    return [path] * bool(path) + [place for key, value in inner for place in places(value, (*path, key))]


@given(st.data())
def test_a_playbook_with_anything_at_any_place_is_read_or_refused(data):
    told = json.loads(json.dumps(cacao.playbook("crue", DISTRICT[data.draw(st.sampled_from(sorted(DISTRICT)))], written=AT)))
    *way, last = data.draw(st.sampled_from(places(told)))
    within = told
    for key in way:
        within = within[key]
    within[last] = data.draw(JUNK)
    try:
        slug, made = cacao.definition(told, {})
        spec.decode(made)
    except (cacao.NotInSubset, spec.SpecError):
        return
    assert slug


@pytest.mark.parametrize("steps", [101, 390, 100_000])
def test_a_playbook_that_is_too_long_is_refused_however_long(steps):
    chain = {
        f"action--{n}": {
            "type": "action",
            "name": "x",
            "commands": [{"type": "manual", "command": "x"}],
            "on_completion": f"action--{n + 1}",
        }
        for n in range(steps)
    }
    workflow = {"start--0": {"type": "start", "on_completion": "action--0"}, **chain, f"action--{steps}": {"type": "end"}}
    told = {"type": "playbook", "spec_version": cacao.VERSION, "name": "x", "workflow_start": "start--0", "workflow": workflow}
    with pytest.raises(cacao.NotInSubset, match="steps"):
        cacao.definition(told, {})
