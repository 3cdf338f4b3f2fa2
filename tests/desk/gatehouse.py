"""A gate in the room of the desk's tests: vehicles are read at it, and its barrier obeys when it is told to."""

import datetime as dt
from types import SimpleNamespace

from django.utils import timezone

from assets.models import Latest
from commands.models import Command
from hypervisor.models import User
from journal.actors import Actor
from passages import closing, deciding
from passages.models import Passage, Permit
from passages.permits import changes
from passages.permits.table import Described, Plate
from passages.recommendation import Verdict
from tests.desk.room import Room, elsewhere
from tests.passages.settled import ADMIN, PLATE, arrive, settle_gate


class Gatehouse:
    def __init__(self, room: Room) -> None:
        self.room = room
        city = SimpleNamespace(site=room.site, sectors={"sud": room.sector}, feed=room.feed)
        self.gate, self.reader, self.purpose = elsewhere(lambda: settle_gate(city))

    def permit(self, *plates: str, reference: str = "A-1", **said: object) -> Permit:
        until = timezone.now() + dt.timedelta(days=9)
        told = {"company": "Dupont TP", "gates": ("sud",), "valid_from": None, "valid_until": until, **said}
        described = Described(reference=reference, plates=tuple(Plate(each) for each in plates or (PLATE,)), **told)
        return elsewhere(lambda: changes.write(self.room.site, described, by=ADMIN, now=timezone.now())[0])

    def arrive(self, plate: str = PLATE) -> Passage:
        """Two reads that agree, taken in by another process than the desk's."""
        return elsewhere(lambda: Passage.objects.get(pk=arrive(self.reader, plate)))

    def decide(self, passage: Passage, verdict: str, by: str, reason: str = "") -> None:
        """Somebody else decides, at their own desk."""
        user = User.objects.get(username=by)
        actor, role = Actor.of(user, "Poste 2"), user.grants.get().role
        elsewhere(
            lambda: deciding.decide(
                passage.pk, Verdict(verdict), by=actor, role=role, now=timezone.now(), reason=reason
            )
        )  # fmt: skip

    def obey(self, passage: Passage) -> None:
        """The barrier is up: its own reading says so."""
        elsewhere(lambda: self._end(passage, "confirmed", 1))

    def disobey(self, passage: Passage) -> None:
        """The time is over, and no reading has confirmed the opening."""
        elsewhere(lambda: self._end(passage, "timed_out", 0))

    def _end(self, passage: Passage, state: str, reads: int) -> None:
        now = timezone.now()
        command = Passage.objects.get(pk=passage.pk).command_id
        Command.objects.filter(pk=command).update(state=state, ended_at=now, sent_at=now)
        Latest.objects.filter(point__asset=self.gate.asset).update(at=now, received_at=now, value=reads)
        closing.sweep(self.room.site.pk, now)
