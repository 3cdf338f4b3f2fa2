"""What a person calls the time of a zone: "heure de Paris", where the database of zones says Europe/Paris. Pure."""

import datetime as dt
from zoneinfo import ZoneInfo

_FRENCH = {
    "Brussels": "de Bruxelles", "Geneva": "de Genève", "London": "de Londres", "Athens": "d’Athènes", "Lisbon": "de Lisbonne",
    "Algiers": "d’Alger", "Reunion": "de La Réunion", "Noumea": "de Nouméa",
    "Martinique": "de la Martinique", "Guadeloupe": "de la Guadeloupe", "Miquelon": "de Saint-Pierre-et-Miquelon",
    "Marquesas": "des Marquises", "Gambier": "des Gambier", "Montreal": "de Montréal",
}  # fmt: skip
"""Cities that French calls otherwise, or whose name takes another word than "de"."""


def zone_words(timezone: str, language: str) -> str:
    """The time of `timezone`, an IANA name, in French or English: by its city; by its own name where it has none."""
    area, _, place = timezone.rpartition("/")
    if not area or area == "Etc":
        return f"{place} time" if language == "en" else f"heure {place}"
    city = place.replace("_", " ")
    if language == "en":
        return f"{city} time"
    return f"heure {_FRENCH.get(place) or _of(city)}"


def until_words(until: dt.datetime, timezone: str) -> tuple[str, str]:
    """An end in French, after "jusqu'au", and in English, after "until": "27/11/2026 à 18:00, heure de Paris"."""
    local = until.astimezone(ZoneInfo(timezone))
    return (
        f"{local:%d/%m/%Y à %H:%M}, {zone_words(timezone, 'fr')}",
        f"{local:%Y-%m-%d %H:%M}, {zone_words(timezone, 'en')}",
    )


def _of(city: str) -> str:
    return f"d’{city}" if city[0] in "AEIOUY" else f"de {city}"
