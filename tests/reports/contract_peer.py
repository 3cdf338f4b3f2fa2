"""A month of a contract counted by somebody else: minute by minute on a wall clock, from the CSV files and the printed terms.

Nothing of the product is imported. It is slow and plain on purpose: instants of its histories are whole minutes.
"""

import csv
import datetime as dt
import io
import math
from fractions import Fraction
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTE = dt.timedelta(minutes=1)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


class Peer:
    def __init__(self, contract: dict, exclusions: list[dict], zone: str, holidays: set[dt.date]) -> None:
        self.hours, self.terms, self.exclusions = contract["hours"], contract["terms"], exclusions
        self.zone, self.holidays = ZoneInfo(zone), holidays

    def open(self, at: dt.datetime) -> bool:
        local = at.astimezone(self.zone)
        if local.date() in self.holidays:
            return False
        weekly = self.hours.get("weekly")
        if not weekly:
            return True
        return any(
            DAYS[local.weekday()] in each["days"] and each["from"] <= f"{local:%H:%M}" < each["to"] for each in weekly
        )  # fmt: skip

    def excluded(self, at: dt.datetime, asset: str, order: str = "") -> bool:
        return any(
            instant(each["begins_at"]) <= at < instant(each["ends_at"])
            and each["asset"] in (None, asset)
            and (each["order"] is None or str(each["order"]) == order)
            for each in self.exclusions
            if each["withdrawn_at"] is None
        )

    def minutes(self, begin: dt.datetime, end: dt.datetime, always: bool, asset: str = "", order: str = "") -> int:
        """How many minutes that count lie in [begin, end)."""
        count, at = 0, begin
        while at < end:
            count += (always or self.open(at)) and not self.excluded(at, asset, order)
            at += MINUTE
        return count

    def orders(
        self, table: list[dict[str, str]], measure: str, priority: str | None, now: dt.datetime
    ) -> list[tuple[str, str, int]]:
        """(number, outcome, minutes late) of each order that is judged."""
        found = []
        for row in table:
            terms = self.terms.get(row["priority"]) or {}
            promised = terms.get(measure)
            if promised is None or (priority and row["priority"] != priority):
                continue
            done = row["on_site_at"] or row["restored_at"] if measure == "arrive" else row["restored_at"]
            gone = row["state"] in ("refused", "cancelled")
            end = instant(done) if done else instant(row["closed_at"]) if gone else now
            always = terms.get("at_all_hours", False)
            late = self.minutes(instant(row["ordered_at"]), end, always, row["asset"], row["number"]) - promised
            if not done and row["state"] == "cancelled" and late <= 0:
                continue
            outcome = "late" if late > 0 else "kept" if done else "missed" if gone else "waiting"
            found.append((row["number"], outcome, max(late, 0)))
        return found

    def down(self, table: list[dict[str, str]], rules: set[str], begin: dt.datetime, end: dt.datetime) -> dict[str, set[int]]:
        """The minutes of the month, from 0, at which each asset was down, counted or not."""
        found: dict[str, set[int]] = {}
        for row in table:
            if row["rule"] in rules:
                since = max(instant(row["began_at"]), begin)
                until = min(instant(row["returned_at"]) if row["returned_at"] else end, end)
                marks = range(int((since - begin) / MINUTE), int((until - begin) / MINUTE))
                found.setdefault(row["asset"], set()).update(marks)
        return {asset: marks for asset, marks in found.items() if marks}

    def availability(self, assets: list[str], down: dict[str, set[int]], begin: dt.datetime, end: dt.datetime) -> Fraction:
        up = whole = 0
        for number in range(int((end - begin) / MINUTE)):
            at = begin + number * MINUTE
            if not self.open(at):
                continue
            for asset in assets:
                if not self.excluded(at, asset):
                    whole += 1
                    up += number not in down.get(asset, ())
        return Fraction(up, whole)

    def failed(self, assets: list[str], down: dict[str, set[int]], begin: dt.datetime, after: int) -> int:
        return sum(
            sum(
                self.open(at) and not self.excluded(at, asset)
                for number in down.get(asset, ())
                if (at := begin + number * MINUTE)
            )
            >= after
            for asset in assets
        )


def owed(told: dict, late: list[int], missed: int, share: Fraction) -> int:
    """Cents by the printed formula; nothing while the target is met."""
    target = Fraction(str(told["target"])) / 100
    short = share - target if told["measure"] == "failures" else target - share
    if short <= 0:
        return 0
    step = {"hour": 60, "day": 1440}.get(told["per"])
    if told["per"] == "point":
        units = math.ceil(short * 100)
    elif step:
        units = sum(max(1, math.ceil(each / step)) for each in late)
    else:
        units = missed if told["measure"] in ("arrive", "restore") else 1
    cents = units * told["cents"]
    return cents if told["most"] is None else min(cents, told["most"])
