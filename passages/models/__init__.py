"""Tables of this room: gates and their readers, permits, reads, passages and what was decided, and proof of what was erased.

Written each by one module: Purpose by passages.purposes; Gate and Reader by passages.gates; Permit and PermitPlate by
passages.permits; Letter by passages.letters; PlateRead, ClearRead and Passage by passages.taking_in and passages.deciding;
Stay by passages.stays; Erasure by passages.erasure.

A plate stands in clear in five places only: PermitPlate, ClearRead, Passage (plate, candidates) and, for a moment, Letter and
PermitImport. Erasing deletes the rows of ClearRead and empties the passage's; a token stays, which a monthly key makes and nobody
can undo once that key is destroyed.
"""

from passages.models.gate import Gate, Purpose, Reader
from passages.models.passage import ClearRead, Decision, Erasure, Letter, Passage, PlateRead, Stay
from passages.models.permit import Permit, PermitImport, PermitPlate, PermitSource

__all__ = [
    "ClearRead",
    "Decision",
    "Erasure",
    "Gate",
    "Letter",
    "Passage",
    "Permit",
    "PermitImport",
    "PermitPlate",
    "PermitSource",
    "PlateRead",
    "Purpose",
    "Reader",
    "Stay",
]
