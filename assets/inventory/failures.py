"""Everything that makes an inventory file, or one row of it, impossible to import: one name and one sentence each.

Sentences are English with named fields, so that an interface can translate the sentence and fill in the same fields.
"""

import enum
from dataclasses import dataclass, field
from typing import ClassVar


class InventoryFailure(Exception):
    """The whole file is refused and nothing is written. `sentence` is the untranslated text, `fields` what fills it."""

    sentence: ClassVar[str] = "The file cannot be imported."

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.sentence.format(**fields))


class UnreadableFile(InventoryFailure):
    sentence = "{file} cannot be read: {reason}."


class FileTooLarge(InventoryFailure):
    sentence = "{file} holds {size} MB; at most {limit} MB are read."


class TooManyRows(InventoryFailure):
    sentence = "The file holds more than {limit} rows."


class TooManyColumns(InventoryFailure):
    sentence = "The file has more than {limit} columns."


class TooManyCells(InventoryFailure):
    sentence = "The file holds more than {limit} cells, rows times columns."


class NoRowPicked(InventoryFailure):
    sentence = "No row of the file has {values} in the column {column}."


class EmptyFile(InventoryFailure):
    sentence = "The file holds no row."


class BinaryFile(InventoryFailure):
    sentence = "The file is not a text but {found}: export the table as CSV."


class BrokenContainer(InventoryFailure):
    sentence = "The file is {kind}, but cannot be read: {reason}."


class UnpackedTooLarge(InventoryFailure):
    sentence = "Unpacked, the file holds more than {limit} MB, or too many parts."


class ForbiddenXml(InventoryFailure):
    sentence = "The file declares XML entities or a document type, which are not read."


class SeveralLayers(InventoryFailure):
    sentence = "The file holds several layers ({layers}): name one in the mapping (layer = …)."


class UnknownLayer(InventoryFailure):
    sentence = "The file has no layer or sheet {layer}; it has {layers}."


class ContradictoryFormat(InventoryFailure):
    sentence = "The mapping says the format is {declared}, but the file is {found}."


class UnknownEncoding(InventoryFailure):
    sentence = "The encoding of the file is none of {known}; byte {byte} on line {line} fits none. Export it again as UTF-8."


class NotAsMarked(InventoryFailure):
    sentence = "The file begins as {found}, but byte {byte} on line {line} is not {found}. Export it again as UTF-8."


class WrongEncoding(InventoryFailure):
    sentence = "The mapping says the encoding is {declared}, but the file is in {found}: “{right}” would be read as “{wrong}”."


class NotInEncoding(InventoryFailure):
    sentence = "The mapping says the encoding is {declared}, but byte {byte} on line {line} is not; the file reads as {found}."


class UnsupportedEncoding(InventoryFailure):
    sentence = "The encoding {declared} is not one we read: {known}."


class BrokenTable(InventoryFailure):
    sentence = "The table cannot be read past line {line}: {reason}."


class RecordTooLong(InventoryFailure):
    sentence = "The row that begins on line {line} is longer than {limit} characters: are its line ends missing?"


class RepeatedColumn(InventoryFailure):
    sentence = "The column {column} occurs twice in the header."


class MissingColumn(InventoryFailure):
    sentence = "The mapping takes {field} from the column {column}, which the file does not have; it has {columns}."


class BrokenJson(InventoryFailure):
    sentence = "The file is not valid JSON: {reason}."


class NotGeoJson(InventoryFailure):
    sentence = "The file is JSON, but not a GeoJSON feature collection: {reason}."


class BrokenMapping(InventoryFailure):
    sentence = "The mapping cannot be used: {reason}."


class NoPosition(InventoryFailure):
    sentence = "The mapping names no columns for the position: longitude and latitude, or x and y with a projection."


class WrongDecimal(InventoryFailure):
    sentence = "The mapping says numbers are written with “{declared}”, but {column} holds “{example}”."


class UnknownProjection(InventoryFailure):
    sentence = (
        "The positions (such as {x}, {y}) fit no projection we know near the site: name the projection in the mapping"
        " (projection = EPSG number), or correct the centre of the site."
    )


class AmbiguousProjection(InventoryFailure):
    sentence = "The positions fit several projections ({found}): name one in the mapping, or set the centre of the site."


class UndeclaredProjection(InventoryFailure):
    sentence = "{projection} is not the number of a projection we can compute: {reason}."


class WrongProjection(InventoryFailure):
    sentence = (
        "The positions are declared as {declared}, which puts them {distance} from the site; as {found} they would lie"
        " {found_distance} from it."
    )


class PositionsElsewhere(InventoryFailure):
    sentence = "As {declared}, half of the positions lie more than {distance} from the site, and no projection we know is better."


class ContradictoryProjection(InventoryFailure):
    sentence = "The mapping says the projection is EPSG:{declared}, the file itself says {found}."


class UnconfirmedDetection(InventoryFailure):
    sentence = "Not declared but detected: {detected}. Write it in the mapping, or accept what was detected, to import."


class RefusedRows(InventoryFailure):
    sentence = "{count} rows are refused, so nothing was written: correct them, or ask to import the others without them."


class UnconfirmedUnits(InventoryFailure):
    sentence = (
        "{count} points change their unit or what their codes mean ({examples}), while limits, rules and history keep their"
        " numbers: correct the file, or accept the new units."
    )


class UnnamedRefusals(InventoryFailure):
    sentence = (
        "{count} refused rows have no code, so it cannot be told which assets are gone: correct them, or import with"
        ' gone = "keep".'
    )


class InventoryMoved(InventoryFailure):
    sentence = "The inventory of the site changed since the comparison was shown: compare again."


class LeftOutNeeded(InventoryFailure):
    sentence = "{code} depends on {above}, which is left out: leave out {code} too, or take {above}."


class LeftOutCircle(InventoryFailure):
    sentence = "Without the changes that are left out, assets would depend on themselves: {codes}. Leave these out too."


class ConcurrentChange(InventoryFailure):
    sentence = "Somebody else changed the same assets at the same moment, so nothing was written: import again."


class EmptyCatalogue(InventoryFailure):
    sentence = "There is no kind of asset yet: run `manage.py load_kinds` first."


class UnknownScope(InventoryFailure):
    sentence = "The mapping makes the file authoritative for {what} {slug}, which does not exist."


class BrokenCatalogue(InventoryFailure):
    sentence = "The catalogue of kinds cannot be used: {reason}."


class BrokenCity(InventoryFailure):
    sentence = "The folder of the demo city cannot be used: {reason}."


class Reason(enum.StrEnum):
    """Why one row is refused (the value is the sentence, fields in braces)."""

    CELLS = "it has {found} cells, the header has {expected}"
    NO_CODE = "it has no code"
    NO_KIND = "it has no kind"
    UNKNOWN_KIND = "the kind “{kind}” is not in the catalogue"
    UNMAPPED_KIND = "“{value}” is not among the values of the mapping for kind"
    REPEATED_CODE = "the code {code} is already on row {other}"
    CODE_OF_ANOTHER = "the code {code} already belongs to an asset of kind {kind}"
    TOO_LONG = "the field {field} is longer than {limit} characters"
    NOT_TEXT = "the field {field} is not a text or a number"
    BAD_CHARACTER = "the field {field} holds a control character"
    NOT_A_NUMBER = "the field {field} says “{value}”, which is not a number"
    NOT_A_POSITION = "the field {field} says “{value}”, which is neither WKT nor two coordinates"
    NOT_A_LEVEL = "its level “{value}” is not a whole number of storeys"
    NO_POSITION = "it has no position"
    ZERO_POSITION = "its position is (0, 0), which stands for none"
    IMPOSSIBLE_POSITION = "its position ({x}, {y}) is not on Earth"
    BROKEN_GEOMETRY = "its geometry is not valid GeoJSON"
    UNKNOWN_SECTOR = "the sector “{sector}” does not exist"
    UNKNOWN_SUPERVISOR = "the supervisor “{supervisor}” does not exist"
    UNKNOWN_DEPENDENCY = "it depends on {code}, which is neither in the file nor in the inventory"
    REFUSED_DEPENDENCY = "it depends on {code}, which is refused"
    CYCLE = "it depends on itself through {codes}"
    BROKEN_JSON = "the field {field} is not a JSON object"
    UNKNOWN_ASSET = "the asset {code} does not exist"
    NEARLY_ASSET = "the asset {code} does not exist, but {other} does: has a spreadsheet changed the code?"
    NO_QUANTITY = "it has no quantity"
    BAD_QUANTITY = "the quantity “{quantity}” is not a slug (letters, digits, - and _)"
    REPEATED_POINT = "{code} {quantity} is already on row {other}"
    BAD_INTERVAL = "its interval “{value}” is not a whole number of seconds above 0"
    UNKNOWN_FEED = "the feed “{feed}” does not exist"
    REPEATED_ADDRESS = "the address {address} of feed {feed} already belongs to {other}"
    NO_FEED = "it has an address but no feed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that cannot be imported. `row` is the line (CSV) or the feature (GeoJSON) as a person counts it, from 1."""

    row: int
    reason: Reason
    fields: dict[str, object] = field(default_factory=dict)
    code: str = ""

    @property
    def sentence(self) -> str:
        return self.reason.value.format(**self.fields)
