"""When an item was measured, as its mapping says: a path or a template, a form, a zone, one end of an interval.

Pure. Times without an offset are those of `local_time`.
"""

import re
from datetime import timedelta

from assets.feeds import instants, local_time
from assets.feeds.instants import BadTime
from assets.feeds.mapping import BadMapping, Declared, zone_named
from assets.feeds.numerals import number, to_float
from assets.feeds.paths import ABSENT, Template, Whole, find, steps

COUNTS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
"""µs of one count since 1970."""
FORMATS = ("rfc3339", *COUNTS)
_LASTING = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,6})D)?(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?"
    r"(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)


class Stamp:
    """The time of a mapping, checked."""

    def __init__(self, declared: Declared) -> None:
        """Raises BadMapping."""
        self.written, self.form = declared.at, declared.at_format
        if self.form not in FORMATS and "%" not in self.form:
            raise BadMapping(f"`at_format` is one of {', '.join(FORMATS)}, or a pattern such as %d/%m/%Y %H:%M.")
        if declared.interval not in ("", "start", "end"):
            raise BadMapping("`interval` is start or end.")
        self.zone = zone_named(declared.timezone)
        if "%" in self.form:
            try:
                local_time.check_pattern(self.form)
            except ValueError as error:
                raise BadMapping(f"`at_format` {self.form!r} cannot be used: {error}.") from error
            if self.zone is None and "%z" not in self.form:
                raise BadMapping("A time pattern without %z needs a `timezone`.")
        self._end = declared.interval
        self._template = Template(self.written) if "{" in self.written else None
        self._path = () if self._template else steps(self.written)
        self._plain = self.form == "rfc3339" and not (self._template or self._end or self.zone)

    def of(self, thing: object, whole: Whole) -> float | str | None:
        """The time of an item, None for that of its reception. Raises BadTime, and local_time.Twice."""
        if not self.written:
            return None
        if self._plain and type(at := find(self._path, thing, whole)) is str:
            return at
        if self._template is not None:
            at = self._template.fill(thing, whole, "")
            if not at:
                raise BadTime(self._template.missing(thing, whole, ""))
        else:
            at = find(self._path, thing, whole)
            if at is ABSENT or at is None:
                raise BadTime(f"there is no `{self.written}`")
        return self._of_interval(at) if self._end else self._read(at)

    def _read(self, at: object) -> float | str:
        if (unit := COUNTS.get(self.form)) is not None:
            count = number(at) if isinstance(at, str) else at
            if isinstance(count, bool) or not isinstance(count, int | float):
                raise BadTime("at is not a number")
            return to_float(count) * unit
        if not isinstance(at, str):
            raise BadTime("at is not a text: declare `at_format`")
        if "%" in self.form:
            return float(local_time.from_pattern(at, self.form, self.zone))
        return at if self.zone is None else float(local_time.from_iso(at, self.zone))

    def _of_interval(self, at: object) -> float | str:
        """One end of `start/end`, of `start/PT1H` or `PT1H/end`, or of a list or an object of two."""
        parts = at.split("/") if isinstance(at, str) else list(at.values()) if isinstance(at, dict) else at
        if not isinstance(parts, list) or len(parts) != 2:
            raise BadTime("at is no interval: two times, or a time and a duration, with / between them")
        first, last = parts if self._end == "start" else parts[::-1]
        lasting = _lasting(first)
        if lasting is None:
            return self._read(first)
        moved = lasting / timedelta(microseconds=1) * (-1 if self._end == "start" else 1)
        return float(instants.micros(self._read(last), 0) + moved)


def _lasting(text: object) -> timedelta | None:
    found = _LASTING.fullmatch(text) if isinstance(text, str) and len(text) > 2 else None
    return timedelta(**{name: int(count) for name, count in found.groupdict("0").items()}) if found else None
