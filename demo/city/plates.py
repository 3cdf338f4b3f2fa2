"""The pretend readers' pictures: the front of a vehicle with its plate, drawn with NumPy as small PNG frames, day or night."""

import json
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from demo.city.moment import moment
from demo.city.pictures import png
from demo.city.senders import Item

WIDTH, HEIGHT, DOT = 256, 144, 4
BOUNDARY = "vigie-demo-plate"
DRAWN = "drawn"
"""Member of an item that is not sent: the plate the vehicle really has, to be drawn."""
_DAY = [(132, 140, 146), (86, 90, 94), (226, 228, 226), (24, 26, 30), (30, 72, 158), (188, 208, 222), (232, 226, 190)]
_NIGHT = [(18, 20, 26), (34, 36, 42), (206, 204, 190), (12, 13, 16), (22, 48, 110), (44, 54, 66), (255, 244, 206)]
_BODIES = [(188, 52, 44), (44, 84, 140), (228, 228, 224), (60, 64, 70), (46, 110, 74)]
_ROAD, _SHADE, _WHITE, _BLACK, _BLUE, _GLASS, _LIGHT, _BODY = range(8)
_FONT = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717", "6": "74757", "7": "71122",
    "8": "75757", "9": "75717", "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644",
    "G": "34553", "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25563", "R": "65655", "S": "34216", "T": "72222", "U": "55557", "V": "55552",
    "W": "55775", "X": "55255", "Y": "55222", "Z": "71247", "-": "00700",
}  # fmt: skip
"""Of each character five lines of three dots, as an octal digit."""


def frame(plate: str, number: int, at: float) -> bytes:
    """A PNG of one vehicle; `number` gives it its colour and its place."""
    picture = np.full((HEIGHT, WIDTH), _ROAD, np.uint8)
    left, night = 18 + number * 7 % 14, moment(at).night
    picture[100:HEIGHT, :] = _SHADE
    picture[18:118, left : left + 206] = _BODY
    picture[26:62, left + 18 : left + 188] = _GLASS
    picture[118:132, left + 10 : left + 40] = picture[118:132, left + 166 : left + 196] = _BLACK
    for side in (left + 8, left + 170):
        picture[72:88, side : side + 28] = _LIGHT
    _plate(picture, 92, left + 28, plate)
    return png(picture, [*(_NIGHT if night else _DAY), _BODIES[number % len(_BODIES)]])


def message(items: list[Item]) -> tuple[bytes, str]:
    """The body and the media type of one read: JSON alone, or in a form beside the picture of the vehicle."""
    (item,) = items
    told = {name: value for name, value in item.items() if name != DRAWN}
    document = json.dumps(told, ensure_ascii=False).encode()
    if DRAWN not in item:
        return document, "application/json"
    number, at = int(str(item["arrival"]).lstrip("v")), datetime.fromisoformat(str(item["at"])).timestamp()
    picture = frame(str(item[DRAWN]), number, at)
    parts = (("json", "application/json", document), ("picture", "image/png", picture))
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, kind, content in parts
    )
    return body + f"--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


def _plate(picture: NDArray[np.uint8], top: int, left: int, text: str) -> None:
    width = len(text) * 4 * DOT
    picture[top : top + 26, left - 8 : left + width + 8] = _BLACK
    picture[top + 1 : top + 25, left - 7 : left + width + 7] = _WHITE
    picture[top + 1 : top + 25, left - 7 : left - 3] = _BLUE
    for place, character in enumerate(text):
        for line, dots in enumerate(_FONT.get(character, "00000")):
            for column in range(3):
                if int(dots) >> (2 - column) & 1:
                    y, x = top + 3 + line * DOT, left + place * 4 * DOT + column * DOT
                    picture[y : y + DOT, x : x + DOT] = _BLACK
