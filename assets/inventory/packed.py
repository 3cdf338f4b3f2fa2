"""Opens zipped files of strangers within bounds: what they unpack to is counted first, and XML that declares entities is refused.

Pure.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from assets.inventory.failures import BrokenContainer, ForbiddenXml, UnpackedTooLarge

MAX_UNPACKED = 512 << 20
MAX_PARTS = 2_000
"""Bytes that the parts of one archive may unpack to, and how many there may be; no part unpacks to more than it declares."""


@contextmanager
def opened(data: bytes, kind: str) -> Iterator[zipfile.ZipFile]:
    """An archive whose parts are within bounds. Raises BrokenContainer, UnpackedTooLarge, ForbiddenXml."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise UnpackedTooLarge(limit=MAX_UNPACKED >> 20)
            yield archive
    except DefusedXmlException as error:
        raise ForbiddenXml() from error
    except (zipfile.BadZipFile, zlib.error, ParseError, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BrokenContainer(kind=kind, reason=str(error)[:200]) from error


def names(data: bytes) -> list[str]:
    """The parts of an archive; none of what is no archive."""
    if not data.startswith(b"PK\x03\x04"):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError):
        return []


def elements(stream: IO[bytes], *names: str) -> Iterator[tuple[str, Element]]:
    """(local name, element) of these elements as they end, without a document type; each is emptied once it was used."""
    for _, element in iterparse(stream, events=("end",), forbid_dtd=True):
        name = local(element.tag)
        if name in names:
            yield name, element
            element.clear()


def local(tag: Any) -> str:
    """The name of an element without its namespace."""
    return str(tag).rpartition("}")[2]
