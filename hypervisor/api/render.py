"""JSON out, by msgspec: the live frames and the interface write times and numbers alike, and lists of alarms cost little."""

from datetime import UTC, datetime

import msgspec
import numpy as np
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer


def _foreign(value: object) -> object:
    match value:
        case Promise():
            return str(value)
        case str():  # REST framework's error details
            return str.__str__(value)
        case dict():
            return dict(value)
        case list() | tuple():
            return list(value)
        case np.ndarray():
            return value.tolist()
        case np.generic():
            return value.item()
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


class JSON(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    _encode = msgspec.json.Encoder(enc_hook=_foreign).encode

    def render(self, data: object, accepted_media_type: str | None = None, renderer_context: object = None) -> bytes:
        return b"" if data is None else self._encode(data)


def instant(value: datetime | None) -> datetime | None:
    """The same instant in UTC: every time of the interface ends in Z."""
    return value and value.astimezone(UTC)
