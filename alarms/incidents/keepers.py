"""What keeps an incident open once its alarms are over: rooms above have something to do about it, and say what."""

from collections.abc import Callable, Collection
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from alarms.engine.wording import Bilingual

Keeper = Callable[[Collection[int]], dict[int, Bilingual]]
"""Of the incidents with these ids those that stay open, and what is left to do."""


def keep(incidents: Collection[int]) -> dict[int, Bilingual]:
    """What is left to do, by incident; several rooms may have something to do about one."""
    kept: dict[int, Bilingual] = {}
    for path in settings.INCIDENT_KEEPERS if incidents else ():
        for incident, left in cast("Keeper", import_string(path))(incidents).items():
            known = kept.get(incident)
            kept[incident] = left if known is None else Bilingual(fr=f"{known.fr} ; {left.fr}", en=f"{known.en}; {left.en}")
    return kept
