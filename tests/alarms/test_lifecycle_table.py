"""The state machine of an alarm, alone: its tables, what is drawn from them, and that nothing else sets a state."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from alarms.lifecycle.table import ACKNOWLEDGED, LATCHED, NORMAL, RETURNED, TABLE, UNACKNOWLEDGED, UNHEARD, after
from assets.refusal import Refused


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        (["raise"], UNACKNOWLEDGED),
        (["raise", "acknowledge"], ACKNOWLEDGED),
        (["raise", "acknowledge", "clear"], NORMAL),
        (["raise", "clear"], RETURNED),
        (["raise", "clear", "acknowledge"], NORMAL),
        (["raise", "clear", "raise"], UNACKNOWLEDGED),
        (["raise", "acknowledge", "worsen"], UNACKNOWLEDGED),
        (["raise", "acknowledge", "ease"], ACKNOWLEDGED),
        (["raise", "acknowledge", "acknowledge"], ACKNOWLEDGED),
        (["raise", "acknowledge", "withdraw"], UNACKNOWLEDGED),
        (["raise", "clear", "acknowledge", "withdraw"], RETURNED),
    ],
)
def test_an_alarm_walks_through_its_life(moves, expected):
    state = NORMAL
    for move in moves:
        state = after(state, move)
    assert state == expected


@pytest.mark.parametrize("move", ["acknowledge", "clear", "annotate", "worsen"])
def test_a_closed_alarm_refuses_every_move_but_a_raise_and_the_end_of_its_acknowledgement(move):
    with pytest.raises(Refused) as refusal:
        after(NORMAL, move)
    assert refusal.value.code == "illegal_move"
    assert refusal.value.fr != refusal.value.en


def test_a_latched_alarm_does_not_close_by_itself():
    assert after(ACKNOWLEDGED, "clear", latched=True) == RETURNED


def test_no_move_leads_out_of_the_four_states():
    states = {UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, NORMAL}
    assert {state for state, _ in TABLE} == states
    assert set(TABLE.values()) == states


OPEN = (UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED)


@pytest.mark.parametrize("state", OPEN)
def test_what_nobody_heard_of_closes_when_it_clears(state):
    assert after(state, "clear", unheard="past") == NORMAL
    assert after(state, "clear", unheard="suppressed") == NORMAL
    assert after(state, "clear", latched=True, unheard="past") == NORMAL


@pytest.mark.parametrize("state", OPEN)
def test_a_latched_alarm_waits_for_somebody_though_a_cause_explained_it(state):
    assert after(state, "clear", latched=True, unheard="suppressed") == RETURNED


def test_that_nobody_heard_of_it_makes_no_illegal_move_legal():
    with pytest.raises(Refused):
        after(NORMAL, "clear", unheard="past")


ROOT = Path(__file__).parents[2]


def drawn() -> str:
    """The page's figure and tables, of the tables of the code."""
    edges: dict[tuple[str, str], list[str]] = {}
    for (state, move), end in TABLE.items():
        edges.setdefault((state, end), []).append(move)
    for (state, move), end in LATCHED.items():
        edges.setdefault((state, end), []).append(f"{move} (latched)")
    figure = [f"    {state} --> {end}: {', '.join(moves)}" for (state, end), moves in edges.items()]
    rows = [
        f"| {why} | {move} | {'yes' if latched else 'no'} | {end} |" for (why, move, latched), end in UNHEARD.items()
    ]  # fmt: skip
    return "\n".join([
        "```mermaid", "stateDiagram-v2", f"    [*] --> {NORMAL}", *figure, "```", "",
        "Of what nobody heard of, a move ends elsewhere, from every open state:", "",
        "| why nobody heard of it | move | latched | ends |", "|---|---|---|---|", *rows,
    ])  # fmt: skip


def test_the_documentation_shows_the_tables():
    page = (ROOT / "docs/reference/lifecycle.md").read_text()
    assert drawn() in page, f"docs/reference/lifecycle.md should say:\n\n{drawn()}"


def states_set(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(whose state, what it is set to) of every assignment."""
    for node in ast.walk(tree):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for to, value in pairs:
                if isinstance(to, ast.Attribute) and to.attr == "state" and isinstance(to.value, ast.Name):
                    yield to.value.id, value


def test_nothing_sets_the_state_of_an_alarm_but_what_the_table_answers():
    found = 0
    for file in sorted((ROOT / "alarms").rglob("*.py")):
        for whose, value in states_set(ast.parse(file.read_text())):
            if whose in ("alarm", "draft"):
                found += 1
                assert isinstance(value, ast.Call), f"{file}:{value.lineno}"
                assert ast.unparse(value.func) == "after", f"{file}:{value.lineno}"
    assert found > 8
