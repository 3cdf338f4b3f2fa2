"""The names and units of the attributes inventories commonly carry: what an asset's sheet says instead of a column's heading."""

from django.utils import formats
from django.utils.translation import gettext as _

NAMES = {
    "barrier": ("Barrière", "Barrier", ""),
    "bearing": ("Orientation", "Bearing", "°"),
    "building": ("Bâtiment", "Building", ""),
    "capacity": ("Capacité", "Capacity", ""),
    "capacity_l": ("Capacité", "Capacity", "l"),
    "direction": ("Sens", "Direction", ""),
    "fov": ("Champ de vision", "Field of view", "°"),
    "gate": ("Entrée", "Gate", ""),
    "height_m": ("Hauteur", "Height", "m"),
    "installed": ("Mise en service", "Installed", ""),
    "intercom": ("Interphone", "Intercom", ""),
    "length_m": ("Longueur", "Length", "m"),
    "load_kg": ("Charge utile", "Load", "kg"),
    "model": ("Modèle", "Model", ""),
    "park": ("Parc", "Car park", ""),
    "picture": ("Image", "Picture", ""),
    "power_kva": ("Puissance", "Power", "kVA"),
    "power_kw": ("Puissance", "Power", "kW"),
    "power_w": ("Puissance", "Power", "W"),
    "range_m": ("Portée", "Range", "m"),
    "rise_m": ("Dénivelé", "Rise", "m"),
    "station": ("Station", "Station", ""),
    "stops": ("Niveaux desservis", "Stops", ""),
    "street": ("Voie", "Street", ""),
    "view": ("Vue", "View", ""),
    "waste": ("Déchets", "Waste", ""),
    "zero_m": ("Zéro de l'échelle", "Zero of the scale", "m"),
}
"""Attribute → its name in French and in English, and the unit of its numbers."""


def named(attributes: dict[str, object], *, english: bool) -> list[tuple[str, str]]:
    """Each attribute as a reader names it, with its value; one we do not know keeps its own name."""
    lines = []
    for key, value in attributes.items():
        french_name, english_name, unit = NAMES.get(key, (key.replace("_", " "), key.replace("_", " "), ""))
        text = _plain(value)
        gap = "" if unit == "°" else "\u202f" if not english else " "
        lines.append((english_name if english else french_name, f"{text}{gap}{unit}" if unit and text else text))
    return lines


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        # A year is not a quantity: four digits are not cut into thousands.
        return formats.number_format(value, use_l10n=True, force_grouping=abs(value) >= 10_000)
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return "" if value is None else str(value)
