"""Replay: a real flood through the intake and the log."""

import gzip
from pathlib import Path

import pytest
import redis
from django.core.management import CommandError, call_command

from assets import log
from assets.feeds import health
from assets.feeds.ways import replay
from assets.models import Feed, Point
from assets.readings import Readings
from tests.feeds.city import make_feed

RIVERS = Path(__file__).parent.parent / "data" / "feeds" / "hydrometry" / "rivers.csv"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]


@pytest.fixture
def feed(transactional_db: None) -> Feed:
    feed = make_feed("rivers", "replay")
    Point.objects.filter(feed=feed, address="lamp-1").update(address="O143291001")
    return feed


def in_log(feed: Feed) -> Readings:
    entries = log.shared().read(feed.supervisor.site_id, "0", 1000, 1)
    return Readings.concatenate(entry.opened().readings or Readings.empty() for entry in entries)


def test_a_recording_is_stored_with_its_own_times_oldest_first(feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("replay", RIVERS, feed="rivers")
    taken = in_log(feed)
    assert "399 readings in rivers.csv" in capsys.readouterr().out
    assert len(taken) == 198
    assert (taken.at[1:] >= taken.at[:-1]).all()
    assert taken.at[0] == 1578498300000000
    assert taken.value[0] == 600.0
    assert health.read([feed.id])[0].unknown == 201


def test_a_gzipped_recording_moved_to_now_ends_now(feed: Feed, tmp_path: Path) -> None:
    packed = tmp_path / "rivers.csv.gz"
    packed.write_bytes(gzip.compress(RIVERS.read_bytes()))
    before = health.now_micros()
    call_command(
        "replay",
        packed,
        feed="rivers",
        shift_to_now=True,
        mapping='{"address": "code_station", "value": "H_mm", "at": "date_obs_utc", "scale": 0.001}',
    )
    taken = in_log(feed)
    assert taken.value[0] == 0.6
    assert before - taken.at[-1] < 40 * 86_400_000_000
    assert taken.at[-1] <= health.now_micros()


def test_at_a_speed_time_is_pressed_together_and_never_in_the_future(feed: Feed) -> None:
    recording = replay.read(RIVERS, {})
    span = recording.rows[-1][0] - recording.rows[0][0]
    now = health.now_micros()
    speed = span / 1e6  # the whole in a second
    replay.shift(recording.rows, now, speed)
    assert recording.rows[-1][1].at == pytest.approx(now + 1e6, abs=2)
    call_command("replay", RIVERS, feed="rivers", speed=speed, shift_to_now=True)
    taken = in_log(feed)
    assert len(taken) == 198
    assert (taken.at <= taken.received + 1_000_000).all()


def test_a_full_log_is_waited_for(feed: Feed, settings: object, valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "AT_ONCE", 100)
    settings.LOG_MAX_ENTRIES = 1
    said = []

    def drain(line: str) -> None:
        said.append(line)
        settings.LOG_MAX_ENTRIES = 100

    from assets.feeds import append
    from assets.feeds.directory import read_feeds

    [entry] = [each for each in read_feeds() if each.slug == "rivers"]
    replay.replay(replay.read(RIVERS, {}), entry, append.BlockingAppender(), speed=0, say=drain)
    assert said == ["waiting: the log is full"]
    assert len(in_log(feed)) == 198


def test_what_cannot_be_replayed_is_said(feed: Feed, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("station;level\nA;1\n")
    for arguments, said in (
        ({"feed": "none"}, "There is no feed none"), ({"feed": "rivers"}, "has no column H_mm, code_station, date_obs_utc"),
        ({"feed": "rivers", "mapping": "{"}, "Expecting"), ({"feed": "rivers", "mapping": '{"x": 1}'}, "unknown field"),
        ({"feed": "rivers", "speed": -1}, "0 or more"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=said):
            call_command("replay", other, **arguments)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("replay", tmp_path / "nowhere.csv", feed="rivers")
    (tmp_path / "bad.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("replay", tmp_path / "bad.csv.gz", feed="rivers")


def test_rows_that_cannot_be_read_are_refused_and_the_others_sent(feed: Feed, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        "code_station,date_obs_utc,H_mm\nO143291001,2020-01-08T15:45:00Z,600\nO143291001,yesterday,1\n"
        "O143291001,2020-01-08T15:50:00Z,\n,2020-01-08T15:50:00Z,1\nO143291001\n"
    )
    call_command("replay", file, feed="rivers")
    assert in_log(feed).value.tolist() == [600]
    assert health.read([feed.id])[0].rejected == 4


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_recording_that_a_spreadsheet_saved_is_read(tmp_path: Path, codec: str, packed: bool) -> None:
    text = "sep=;\r\nx;h;t\r\nO1;3,5;2026-01-01T00:00:00Z\r\nO1;4;2026-01-01T00:05:00Z\r\n".encode(codec)
    path = tmp_path / "saved.csv"
    path.write_bytes(gzip.compress(text) if packed else text)
    recording = replay.read(path, {"address": "x", "value": "h", "at": "t", "decimal_comma": True})
    assert [(item.address, item.value) for _, item in recording.rows] == [("O1", 3.5), ("O1", 4.0)]


@pytest.mark.parametrize("content", [b"PK\x03\x04\0\0", b"\x1f\x8bnot gzip", b"\xff\xfex", b"", b"sep=;\n"])
def test_a_file_that_is_no_recording_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "saved.csv"
    path.write_bytes(content)
    with pytest.raises(replay.BadRecording):
        replay.read(path, {"address": "x", "value": "h", "at": "t"})
