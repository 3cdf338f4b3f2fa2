"""Decoders of plate readers' messages: one pure function `decode(body, media_type) -> Message` in one module per source.

Each raises Malformed for what its source does not document. A decoder never asks a clock and never trusts a local time.
"""

from collections.abc import Callable, Mapping

from passages.reads import Message
from passages.sources import axis, frigate, hikvision, onvif, openalpr, plain, plate_recognizer, verkada

Decoder = Callable[[bytes, str], Message]

DECODERS: Mapping[str, Decoder] = {
    "axis": axis.decode,
    "frigate": frigate.decode,
    "hikvision": hikvision.decode,
    "onvif": onvif.decode,
    "openalpr": openalpr.decode,
    "plain": plain.decode,
    "plate-recognizer": plate_recognizer.decode,
    "verkada": verkada.decode,
}
