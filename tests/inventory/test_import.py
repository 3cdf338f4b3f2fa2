"""An inventory file walks into a real database: whole, or not at all."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from assets.inventory import failures, mapping
from assets.inventory.failures import Reason
from assets.inventory.importer import Comparison, apply_file, compare_file
from assets.models import Asset, AssetKind, Point, Site

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
HEADER = "code,name,kind,longitude,latitude,level,sector,depends_on,supervisor,attributes\n"
ROWS = (
    "C-1,Cabinet,lighting_cabinet,2.235,48.89,0,,,lighting,\n"
    'L-1,Lamp one,lamp,2.2351,48.8901,,,C-1,lighting,"{""height"": 4.5}"\n'
    "L-2,Lamp two,lamp,2.25,48.9,-1,,C-1,lighting,\n"
)

Write = Callable[[str | bytes], Path]


def mapped(**changes: object) -> mapping.Mapping:
    """Our own columns, with other words on top."""
    return mapping.check({**mapping.plain(mapping.NATIVE), **changes})


def bring(site: Site, path: Path, **options: object) -> Comparison:
    return apply_file(site, path, options.pop("mapping", mapping.NATIVE), now=NOW, **options)


def reasons(comparison: Comparison) -> list[tuple[int, Reason]]:
    return [(refusal.row, refusal.reason) for refusal in comparison.diff.refused]


def test_a_file_becomes_assets_with_their_sector_and_dependency(site: Site, write: Write) -> None:
    bring(site, write(HEADER + ROWS))
    lamp, other = Asset.objects.get(code="L-1"), Asset.objects.get(code="L-2")
    assert (lamp.name, lamp.kind.slug, lamp.sector.slug, lamp.depends_on.code) == ("Lamp one", "lamp", "island", "C-1")
    assert (lamp.longitude, lamp.latitude, lamp.level, lamp.attributes) == (2.2351, 48.8901, 0, {"height": 4.5})
    assert (other.sector.slug, other.level, other.supervisor.slug) == ("bank", -1, "lighting")


def test_the_search_index_knows_what_was_imported(site: Site, write: Write) -> None:
    bring(site, write(HEADER + ROWS))
    with connection.cursor() as cursor:
        cursor.execute("SELECT code FROM assets_asset WHERE search @@ to_tsquery('simple', 'tw:*')")
        assert cursor.fetchall() == [("L-2",)]


def test_a_comparison_writes_nothing(site: Site, write: Write) -> None:
    assert len(compare_file(site, write(HEADER + ROWS), mapping.NATIVE).diff.new) == 3
    assert not Asset.objects.exists()


def test_the_same_file_again_changes_nothing_not_even_the_version(site: Site, write: Write) -> None:
    path = write(HEADER + ROWS)
    bring(site, path)
    site.refresh_from_db()
    version = site.inventory_version
    again = bring(site, path)
    assert (again.diff.unchanged, again.diff.empty) == (3, True)
    site.refresh_from_db()
    assert site.inventory_version == version


def test_the_inventory_version_grows_by_one_with_a_change(site: Site, write: Write) -> None:
    bring(site, write(HEADER + ROWS))
    site.refresh_from_db()
    assert site.inventory_version == 2


def test_changes_keep_the_asset_and_say_what_changed(site: Site, write: Write) -> None:
    bring(site, write(HEADER + ROWS))
    before = Asset.objects.get(code="L-2").pk
    changed = ROWS.replace("Lamp two,lamp,2.25", "Lamp deux,lamp,2.2345")
    comparison = bring(site, write(HEADER + changed))
    assert [one.fields for one in comparison.diff.changed] == [("name", "sector", "longitude")]
    lamp = Asset.objects.get(code="L-2")
    assert (lamp.pk, lamp.name, lamp.sector.slug) == (before, "Lamp deux", "island")


def test_what_a_complete_list_lacks_is_retired_and_can_come_back(site: Site, write: Write) -> None:
    lamps = mapped(authority={"gone": "retire", "kinds": ["lamp"]})
    bring(site, write(HEADER + ROWS), mapping=lamps)
    fewer = write(HEADER + ROWS.replace("L-2", "L-3"))
    assert [one.entry.code for one in bring(site, fewer, mapping=lamps).diff.gone] == ["L-2"]
    assert Asset.objects.get(code="L-2").retired_at == NOW
    assert Asset.objects.get(code="C-1").retired_at is None
    assert [one.fields for one in bring(site, write(HEADER + ROWS), mapping=lamps).diff.changed] == [("retired",)]
    assert Asset.objects.get(code="L-2").retired_at is None


def test_what_is_gone_is_kept_unless_the_mapping_says_otherwise(site: Site, write: Write) -> None:
    keep = mapped(authority={"gone": "keep", "kinds": ["lamp"]})
    bring(site, write(HEADER + ROWS))
    comparison = bring(site, write(HEADER + ROWS.replace("L-2", "L-3")), mapping=keep)
    assert len(comparison.diff.gone) == 1
    assert not Asset.objects.filter(retired_at__isnull=False).exists()


BAD = (
    ("X,No kind,,2.24,48.89,0,,,,\n", Reason.NO_KIND),
    ("X,Unknown kind,spaceship,2.24,48.89,0,,,,\n", Reason.UNKNOWN_KIND),
    (",No code,lamp,2.24,48.89,0,,,,\n", Reason.NO_CODE),
    ("#N/A,No code,lamp,2.24,48.89,0,,,,\n", Reason.NO_CODE),
    ("L-1,Twice,lamp,2.24,48.89,0,,,,\n", Reason.REPEATED_CODE),
    ("X,No position,lamp,,48.89,0,,,,\n", Reason.NO_POSITION),
    ("X,Zero,lamp,0,0,0,,,,\n", Reason.ZERO_POSITION),
    ("X,Words,lamp,east,48.89,0,,,,\n", Reason.NOT_A_NUMBER),
    ("X,Infinite,lamp,1e999,48.89,0,,,,\n", Reason.NOT_A_NUMBER),
    ("X,Off,lamp,720,48.89,0,,,,\n", Reason.IMPOSSIBLE_POSITION),
    ("X,Half a storey,lamp,2.24,48.89,1.5,,,,\n", Reason.NOT_A_LEVEL),
    ("X,Sector,lamp,2.24,48.89,0,mars,,,\n", Reason.UNKNOWN_SECTOR),
    ("X,Supervisor,lamp,2.24,48.89,0,,,nobody,\n", Reason.UNKNOWN_SUPERVISOR),
    ("X,Above,lamp,2.24,48.89,0,,nothing,,\n", Reason.UNKNOWN_DEPENDENCY),
    ("X,Itself,lamp,2.24,48.89,0,,X,,\n", Reason.CYCLE),
    (f"{'X' * 81},Long,lamp,2.24,48.89,0,,,,\n", Reason.TOO_LONG),
    (f"X,{'Long' * 50},lamp,2.24,48.89,0,,,,\n", Reason.TOO_LONG),
    ("X\x07,Bell,lamp,2.24,48.89,0,,,,\n", Reason.BAD_CHARACTER),
    ("X,List,lamp,2.24,48.89,0,,,,[1]\n", Reason.BROKEN_JSON),
    (f"X,Bomb,lamp,2.24,48.89,0,,,,{'[' * 50_000}\n", Reason.BROKEN_JSON),
    ('X,Nul,lamp,2.24,48.89,0,,,,"{""a"": ""\\u0000""}"\n', Reason.BAD_CHARACTER),
    (f'X,Heavy,lamp,2.24,48.89,0,,,,"{{""a"": ""{"x" * 30_000}""}}"\n', Reason.TOO_LONG),
    ("X,Short row\n", Reason.CELLS),
)


@pytest.mark.parametrize(("row", "reason"), BAD, ids=[reason.name.lower() for _, reason in BAD])
def test_a_row_that_cannot_be_is_refused_and_then_nothing_is_written(site: Site, write: Write, row: str, reason: Reason) -> None:
    path = write(HEADER + ROWS + row)
    assert reasons(compare_file(site, path, mapping.NATIVE)) == [(5, reason)]
    with pytest.raises(failures.RefusedRows):
        bring(site, path)
    assert not Asset.objects.exists()


def test_the_others_can_be_imported_without_the_refused_rows(site: Site, write: Write) -> None:
    bring(site, write(HEADER + ROWS + "".join(row for row, _ in BAD)), without_refused=True)
    assert set(Asset.objects.values_list("code", flat=True)) == {"C-1", "L-1", "L-2"}


def test_nothing_is_retired_while_a_refused_row_may_be_any_asset(site: Site, write: Write) -> None:
    lamps = mapped(authority={"gone": "retire", "kinds": ["lamp"]})
    bring(site, write(HEADER + ROWS))
    damaged = write(HEADER + ROWS.replace("L-2,", ","))
    with pytest.raises(failures.UnnamedRefusals):
        bring(site, damaged, mapping=lamps, without_refused=True)
    assert not Asset.objects.filter(retired_at__isnull=False).exists()


def test_a_failure_while_writing_leaves_nothing(site: Site, write: Write) -> None:
    class PulledPlug(Exception):
        pass

    def progress(done: int, total: int) -> None:
        if done == total:
            raise PulledPlug

    with pytest.raises(PulledPlug):
        bring(site, write(HEADER + ROWS), progress=progress)
    assert not Asset.objects.exists()
    site.refresh_from_db()
    assert site.inventory_version == 1


def test_progress_ends_with_everything_written(site: Site, write: Write) -> None:
    told: list[tuple[int, int]] = []
    bring(site, write(HEADER + ROWS), progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)


def test_only_the_difference_that_was_confirmed_is_imported(site: Site, write: Write) -> None:
    path = write(HEADER + ROWS)
    shown = compare_file(site, path, mapping.NATIVE).digest
    bring(site, write(HEADER + ROWS.splitlines(keepends=True)[0]))
    with pytest.raises(failures.InventoryMoved):
        bring(site, path, expected=shown)
    bring(site, path, expected=compare_file(site, path, mapping.NATIVE).digest)
    assert Asset.objects.count() == 3


def test_assets_far_from_the_site_are_imported_with_a_warning(site: Site, write: Write) -> None:
    comparison = bring(site, write(HEADER + ROWS + "L-9,Far,lamp,2.9,48.89,0,,,,\n"))
    ((row, code, distance),) = comparison.read.far
    assert (row, code) == (5, "L-9")
    assert distance == pytest.approx(43.9, abs=1)


def test_an_import_without_a_catalogue_says_which_command_makes_one(db: None, write: Write) -> None:
    site = Site.objects.create(slug="bare", name="Bare")
    with pytest.raises(failures.EmptyCatalogue, match="load_kinds"):
        compare_file(site, write(HEADER + ROWS), mapping.NATIVE)


def test_the_assets_of_another_site_are_out_of_reach(site: Site, write: Write) -> None:
    other = Site.objects.create(slug="other", name="Other", longitude=2.24, latitude=48.89)
    bring(site, write(HEADER + ROWS))
    lamp = write(
        "code,name,kind,longitude,latitude,level,sector,depends_on,supervisor,attributes\nL-1,,lamp,2.24,48.89,,,C-1,,\n"
    )
    assert reasons(compare_file(other, lamp, mapping.NATIVE)) == [(2, Reason.UNKNOWN_DEPENDENCY)]


def test_a_column_the_mapping_names_and_the_file_lacks_is_refused(site: Site, write: Write) -> None:
    with pytest.raises(
        failures.MissingColumn, match="takes kind from the column kind, which the file does not have; it has code"
    ):
        compare_file(site, write("code,longitude,latitude\nL,2.24,48.89\n"), mapping.NATIVE)


def test_decimal_points_declared_where_commas_are_is_refused(site: Site, write: Write) -> None:
    path = write('code,kind,x,y\nL,lamp,"2,24","48,89"\n')
    with pytest.raises(failures.WrongDecimal, match=r"numbers are written with “.”, but x holds “2,24”"):
        compare_file(site, path, mapping.check({"decimal": ".", "fields": {"longitude": "x", "latitude": "y"}}))


def test_template_points_come_with_new_assets(site: Site, write: Write) -> None:
    asked = mapped(points={"feed": "lamps", "address": "{code}/{quantity}"})
    bring(site, write(HEADER + ROWS), mapping=asked)
    points = Point.objects.filter(asset__code="L-1").order_by("quantity")
    assert [(point.quantity, point.address, point.feed.slug) for point in points] == [
        ("dim_level", "L-1/dim_level", "lamps"),
        ("lamp_state", "L-1/lamp_state", "lamps"),
        ("power", "L-1/power", "lamps"),
    ]
    assert points[1].codes["2"] == "lampe en défaut"
    bring(site, write(HEADER + ROWS), mapping=asked)
    assert Point.objects.filter(asset__code="L-1").count() == 3
    assert AssetKind.objects.get(slug="lamp").points[0]["interval"] == points[0].interval
