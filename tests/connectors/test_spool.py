"""What waits to be delivered outlives the process, keeps its order, and gives way where its folder is full, which is told."""

from contextlib import closing

import pytest

from connectors.spool import InUse, Spool


def items(*values: float) -> list[dict[str, object]]:
    return [{"address": "a", "at": f"2026-11-22T08:00:{value:02.0f}Z", "value": value} for value in values]


def kept(spool: Spool) -> list[str]:
    found = []
    while (message := spool.oldest()) is not None:
        found.append(message.body().decode())
        spool.drop(message)
    return found


def test_what_was_put_is_there_in_order_after_the_process_was_killed(tmp_path):
    spool = Spool(tmp_path, 1e6)
    for value in range(3):
        assert spool.put("readings", items(value)) is None
    spool.put("events", [{"kind": "device_gone", "address": "x", "at": "2026-11-22T08:00:03Z"}])
    (tmp_path / "half.part").write_text('{"readings": [')
    spool.close()
    again = Spool(tmp_path, 1e6)
    with closing(again):
        found = kept(again)
    assert [message.count('"value": ') for message in found] == [1, 1, 1, 0]
    assert not list(tmp_path.glob("*.part"))


def test_a_folder_is_worked_with_by_one_process(tmp_path):
    spool = Spool(tmp_path, 1e6)
    with pytest.raises(InUse):
        Spool(tmp_path, 1e6)
    spool.close()


def test_the_oldest_give_way_and_it_is_told_which(tmp_path):
    with closing(Spool(tmp_path, 200)) as spool:
        lost = [spool.put("readings", items(value)) for value in range(4)]
        assert next(told for told in lost if told is not None).since == "2026-11-22T08:00:00Z"
        assert sum(told.count for told in lost if told is not None) + len(spool) == 4
        assert '"value": 3' in kept(spool)[-1]


def test_a_large_message_is_cut_and_each_part_has_a_key_of_its_own(tmp_path):
    keys = set()
    with closing(Spool(tmp_path, 1e7)) as spool:
        spool.put("readings", items(*[1.0] * 2_500))
        while (message := spool.oldest()) is not None:
            keys.add(message.key)
            assert message.noun == "readings"
            spool.drop(message)
    assert len(keys) == 3
