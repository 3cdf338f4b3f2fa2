"""A difference is reviewed by category, and what is left out of it is not written."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.inventory import failures, mapping, proposals, runs
from assets.inventory.importer import apply_file
from assets.models import Asset, ImportRun, Site

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
HEADER = "code,name,kind,longitude,latitude,depends_on,attributes\n"
BEFORE = (
    "C-1,Cabinet,lighting_cabinet,2.235,48.89,,\n"
    'L-1,Lamp one,lamp,2.2351,48.8901,C-1,"{""serial"": ""A""}"\n'
    "L-2,Lamp two,lamp,2.25,48.9,C-1,\n"
    "L-3,Lamp three,lamp,2.26,48.9,C-1,\n"
    "L-4,Lamp four,lamp,2.27,48.9,C-1,\n"
    "L-5,Lamp five,lamp,2.28,48.9,C-1,\n"
)
AFTER = (
    "C-1,Cabinet,lighting_cabinet,2.235,48.89,,\n"
    'L-1,Lamp one,lamp,2.2351,48.8901,C-1,"{""serial"": ""B""}"\n'
    "L-2,Lamp two,lamp,2.2501,48.9,C-1,\n"
    "L-3,Lampe trois,lamp,2.26,48.9,C-1,\n"
    "L-40,Lamp forty,lamp,2.27,48.9,C-1,\n"
    "C-2,Cabinet two,lighting_cabinet,2.24,48.89,,\n"
    "L-6,Lamp six,lamp,2.2402,48.89,C-2,\n"
)
COMPLETE = mapping.complete(mapping.NATIVE)
Write = Callable[[str], Path]


@pytest.fixture
def run(site: Site, write: Write) -> ImportRun:
    """A comparison of the later list with the earlier one."""
    apply_file(site, write(HEADER + BEFORE), mapping.NATIVE, now=NOW)
    return runs.compare(runs.Order(site, write(HEADER + AFTER), COMPLETE), clock=lambda: NOW)


def carried_out(run: ImportRun, *left_out: str) -> ImportRun:
    order = runs.Order(run.site, Path(run.file_path), COMPLETE, expected=run.details["digest"], left_out=frozenset(left_out))
    return runs.carry_out(run, order, clock=lambda: NOW)


def test_each_change_stands_in_its_category(run: ImportRun) -> None:
    told = {one.code: (one.category, one.replaces) for one in run.changes.all()}
    assert told == {
        "L-1": ("replaced", ""), "L-2": ("moved", ""), "L-3": ("changed", ""), "L-40": ("replaced", "L-4"),
        "C-2": ("added", ""), "L-6": ("added", ""), "L-5": ("absent", ""),
    }  # fmt: skip
    assert run.changes.get(code="L-2").distance == pytest.approx(7.3, abs=0.2)
    assert run.changes.get(code="L-3").fields == {"name": ["Lamp three", "Lampe trois"]}


def test_what_is_left_out_is_not_written_and_the_rest_is(run: ImportRun) -> None:
    assert carried_out(run, "L-3", "L-5", "L-40").state == ImportRun.State.DONE
    assert Asset.objects.get(code="L-3").name == "Lamp three"
    assert Asset.objects.get(code="L-2").longitude == 2.2501
    assert not Asset.objects.filter(code="L-40").exists()
    assert not Asset.objects.filter(retired_at__isnull=False).exists(), "L-4 is replaced by what was left out"


def test_what_replaces_another_decommissions_it(run: ImportRun) -> None:
    carried_out(run)
    assert set(Asset.objects.filter(retired_at=NOW).values_list("code", flat=True)) == {"L-4", "L-5"}


def test_what_depends_on_something_left_out_must_be_left_out_too(run: ImportRun) -> None:
    ended = carried_out(run, "C-2")
    assert (ended.state, ended.details["failure"]) == (ImportRun.State.REFUSED, failures.LeftOutNeeded.__name__)
    assert not Asset.objects.filter(code="L-6").exists()


def test_a_change_of_somebody_else_is_named_and_stops_the_approval(run: ImportRun, site: Site, write: Write) -> None:
    apply_file(site, write("code,name,kind,longitude,latitude\nL-3,Lamp 3,lamp,2.26,48.9\n"), mapping.NATIVE, now=NOW)
    assert proposals.meanwhile(run) == [{"code": "L-3", "field": "name", "then": "Lamp three", "now": "Lamp 3"}]
    ended = carried_out(run)
    assert (ended.state, ended.details["failure"]) == (ImportRun.State.REFUSED, failures.InventoryMoved.__name__)


def test_a_comparison_made_again_keeps_what_was_left_out(run: ImportRun) -> None:
    run.changes.filter(code="L-3").update(left_out=True)
    runs.comparing(run, runs.Order(run.site, Path(run.file_path), COMPLETE), clock=lambda: NOW)
    assert proposals.left_out(run) == {"L-3"}


def test_changes_are_dropped_with_their_file_after_a_month(run: ImportRun) -> None:
    proposals.drop(NOW)
    assert run.changes.exists()
    proposals.drop(NOW + dt.timedelta(seconds=1))
    assert not run.changes.exists()


def test_what_an_extract_lacks_is_left_out_until_somebody_takes_it(site: Site, write: Write) -> None:
    apply_file(site, write(HEADER + BEFORE), mapping.NATIVE, now=NOW)
    listed = mapping.check({**mapping.plain(mapping.NATIVE), "authority": {"kinds": ["lamp"]}})
    run = runs.compare(runs.Order(site, write(HEADER + BEFORE.replace("L-5", "L-1x")), listed), clock=lambda: NOW)
    assert [(one.code, one.category, one.left_out) for one in run.changes.all()] == [
        ("L-1x", "added", False),
        ("L-5", "absent", True),
    ]
