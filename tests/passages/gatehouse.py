"""A gate with its barrier, a reader, a stated purpose and permits, for tests of the whole room."""

import datetime as dt
import json
from dataclasses import dataclass

from assets.models import Site
from commands.models import Command
from journal.actors import Actor
from passages import closing, gates, letters, purposes, taking_in
from passages.models import Gate, Passage, Permit, Purpose, Reader
from passages.permits import changes
from passages.permits.table import Described, Plate
from tests.commands.field import Field, make_field

NOW = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)  # a Wednesday, ten o'clock in Paris
SECOND = dt.timedelta(seconds=1)
ADMIN = Actor("person", "admin", "Bureau")
OPERATOR, CHIEF = Actor("person", "operateur", "Poste 1"), Actor("person", "chef", "Poste 2")
STATEMENT = "Vérifier que les véhicules de chantier sont autorisés à l'accès nord et ouvrir la barrière."


@dataclass
class Gatehouse:
    field: Field
    gate: Gate
    reader: Reader
    purpose: Purpose

    @property
    def site(self) -> Site:
        return self.field.site

    def permit(self, *written: str, reference: str = "A-1", **said: object) -> Permit:
        told = {
            "company": "Dupont TP", "gates": (self.gate.slug,), "valid_from": NOW - dt.timedelta(days=30),
            "valid_until": NOW + dt.timedelta(days=30), **said,
        }  # fmt: skip
        plates = tuple(Plate(plate) for plate in sorted(written))
        return changes.write(self.site, Described(reference=reference, plates=plates, **told), by=ADMIN, now=NOW)[0]

    def read(self, plate: str, now: dt.datetime, *, reader: Reader | None = None, **said: object) -> list[Passage]:
        """One message of the reader in Vigie's own shape, taken in; the passages it was about."""
        body = {"plate": plate, "at": now.isoformat(), "confidence": 0.96, **said}
        return self.hear(json.dumps(body).encode(), now, reader=reader)

    def hear(self, body: bytes, now: dt.datetime, *, reader: Reader | None = None) -> list[Passage]:
        letter = letters.keep((reader or self.reader).pk, "application/json", body, now)
        return list(Passage.objects.filter(pk__in=taking_in.take_in(letter, now)).order_by("pk"))

    def arrive(self, plate: str, now: dt.datetime, **said: object) -> Passage:
        """Two reads that agree, half a second apart."""
        self.read(plate, now, **said)
        (passage,) = self.read(plate, now + 0.5 * SECOND, **said)
        return passage

    def pass_time(self, now: dt.datetime) -> None:
        closing.sweep(self.site.pk, now)

    def obey(self, passage: Passage, now: dt.datetime) -> None:
        """The barrier opens, and closes behind the vehicle."""
        command = Command.objects.get(pk=passage.command_id)
        Command.objects.filter(pk=command.pk).update(state="confirmed", ended_at=now, sent_at=now)
        self.field.read(1, now)
        self.pass_time(now)
        self.field.read(0, now + 5 * SECOND)
        self.pass_time(now + 6 * SECOND)


def make_gatehouse(**said: object) -> Gatehouse:
    field = make_field(NOW)
    purpose = purposes.state(
        field.site, use="deliveries", basis="public_task", statement=STATEMENT, assessment="AIPD 2026-04",
        contact="dpo@ville.example", clear_hours=24, history_days=30, not_policing=True, by=ADMIN, now=NOW,
    )  # fmt: skip
    wanted = {
        "slug": "nord",
        "name": "Accès nord",
        "asset": field.gate,
        "area": "dalle",
        "direction": "in",
        "purpose": purpose,
        **said,
    }
    gate = gates.save_gate(field.site, wanted | said, by=ADMIN, now=NOW)
    reader = gates.save_reader(gate, {"slug": "lapi-nord", "name": "LAPI nord", "source": "plain"}, by=ADMIN, now=NOW)
    return Gatehouse(field, gate, reader, purpose)


def again(passage: Passage) -> Passage:
    return Passage.objects.get(pk=passage.pk)


def codes(passage: Passage) -> list[str]:
    return [fact["code"] for fact in again(passage).facts]
