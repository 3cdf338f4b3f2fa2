"""A procedure carried out: what can be done when, what a step brings, and what keeps an incident from closing."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.engine.faults import SpecError
from response.procedures import carrying, spec
from response.procedures.carrying import NotNow

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def later(seconds: float) -> dt.datetime:
    return AT + dt.timedelta(seconds=seconds)


def named(id_: str, **fields: object) -> dict[str, object]:
    return {"type": "manual", "id": id_, "title": {"fr": id_, "en": id_}, **fields}


def simple(*steps: dict[str, object], **fields: object) -> spec.Definition:
    return spec.decode({"kind": "simple", "name": {"fr": "f", "en": "f"}, "steps": list(steps), **fields})


def flow(*steps: dict[str, object]) -> spec.Definition:
    return spec.decode({"kind": "flow", "name": {"fr": "f", "en": "f"}, "steps": list(steps)})


PEOPLE = {
    "type": "question", "id": "people", "title": {"fr": "Personne dedans ?", "en": "Anybody inside?"},
    "choices": [
        {"value": "yes", "label": {"fr": "Oui", "en": "Yes"}, "next": "rescue"},
        {"value": "no", "label": {"fr": "Non", "en": "No"}, "next": "contractor"},
    ],
}  # fmt: skip


def states(run: carrying.Run) -> dict[str, str]:
    return {each.step: each.state for each in run.steps}


def test_a_list_is_done_in_its_order():
    listed = simple(named("a"), named("b"))
    run, changes = carrying.begin(listed, AT)
    assert states(run) == {"a": "open", "b": "todo"}
    with pytest.raises(NotNow, match="b: not_open"):
        carrying.do(listed, run, "b", "ana", AT)
    run, changes = carrying.do(listed, run, "a", "ana", later(5), "fait")
    assert [(each.step, each.state) for each in changes] == [("a", "done"), ("b", "open")]
    run, changes = carrying.do(listed, run, "b", "ana", later(9))
    assert run.state == "done"
    assert changes[-1].state == "done"
    with pytest.raises(NotNow, match="ended"):
        carrying.skip(listed, run, "b", "ana", AT, "why")


def test_a_free_list_is_done_in_any_order():
    listed = simple(named("a"), named("b"), free_order=True)
    run, _ = carrying.begin(listed, AT)
    run, _ = carrying.do(listed, run, "b", "ana", AT)
    assert carrying.undone(listed, run) == ("a",)
    assert run.state == "running"


def test_an_answer_chooses_what_comes_next_and_the_other_branch_owes_nothing():
    asked = flow(PEOPLE, named("rescue", next="contractor"), named("contractor"))
    run, _ = carrying.begin(asked, AT)
    run, _ = carrying.do(asked, run, "people", "ana", AT, "no")
    assert states(run) == {"people": "done", "rescue": "todo", "contractor": "open"}
    assert carrying.undone(asked, run) == ("contractor",)
    run, _ = carrying.do(asked, run, "contractor", "ana", AT)
    assert (run.state, states(run)["rescue"]) == ("done", "left_out")


def test_an_answer_that_is_not_among_the_choices_is_refused():
    asked = flow(PEOPLE, named("rescue"), named("contractor"))
    run, _ = carrying.begin(asked, AT)
    with pytest.raises(NotNow, match=r"people: bad_answer: the answer is one of yes, no"):
        carrying.do(asked, run, "people", "ana", AT, "perhaps")


def test_a_mandatory_step_is_skipped_with_a_reason_only():
    listed = simple(named("a"), named("b", mandatory=False))
    run, _ = carrying.begin(listed, AT)
    with pytest.raises(NotNow, match="reason_missing"):
        carrying.skip(listed, run, "a", "ana", AT, "  ")
    run, _ = carrying.skip(listed, run, "a", "ana", AT, "déjà sur place")
    assert run.of("a").reason == "déjà sur place"
    run, _ = carrying.skip(listed, run, "b", "ana", AT)
    assert run.state == "done"


def test_a_step_that_failed_is_owed_until_it_is_done():
    listed = simple(named("a"), named("b"))
    run, _ = carrying.begin(listed, AT)
    run, _ = carrying.fail(listed, run, "a", "ana", AT, "ne répond pas")
    run, _ = carrying.do(listed, run, "b", "ana", AT)
    assert (run.state, carrying.undone(listed, run)) == ("running", ("a",))
    run, _ = carrying.do(listed, run, "a", "bob", AT)
    assert (run.state, run.of("a").by, run.of("a").reason) == ("done", "bob", "")


def test_two_operators_who_tick_the_same_step_both_succeed_once():
    listed = simple(named("a"), named("b"))
    run, _ = carrying.begin(listed, AT)
    run, _ = carrying.do(listed, run, "a", "ana", AT)
    again, changes = carrying.do(listed, run, "a", "bob", later(1))
    assert (again, changes) == (run, [])
    with pytest.raises(NotNow, match="ended_step"):
        carrying.do(listed, run, "a", "bob", later(1), "something else")


def test_a_step_that_is_late_is_told_once_and_may_fail():
    called = flow(named("call", timeout=60, on_timeout="fail", on_failure="chief", next="end"), named("chief"), named("end"))
    run, _ = carrying.begin(called, AT)
    assert carrying.due(called, run) == later(60)
    assert carrying.time_out(called, run, later(59)) == (run, [])
    run, changes = carrying.time_out(called, run, later(60))
    assert [(each.step, each.state, each.late) for each in changes] == [
        ("call", "open", True), ("call", "failed", False), ("chief", "open", False),
    ]  # fmt: skip
    assert carrying.time_out(called, run, later(3600)) == (run, [])
    told = simple(named("a", timeout=60))
    run, _ = carrying.begin(told, AT)
    run, changes = carrying.time_out(told, run, later(60))
    assert (states(run), len(changes), carrying.due(told, run)) == ({"a": "open"}, 1, None)


@pytest.mark.parametrize(
    ("steps", "kind", "said"),
    [
        ([named("a"), named("a")], "simple", "step a is given twice"),
        ([named("a", next="b"), named("b")], "simple", "only the steps of a flow say what comes next"),
        ([named("a", next="b")], "flow", "leads to b, which does not exist"),
        ([named("a", next="b"), named("b", next="a")], "flow", "leads back to itself"),
        ([named("a"), named("b")], "flow", "no answer leads to step b"),
        ([named("a", colour="red")], "simple", "unknown field `colour`"),
        ([{**named("a"), "type": "call"}], "simple", "a call needs a number, a contractor or an entity"),
        ([{**named("a"), "type": "link", "url": "javascript:alert(1)"}], "simple", "regex"),
        ([], "simple", "length"),
    ],
)
def test_a_procedure_that_cannot_be_carried_out_is_refused(steps: list[object], kind: str, said: str):
    with pytest.raises(SpecError, match=said):
        spec.decode({"kind": kind, "name": {"fr": "f", "en": "f"}, "steps": steps})


ACTS = st.lists(
    st.tuples(st.sampled_from(["start", "do", "skip", "fail", "time_out"]), st.sampled_from(["people", "rescue", "contractor"]),
              st.sampled_from([None, "yes", "no", "x"])),
    max_size=25,
)  # fmt: skip


@given(ACTS, st.booleans())
def test_whatever_is_done_a_run_is_over_exactly_when_nothing_can_be_done(acts, answers_lead):
    steps = [
        PEOPLE,
        named("rescue", next="contractor", timeout=10, on_timeout="fail", on_failure="contractor"),
        named("contractor"),
    ]
    definition = flow(*steps) if answers_lead else simple(
        {**PEOPLE, "choices": [{k: v for k, v in each.items() if k != "next"} for each in PEOPLE["choices"]]},
        named("rescue", timeout=10), named("contractor"),
    )  # fmt: skip
    run, _ = carrying.begin(definition, AT)
    for moment, (act, step, answer) in enumerate(acts):
        at = later(moment * 7)
        before = run
        try:
            if act == "time_out":
                run, _ = carrying.time_out(definition, run, at)
            elif act == "do":
                run, _ = carrying.do(definition, run, step, "ana", at, answer)
            elif act == "start":
                run, _ = carrying.start(definition, run, step, "ana", at)
            else:
                run, _ = getattr(carrying, act)(definition, run, step, "ana", at, answer or "")
        except NotNow:
            assert run is before
        owed = bool(run.now()) or bool(carrying.undone(definition, run))
        assert (run.state == "running") == owed or (run.state == "running" and any(s.state == "failed" for s in run.steps))
        if run.state == "done":
            assert not run.now()
            assert all(each.state in carrying.ENDED for each in run.steps)
            assert carrying.undone(definition, run) == ()
