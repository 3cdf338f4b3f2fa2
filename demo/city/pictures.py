"""The pretend cameras' pictures: a street drawn with NumPy when somebody looks, sent as PNG frames, day or night."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from demo.chance import stream
from demo.city.moment import PARIS, moment

WIDTH, HEIGHT = 384, 216
FRAMES_PER_SECOND = 4
BOUNDARY = "vigie-frame"

_DAY = [
    (168, 190, 208),
    (96, 100, 104),
    (70, 74, 78),
    (120, 122, 118),
    (200, 200, 196),
    (56, 84, 60),
    (150, 60, 52),
    (52, 78, 120),
    (236, 236, 228),
    (30, 32, 36),
]
_NIGHT = [
    (16, 20, 30),
    (40, 43, 50),
    (28, 30, 36),
    (52, 54, 58),
    (120, 118, 100),
    (20, 34, 26),
    (150, 52, 44),
    (210, 206, 170),
    (255, 236, 176),
    (8, 9, 12),
]
_SKY, _ROAD, _WALL, _PAVEMENT, _LINE, _TREE, _CAR, _OTHER, _GLOW, _DARK = range(10)
_FONT = {
    "0": "755557", "1": "262227", "2": "717447", "3": "717117", "4": "557111", "5": "747117", "6": "747557", "7": "711222",
    "8": "757557", "9": "757117", "-": "000700", ":": "020020", " ": "000000", "C": "744447", "A": "757555", "M": "577555",
    "L": "444447", "P": "757444", "I": "722227", "/": "112244",
}  # fmt: skip


class Camera:
    """One pretend camera: its scene is drawn once from its code, what moves is drawn per frame."""

    def __init__(self, code: str, seed: int) -> None:
        self.code = code
        self._chance = stream(seed, f"picture {code}")
        self._scene, self._vanish, self._glows = self._draw()
        self._movers = self._chance.random((9, 4))

    def frame(self, at: float, *, online: bool = True) -> bytes:
        """A PNG of WIDTH × HEIGHT; grey and empty when the camera has lost its picture."""
        night = moment(at).night
        picture = self._scene.copy() if online else np.full_like(self._scene, _WALL)
        if online:
            self._move(picture, at, night)
            if night:
                for y, x in self._glows:
                    _disc(picture, y, x, 4, _GLOW)
        local = datetime.fromtimestamp(at, UTC).astimezone(PARIS)
        _write(picture, 6, 6, f"{self.code}  {local:%d/%m/%Y %H:%M:%S}")
        return png(picture, _NIGHT if night else _DAY)

    def _draw(self) -> tuple[NDArray[np.uint8], tuple[int, int], list[tuple[int, int]]]:
        chance = self._chance
        horizon = int(chance.integers(70, 105))
        vanish = int(chance.integers(WIDTH // 3, 2 * WIDTH // 3))
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        picture = np.where(y < horizon, _SKY, _PAVEMENT).astype(np.uint8)
        left = 0
        while left < WIDTH:
            width, height = int(chance.integers(24, 70)), int(chance.integers(18, horizon - 6))
            picture[horizon - height : horizon, left : left + width] = _WALL
            windows = picture[horizon - height + 4 : horizon - 3 : 7, left + 4 : left + width - 3 : 8]
            windows[chance.random(windows.shape) < 0.5] = _LINE
            left += width + int(chance.integers(0, 14))
        depth = np.clip((y - horizon) / (HEIGHT - horizon), 0, 1)
        half = 8 + depth * chance.uniform(110, 190)
        road = (y >= horizon) & (np.abs(x - vanish) < half)
        picture[road] = _ROAD
        dash = road & (np.abs(x - vanish) < 1 + depth * 3) & (np.floor(14 / (depth + 0.15)) % 2 == 0)
        picture[dash] = _LINE
        glows = []
        for side in (-1, 1):
            for near in (0.25, 0.5, 0.8):
                base = int(horizon + near * (HEIGHT - horizon))
                pole = int(vanish + side * (8 + near * 190) * 1.08)
                top = int(base - 26 - near * 74)
                if 2 <= pole < WIDTH - 2:
                    picture[max(0, top) : base, pole : pole + 2] = _DARK
                    glows.append((max(4, top), pole))
                    _disc(picture, base - 8, pole + side * 18, int(6 + near * 12), _TREE)
        return picture, (horizon, vanish), glows

    def _move(self, picture: NDArray[np.uint8], at: float, night: bool) -> None:
        horizon, vanish = self._vanish
        places = (self._movers[:, 0] + at * (0.035 + 0.05 * self._movers[:, 1])) % 1.0
        nearness = np.where(self._movers[:, 2] > 0.5, places, 1 - places)
        for index in np.argsort(nearness).tolist():  # the near ones hide the far ones
            lane, size = self._movers[index, 2:]
            near = nearness[index]
            walker = index % 3 == 2
            y = horizon + int((near**1.6 * 0.95 + 0.03) * (HEIGHT - horizon))
            side = (0.55 if lane > 0.5 else -0.55) * (1.9 if walker else 0.7)
            x = vanish + int(side * (8 + near * 130))
            w, h = (int(2 + near * 6), int(4 + near * 20)) if walker else (int(5 + near * (34 + 16 * size)), int(4 + near * 24))
            area = picture[max(0, y - h) : y, max(0, x - w // 2) : max(0, x + w // 2)]
            area[...] = _DARK if walker else (_CAR, _OTHER)[index % 2]
            if not walker and area.size > 60:
                area[h // 6 : h // 2, 2:-2] = _DARK
                area[-3:-1, :3] = _GLOW if night else _LINE
                area[-3:-1, -3:] = _GLOW if night else _LINE


def png(picture: NDArray[np.uint8], palette: list[tuple[int, int, int]]) -> bytes:
    """An indexed PNG of an array of palette numbers."""
    height, width = picture.shape
    raw = np.zeros((height, width + 1), np.uint8)
    raw[:, 1:] = picture

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = b"".join(bytes(colour) for colour in palette)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"PLTE", colours)
        + chunk(b"IDAT", zlib.compress(raw, 1))
        + chunk(b"IEND", b"")
    )


async def motion(camera: Camera, clock: Callable[[], float], online: Callable[[], bool]) -> AsyncIterator[bytes]:
    """multipart/x-mixed-replace parts until the viewer leaves."""
    while True:
        frame = camera.frame(clock(), online=online())
        yield f"--{BOUNDARY}\r\nContent-Type: image/png\r\nContent-Length: {len(frame)}\r\n\r\n".encode() + frame + b"\r\n"
        await asyncio.sleep(1 / FRAMES_PER_SECOND)


def _disc(picture: NDArray[np.uint8], y: int, x: int, radius: int, colour: int) -> None:
    top, left = max(0, y - radius), max(0, x - radius)
    area = picture[top : max(0, y + radius + 1), left : max(0, x + radius + 1)]
    ys, xs = np.mgrid[top : top + area.shape[0], left : left + area.shape[1]]
    area[(ys - y) ** 2 + (xs - x) ** 2 <= radius**2] = colour


def _write(picture: NDArray[np.uint8], y: int, x: int, text: str) -> None:
    picture[y - 3 : y + 15, x - 3 : x + 8 * len(text) + 2] = _DARK
    for place, letter in enumerate(text):
        for line, bits in enumerate(_FONT.get(letter, "000000")):
            for column in range(3):
                if int(bits) >> (2 - column) & 1:
                    top, left = y + line * 2, x + place * 8 + column * 2
                    picture[top : top + 2, left : left + 2] = _LINE
