"""Paths of sectors, such as `nord/gare`: a sector holds itself and what is nested in it. Pure."""

from collections.abc import Iterable


def lies_in(path: str | None, sectors: Iterable[str]) -> bool:
    """Whether the sector of this path (None: in no sector) is one of these, or nested in one."""
    return path is not None and any(path == own or path.startswith(f"{own}/") for own in sectors)
