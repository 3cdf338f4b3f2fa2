"""Words as people type them: without accents, in the plural, or under another name than the city's. Pure but for the SQL twin.

The embedded PostgreSQL has no extension for accents, so the letters are folded by `translate`, which is immutable and may
stand in a generated column. `folded` does the same in Python: both are held against each other by a test.
"""

import unicodedata

from django.db.models import F, Func, Value
from django.db.models.functions import Lower

ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿœæÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝŸŒÆ’"
PLAIN = 2 * "aaaaaaceeeeiiiinooooouuuuyyoa" + "'"
_TABLE = str.maketrans(ACCENTED, PLAIN)

SYNONYMS = (
    {"escalator", "escalier mecanique", "escalier roulant"},
    {"lampadaire", "candelabre", "lamp", "street lamp", "reverbere"},
    {"ascenseur", "lift", "elevator"},
    {"camera", "video"},
    {"barriere", "barrier"},
    {"poubelle", "corbeille", "bin", "conteneur"},
    {"borne", "charger", "recharge"},
    {"compteur", "meter"},
    {"porte", "door"},
    {"tunnel", "souterrain"},
    {"inondation", "crue", "flood"},
    {"defibrillateur", "dae", "defibrillator"},
)
"""Words for one thing in both languages, folded and in the singular."""


def folded(text: str) -> str:
    """Lower case, without accents: `Mécanique` → `mecanique`."""
    return unicodedata.normalize("NFC", text).translate(_TABLE).lower()


def stem(word: str) -> str:
    """A folded word without its plural: `escaliers` → `escalier`, `niveaux` → `niveau`. Short words and codes stay."""
    return word[:-1] if len(word) > 4 and word[-1] in "sx" and word.isalpha() and word[-2] not in "sx" else word


def others(word: str) -> list[list[str]]:
    """What else a folded word may be called: each a list of words that must all be there."""
    singular = stem(word)
    return [name.split() for names in SYNONYMS if singular in names for name in sorted(names - {singular})]


def in_sql(field: str) -> Func:
    """A text column as `folded` gives it; capitals with accents too, whatever the locale of the database calls lower case."""
    return Lower(Func(F(field), Value(ACCENTED), Value(PLAIN), function="translate"))
