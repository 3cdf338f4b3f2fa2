"""`manage.py import_assets` as its user meets it, and the record it leaves."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from assets.inventory import mapping, runs
from assets.models import Asset, ImportRun, Point, Site

Write = Callable[[str | bytes], Path]
ASSETS = "code,name,kind,longitude,latitude,level,sector,depends_on,supervisor,attributes\nL-1,Lamp,lamp,2.24,48.89,0,,,,\n"
POINTS = "asset_code,quantity,unit,interval,feed,address,codes,limits\nL-1,power,W,60,,,,\n"


def run(*arguments: object) -> str:
    said = StringIO()
    call_command("import_assets", "--site", "quay", *map(str, arguments), stdout=said)
    return said.getvalue()


def test_without_apply_it_compares_and_says_so(site: Site, write: Write) -> None:
    said = run(write(ASSETS))
    assert "new      row 2: L-1  Lamp (lamp, sector island)" in said
    assert "Assets: 1 new, 0 changed, 0 unchanged, 0 gone, 0 refused" in said
    assert "Nothing was written" in said
    assert not Asset.objects.exists()
    assert ImportRun.objects.get().state == ImportRun.State.COMPARED


def test_apply_imports_assets_and_then_their_points(site: Site, write: Write) -> None:
    run(write(ASSETS), "--points", write(POINTS), "--apply")
    assert Point.objects.get().asset.code == "L-1"
    record = ImportRun.objects.get()
    assert (record.state, record.new, record.done) == (ImportRun.State.DONE, 1, 1)
    assert record.finished_at >= record.started_at


def test_json_is_one_object_with_counts_samples_and_reasons(site: Site, write: Write) -> None:
    report = json.loads(run(write(ASSETS + "L-2,Lamp,spaceship,2.24,48.89,0,,,,\n"), "--json"))
    assert report["applied"] is False
    assert (report["assets"]["new"][0]["code"], report["assets"]["reasons"]) == ("L-1", {"UNKNOWN_KIND": 1})
    assert report["assets"]["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "gone": 0, "refused": 1}
    assert report["assets"]["refused"][0] == {
        "row": 3, "code": "L-2", "sentence": "the kind “spaceship” is not in the catalogue", "reason": "UNKNOWN_KIND",
        "fields": {"kind": "spaceship"},
    }  # fmt: skip


def test_a_refused_import_is_an_error_with_a_record(site: Site, write: Write) -> None:
    with pytest.raises(CommandError, match="1 rows are refused, so nothing was written"):
        run(write(ASSETS + "L-2,Lamp,spaceship,2.24,48.89,0,,,,\n"), "--apply")
    record = ImportRun.objects.get()
    assert (record.state, record.details["failure"]) == (ImportRun.State.REFUSED, "RefusedRows")
    assert not Asset.objects.exists()


def test_a_change_of_unit_is_shown_and_written_only_when_accepted(site: Site, write: Write) -> None:
    run(write(ASSETS), "--points", write(POINTS), "--apply")
    other = write(POINTS.replace(",W,", ",kW,"))
    said = run("--points", other)
    assert "unit 'W' → 'kW'" in said
    assert "confirm it: --accept-units" in said
    with pytest.raises(CommandError, match="W → kW"):
        run("--points", other, "--apply")
    assert Point.objects.get().unit == "W"
    run("--points", other, "--apply", "--accept-units")
    assert Point.objects.get().unit == "kW"


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("fields = 3", "Expected `object`"),
        ("[fields", "is not TOML"),
        ('[fields]\nlongitud = "x"', "unknown field `longitud`"),
        ('projection = "Lambert"\n[fields]', "Expected `int`"),
        ('encoding = "klingon"\n[fields]', "klingon is not one we read"),
        ('[fields]\nlongitude = "x"', "longitude goes with latitude"),
        ('[fields]\nx = "x"\ny = "y"\nlongitude = "a"\nlatitude = "b"', "either longitude and latitude or x and y"),
        ('[fields]\nkind = {constant = "lamp", column = "k"}', "kind comes from exactly one of"),
        ('[fields]\ncode = {constant = "same"}', "cannot have the same code"),
        ('[fields]\nname = {position = "P"}', "name cannot come from the position"),
        ('[fields]\n[authority]\ngone = "retire"', "must say of which kinds"),
        ('[fields]\n[points]\nfeed = "lamps"', "both a feed and an address"),
        (
            '[fields]\nlongitude="longitude"\nlatitude="latitude"\n[authority]\nkinds = ["spaceship"]',
            "spaceship, which does not exist",
        ),
    ],
)
def test_a_broken_mapping_is_refused_with_the_place(site: Site, write: Write, toml: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(write(ASSETS), "--mapping", write(toml))


def test_a_site_or_a_file_that_does_not_exist_is_named(site: Site, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.csv cannot be read: No such file"):
        run(tmp_path / "nothing.csv")
    with pytest.raises(CommandError, match="There is no site nowhere"):
        call_command("import_assets", "--site", "nowhere", str(tmp_path))


@pytest.mark.django_db(transaction=True)
def test_progress_is_visible_to_others_before_the_import_commits(site: Site, write: Write) -> None:
    rows = "".join(f"L-{number},Lamp,lamp,2.24,48.89,0,,,,\n" for number in range(2, 6000))
    order = runs.Order(site, write(ASSETS + rows), mapping.NATIVE)
    seen: list[int] = []
    outside = runs._Shared(ImportRun())  # another session: what somebody else sees
    with outside:

        def look(done: int, total: int) -> None:
            (row,) = outside.session.execute("SELECT done FROM assets_importrun").fetchall()
            (assets,) = outside.session.execute("SELECT count(*) FROM assets_asset").fetchall()
            assert assets == (0,)
            seen.append(row[0])

        record = runs.apply(order, clock=timezone.now, progress=look)
    assert seen == [0, 2500, 5000, 5999]
    assert record.state == ImportRun.State.DONE
