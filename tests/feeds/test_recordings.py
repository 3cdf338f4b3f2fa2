"""Messages as suppliers send them, each with the mapping that reads it and the readings it gives."""

import json
from pathlib import Path

import pytest

from assets.feeds import instants
from assets.feeds.decode import Malformed
from assets.feeds.forms.mapped import compiled
from assets.feeds.intake import Item
from assets.feeds.mapping import BadMapping
from assets.feeds.presets import Preset, presets
from assets.feeds.ways.table import READERS

FORMS = Path(__file__).parent.parent / "data" / "forms"
RECORDINGS = {f"{path.parent.name}/{path.stem}": path for path in sorted(FORMS.glob("*/*.json"))}


def as_written(item: Item) -> list[object]:
    when = [] if item.at is None else [instants.micros(item.at, 0)]
    return [item.address, item.value, *when]


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_gives_the_readings_that_stand_with_it(name: str) -> None:
    told = json.loads(RECORDINGS[name].read_text())
    message = told["message"]
    body = (message if isinstance(message, str) else json.dumps(message)).encode()
    batch = compiled(told["mapping"]).decode(body, told.get("topic")).batch
    expected = [[address, value, *(instants.micros(at, 0) for at in when)] for address, value, *when in told["readings"]]
    assert [as_written(item) for item in batch.items] == expected
    assert [refused.reason for refused in batch.refusals.told] == told.get("refusals", [])


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x><v>&b;</v></x>'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (BOMB, "declares a document type"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "declares a document type"),
        (b"<x>" * 200 + b"</x>" * 200, "levels"),
        (b"<x><y></x>", "no XML"),
        (b"<x>&nbsp;</x>", "no XML"),
        (b"", "no XML"),
        (b'<?xml version="1.0" encoding="none-such"?><x/>', "XML"),
    ],
)
def test_an_xml_body_that_is_a_trap_is_refused_whole(body: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        compiled({"form": "xml", "address": "x.a", "value": "x.v"}).decode(body)


@pytest.mark.parametrize(
    ("more", "member"),
    [
        ({"form": "yaml"}, "form"),
        ({"to": "parsecs"}, "value"),
        ({"unit": "bar", "to": "kW"}, "value"),
        ({"unit": "{u}"}, "to"),
        ({"interval": "middle"}, "interval"),
        ({"value": {"scale": 2}}, "path"),
        ({"value": {"path": "v", "bits": 64}}, "bits"),
        ({"value": {"path": "v", "bits": [6, 4]}}, "bits"),
        ({"also": [{"form": "xml"}]}, "also.0"),
        ({"also": [{"value": "w", "at_format": "never"}]}, "also.0"),
        ({"delimiter": "::"}, "delimiter"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_its_member(more: dict[str, object], member: str) -> None:
    with pytest.raises(BadMapping, match=member):
        compiled({"address": "a", "value": "v", **more})


EXAMPLES = [(preset, number) for preset in presets() for number in range(len(preset.recordings))]


@pytest.mark.parametrize(("preset", "number"), EXAMPLES, ids=lambda one: getattr(one, "slug", str(one)))
def test_a_ready_mapping_reads_its_supplier_s_messages(preset: Preset, number: int) -> None:
    example = preset.recordings[number]
    batch = READERS[preset.protocol](preset.mapping, preset.address, example.body.encode(), example.topic, 0)
    expected = [[address, value, *(instants.micros(at, 0) for at in when)] for address, value, *when in example.readings]
    assert [as_written(item) for item in batch.items] == expected
    assert batch.refusals.count == 0
