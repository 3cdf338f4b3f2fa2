"""What the journal says of passages: never a plate, and a permit by its reference. A line's details are what rules read of it."""

import datetime as dt
from dataclasses import dataclass, field

from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page
from passages.models import Gate, Passage
from passages.recommendation import Verdict

VERDICTS = {
    Verdict.OPEN: ("ouvrir", "open"),
    Verdict.CHECK: ("à vérifier", "check"),
    Verdict.REFUSE: ("refuser", "refuse"),
}


@dataclass(slots=True)
class Notes:
    """What is to be told of passages at the end of a transaction: the site's counter is locked last, and shortly."""

    now: dt.datetime
    _waiting: list[tuple[Passage, str, str, str, Actor, dict[str, object]]] = field(default_factory=list)

    def add(self, passage: Passage, kind: str, fr: str, en: str, *, by: Actor = SYSTEM, **details: object) -> None:
        self._waiting.append((passage, kind, fr, en, by, details))

    def tell(self, site: int) -> None:
        """Write them, in the order in which they were added; the passages remember their numbers, and are saved afterwards."""
        if self._waiting:
            with live.writing(site) as page:
                for passage, kind, fr, en, by, details in self._waiting:
                    write(page, passage, kind, fr, en, self.now, by=by, **details)
            self._waiting = []


def write(
    page: Page, passage: Passage, kind: str, fr: str, en: str, now: dt.datetime, *, by: Actor = SYSTEM, **details: object
) -> None:
    """One line about a passage; the passage remembers its number."""
    gate = passage.gate
    told = {
        "passage": passage.pk, "gate": gate.slug, "verdict": passage.verdict, "direction": passage.direction,
        **({"vehicle": passage.token} if passage.token else {}), **details,
    }  # fmt: skip
    about = [("passage", passage.pk), ("asset", gate.asset_id)]
    passage.seq = page.write(
        Line(f"passage.{kind}", now, f"{gate.name} : {fr}"[:600], f"{gate.name}: {en}"[:600], about, by, told)
    )


def of_gate(
    gate: Gate, kind: str, fr: str, en: str, now: dt.datetime, by: Actor, details: dict[str, object] | None = None
) -> Line:
    """One line about a gate's settings."""
    about = [("gate", gate.pk), ("asset", gate.asset_id)]
    told = {"gate": gate.slug, **(details or {})}
    return Line(f"gate.{kind}", now, f"{gate.name} : {fr}"[:600], f"{gate.name}: {en}"[:600], about, by, told)
