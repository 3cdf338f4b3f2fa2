"""Helpers of these tests: recordings, and reads made by hand."""

from pathlib import Path

from passages import plates
from passages.arrivals import Heard
from passages.reads import Read
from passages.sources import DECODERS

RECORDINGS = Path(__file__).parent.parent / "data" / "reads"
SECOND = 1_000_000


def recording(name: str) -> bytes:
    return (RECORDINGS / name).read_bytes()


def decoded(source: str, name: str, media_type: str = "application/json"):
    return DECODERS[source](recording(name), media_type)


def heard(plate: str, at: float = 0.0, reader: int = 1, **said) -> Heard:
    """A read of `plate`, `at` seconds after the beginning of the test."""
    moment = 1_700_000_000 * SECOND + round(at * SECOND)
    read = Read(raw=plate, **{"at": moment, "confidence": 0.9, **said})
    return Heard(read, reader, moment, plates.normalised(plate))
