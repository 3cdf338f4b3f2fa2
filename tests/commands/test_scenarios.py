"""Scenarios: previewed, run in order, stopped, and no command asked for twice."""

import pytest
from django.utils import timezone

from assets.refusal import Refused
from commands import connectors
from commands.delivery import worker
from commands.models import Command, ScenarioRun
from commands.scenarios import moves, progress
from commands.scenarios.preview import foresee, orders, read
from tests.commands.field import CHIEF, OPERATOR, RULE, SECOND

STEPS = [
    {"target": {"assets": ["B-1"]}, "type": "open", "stop": True},
    {"target": {"kind": "barrier"}, "type": "close"},
]


def scenario(field, steps=None, **told):
    return moves.write(field.site.pk, "sortie", "Sortie", "Way out", steps or STEPS, by=CHIEF, now=timezone.now(), **told)


def start(field, steps=None, by=OPERATOR, role="operator", **told) -> ScenarioRun:
    run = moves.run(scenario(field, steps), by=by, role=role, now=timezone.now(), **told)
    progress.sweep(field.site.pk, timezone.now())
    return fresh(run)


def fresh(run: ScenarioRun) -> ScenarioRun:
    return ScenarioRun.objects.get(pk=run.pk)


def commands(run: ScenarioRun) -> list[tuple[str, str, str]]:
    asked = run.commands.select_related("command__asset", "command__type")
    return [(each.command.asset.code, each.command.type.slug, each.command.state) for each in asked if each.command]


def test_the_preview_says_what_each_asset_would_get_and_what_forbids_it(field):
    field.read(1, timezone.now(), asset=field.opposing)
    seen = foresee(orders(field.site.pk, read(scenario(field).steps)), timezone.now())
    assert [(each.order.step, each.asset.code, each.outlook.free) for each in seen] == [
        (0, "B-1", False), (1, "B-1", True), (1, "B-2", True),
    ]  # fmt: skip
    assert seen[0].outlook.blocks[0].words.en == "The opposing gate is open (B-2)."
    assert not Command.objects.exists()


def test_steps_follow_one_another_when_the_field_has_confirmed(field):
    run = start(field)
    assert commands(run) == [("B-1", "open", "authorised")]
    worker.deliver(run.commands.get().command_id)
    progress.sweep(field.site.pk, timezone.now())
    assert len(commands(run)) == 1
    field.read(1, timezone.now())
    progress.sweep(field.site.pk, timezone.now())
    assert commands(run) == [("B-1", "open", "confirmed"), ("B-1", "close", "authorised"), ("B-2", "close", "confirmed")]
    for each in Command.objects.filter(state="authorised"):
        worker.deliver(each.pk)
    field.read(0, timezone.now())
    field.read(0, timezone.now() + 3 * SECOND)
    from commands import deadlines

    deadlines.sweep(field.site.pk, timezone.now() + 4 * SECOND)
    progress.sweep(field.site.pk, timezone.now())
    assert (fresh(run).state, fresh(run).said_en) == ("done", "done, 3 of 3")


def test_a_step_that_must_succeed_ends_the_run(field):
    connectors.remove(field.gate.supervisor.connector, by=CHIEF, now=timezone.now())
    run = start(field)
    worker.deliver(run.commands.get().command_id)
    progress.sweep(field.site.pk, timezone.now())
    assert (fresh(run).state, len(commands(run))) == ("failed", 1)


def test_one_act_stops_it_and_withdraws_what_has_not_left(field):
    run = start(field)
    for _ in range(2):
        moves.stop(run.pk, by=OPERATOR, role="operator", now=timezone.now())
    progress.sweep(field.site.pk, timezone.now())
    assert (fresh(run).state, commands(run)) == ("stopped", [("B-1", "open", "cancelled")])


def test_it_runs_once_at_a_time_and_once_for_a_cause(field):
    row = scenario(field, automatic=True)
    done = moves.run(row, by=RULE, role=None, now=timezone.now(), cause="alarm:7")
    with pytest.raises(Refused, match="running"):
        moves.run(row, by=OPERATOR, role="operator", now=timezone.now())
    moves.stop(done.pk, by=RULE, role=None, now=timezone.now())
    with pytest.raises(Refused, match="for this cause"):
        moves.run(row, by=RULE, role=None, now=timezone.now(), cause="alarm:7")


def test_a_rule_runs_it_only_where_that_is_allowed_and_gives_only_what_may_leave_by_itself(field):
    with pytest.raises(Refused, match="by itself"):
        moves.run(scenario(field), by=RULE, role=None, now=timezone.now(), cause="alarm:7")
    run = moves.run(scenario(field, automatic=True), by=RULE, role=None, now=timezone.now(), cause="alarm:7")
    progress.sweep(field.site.pk, timezone.now())
    assert (commands(run), fresh(run).state) == ([], "failed")
    assert run.commands.get(position=0).said_en == "The site does not allow it to leave by itself."


@pytest.mark.parametrize(
    "steps",
    [[], [{}], [{"target": {"assets": ["B-9"]}, "type": "open"}], [{"target": {}, "type": "open"}],
     [{"target": {"assets": ["B-1"], "kind": "barrier"}, "type": "open"}], "open", [{"target": {"assets": ["B-1"]}}],
     [{"target": {"assets": ["B-1"]}, "type": "open", "parameters": {"a": []}}]],
)  # fmt: skip
def test_steps_that_cannot_be_used_are_refused(field, steps):
    with pytest.raises(Refused):
        moves.write(field.site.pk, "x", "X", "X", steps, by=CHIEF, now=timezone.now())
