"""What an import would change, decided without a database."""

from assets.inventory.compare import Existing, difference
from assets.inventory.entries import Entries, Entry
from assets.inventory.failures import Reason, Refusal
from assets.inventory.mapping import Authority

KEEP = Authority()
LAMPS = Authority(gone="retire", kinds=["lamp"])


def lamp(code: str, **fields: object) -> Entry:
    values = {"name": code, "kind": "lamp", "sector": "", "depends_on": "", "supervisor": "", "longitude": 2.0, "latitude": 48.0}
    return Entry(code=code, **{**values, "level": 0, "attributes": {}, **fields})


def read(*entries: Entry, silent: frozenset[str] = frozenset(), refused: tuple[Refusal, ...] = ()) -> Entries:
    return Entries(list(entries), list(range(2, 2 + len(entries))), silent, list(refused))


def stored(*entries: Entry, retired: bool = False) -> dict[str, Existing]:
    return {entry.code: Existing(number, entry, retired) for number, entry in enumerate(entries, 1)}


def reasons(diff: object) -> list[tuple[str, Reason]]:
    return [(refusal.code, refusal.reason) for refusal in diff.refused]


def test_new_changed_unchanged_and_gone_are_told_apart() -> None:
    site = stored(lamp("same"), lamp("moved"), lamp("lost"), lamp("door", kind="door"))
    diff = difference(read(lamp("same"), lamp("moved", longitude=2.5, name="Moved"), lamp("new")), site, LAMPS)
    assert [one.entry.code for one in diff.new] == ["new"]
    assert [(one.after.code, one.fields) for one in diff.changed] == [("moved", ("name", "longitude"))]
    assert diff.unchanged == 1
    assert [one.entry.code for one in diff.gone] == ["lost"], "a door is none of this file's business"


def test_a_file_that_is_no_complete_list_makes_nothing_gone() -> None:
    assert not difference(read(lamp("new")), stored(lamp("other")), KEEP).gone


def test_gone_can_be_limited_to_a_supervisor() -> None:
    site = stored(lamp("a", supervisor="east"), lamp("b", supervisor="west"))
    diff = difference(read(lamp("c")), site, Authority(kinds=["lamp"], supervisor="east"))
    assert [one.entry.code for one in diff.gone] == ["a"]


def test_an_asset_that_comes_back_is_changed_and_a_retired_one_is_not_gone_twice() -> None:
    site = stored(lamp("back"), lamp("away"), retired=True)
    diff = difference(read(lamp("back")), site, LAMPS)
    assert [one.fields for one in diff.changed] == [("retired",)]
    assert not diff.gone


def test_what_the_file_is_silent_about_stays_as_it_is() -> None:
    site = stored(lamp("a", supervisor="east", attributes={"pole": 3}))
    diff = difference(read(lamp("a"), silent=frozenset({"supervisor", "attributes"})), site, KEEP)
    assert diff.unchanged == 1


def test_a_refused_row_does_not_make_its_asset_gone() -> None:
    diff = difference(read(lamp("a"), refused=(Refusal(9, Reason.NO_POSITION, {}, "b"),)), stored(lamp("a"), lamp("b")), LAMPS)
    assert not diff.gone


def test_a_code_that_belongs_to_another_kind_is_refused_unless_kinds_may_change() -> None:
    site = stored(lamp("12", kind="camera"))
    assert reasons(difference(read(lamp("12")), site, KEEP)) == [("12", Reason.CODE_OF_ANOTHER)]
    assert difference(read(lamp("12")), site, Authority(kind_changes=True)).changed[0].fields == ("kind",)


def test_dependencies_may_be_in_the_file_or_in_the_site_and_nowhere_else() -> None:
    site = stored(lamp("cabinet"))
    diff = difference(read(lamp("a", depends_on="b"), lamp("b", depends_on="cabinet"), lamp("c", depends_on="z")), site, KEEP)
    assert [one.entry.code for one in diff.new] == ["a", "b"]
    assert reasons(diff) == [("c", Reason.UNKNOWN_DEPENDENCY)]


def test_what_depends_on_a_refused_row_is_refused_with_it() -> None:
    chain = read(lamp("a", depends_on="b"), lamp("b", depends_on="c"), lamp("c", depends_on="nothing"))
    assert reasons(difference(chain, {}, KEEP)) == [
        ("a", Reason.REFUSED_DEPENDENCY),
        ("b", Reason.REFUSED_DEPENDENCY),
        ("c", Reason.UNKNOWN_DEPENDENCY),
    ]


def test_a_circle_is_refused_whole_and_named() -> None:
    diff = difference(read(lamp("a", depends_on="b"), lamp("b", depends_on="a"), lamp("c", depends_on="c"), lamp("d")), {}, KEEP)
    assert reasons(diff) == [("a", Reason.CYCLE), ("b", Reason.CYCLE), ("c", Reason.CYCLE)]
    assert diff.refused[0].sentence == "it depends on itself through a → b → a"
    assert [one.entry.code for one in diff.new] == ["d"]


def test_a_circle_through_an_existing_asset_is_seen() -> None:
    site = stored(lamp("a"), lamp("b", depends_on="a"))
    assert reasons(difference(read(lamp("a", depends_on="b")), site, KEEP)) == [("a", Reason.CYCLE)]


def test_a_circle_that_a_refusal_would_leave_behind_is_seen() -> None:
    # The file would turn b away from a, but that row is refused: a → b would then meet the old b → a.
    site = stored(lamp("a"), lamp("b", depends_on="a"))
    diff = difference(read(lamp("a", depends_on="b"), lamp("b", depends_on="nothing")), site, KEEP)
    assert reasons(diff) == [("a", Reason.CYCLE), ("b", Reason.UNKNOWN_DEPENDENCY)]


def test_a_long_chain_is_followed_without_recursion() -> None:
    links = [lamp(str(number), depends_on=str(number + 1)) for number in range(20_000)]
    assert len(difference(read(*links, lamp("20000")), {}, KEEP).new) == 20_001
