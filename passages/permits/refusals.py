"""Why one row of a file or of a message of permits cannot be taken: a name, a sentence, and the fields that fill it."""

import enum
from dataclasses import dataclass, field


class Reason(enum.StrEnum):
    """The value is the sentence, fields in braces."""

    CELLS = "it has {found} cells, the header has {expected}"
    EMPTY = "the field {field} is empty"
    TOO_LONG = "the field {field} is longer than {limit} characters"
    NO_PLATE = "“{value}” is no plate, or its country is none we know"
    TOO_MANY_PLATES = "it has more than {limit} plates"
    UNKNOWN_GATE = "the gate “{gate}” does not exist"
    NO_DATE = "“{value}” is no date; write 2026-12-31 or 31/12/2026 18:00"
    ENDS_BEFORE = "it ends before it begins"
    NO_HOURS = "“{value}” are no hours; write lun-ven 7h-18h; sam 08:00-12:00"
    NO_FLAG = "the field {field} says “{value}”, which is neither yes nor no"
    NO_DURATION = "“{value}” is no duration; write 90, 8h or 8h30"
    NO_STATE = "“{value}” is no state; write active, suspended or ended"
    REPEATED_REFERENCE = "the reference {reference} is already on row {other}"
    MALFORMED = "it cannot be used: {reason}"
    OF_ANOTHER = "the reference {reference} belongs to a permit of {source}"


FRENCH = {
    Reason.CELLS: "elle a {found} cellules, l’en-tête en a {expected}",
    Reason.EMPTY: "le champ {field} est vide",
    Reason.TOO_LONG: "le champ {field} dépasse {limit} caractères",
    Reason.NO_PLATE: "« {value} » n’est pas une plaque, ou son pays n’est pas connu",
    Reason.TOO_MANY_PLATES: "elle a plus de {limit} plaques",
    Reason.UNKNOWN_GATE: "l’accès « {gate} » n’existe pas",
    Reason.NO_DATE: "« {value} » n’est pas une date ; écrire 2026-12-31 ou 31/12/2026 18:00",
    Reason.ENDS_BEFORE: "elle finit avant de commencer",
    Reason.NO_HOURS: "« {value} » ne sont pas des horaires ; écrire lun-ven 7h-18h; sam 08:00-12:00",
    Reason.NO_FLAG: "le champ {field} dit « {value} », ni oui ni non",
    Reason.NO_DURATION: "« {value} » n’est pas une durée ; écrire 90, 8h ou 8h30",
    Reason.NO_STATE: "« {value} » n’est pas un état ; écrire active, suspended ou ended",
    Reason.REPEATED_REFERENCE: "la référence {reference} est déjà à la ligne {other}",
    Reason.MALFORMED: "elle est inutilisable : {reason}",
    Reason.OF_ANOTHER: "la référence {reference} est celle d’une autorisation de {source}",
}


COLUMNS = {
    "reference": "référence", "company": "société", "contact": "contact", "plates": "plaques", "gates": "accès",
    "valid_from": "début", "valid_until": "fin", "hours": "horaires", "purpose": "objet", "escort": "accompagnement",
    "longest_stay": "durée max", "state": "état",
}  # fmt: skip
"""Columns as a French file names them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`row` as a person counts it, from 1."""

    row: int
    reason: Reason
    fields: dict[str, object] = field(default_factory=dict)
    reference: str = ""

    @property
    def sentence(self) -> str:
        return self.reason.value.format(**self.fields)

    @property
    def sentence_fr(self) -> str:
        column = COLUMNS.get(str(self.fields.get("field", "")), self.fields.get("field", ""))
        return FRENCH[self.reason].format(**self.fields | {"field": column})
