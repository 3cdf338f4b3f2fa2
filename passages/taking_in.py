"""From a letter to passages: decode it, bring each read to its vehicle, say what is recommended, journal it. One transaction.

The gate's row is locked first: reads of one gate are taken in one after the other, whoever does it. Then passages by id, then the
ledger. A letter is deleted in the transaction that took it in, so that a kill in between repeats it and nothing is taken twice.
"""

import datetime as dt
import hashlib
import logging
from dataclasses import dataclass, field, replace

from django.db import transaction

from assets.instants import instant, microseconds
from journal.actors import SYSTEM
from passages import arrivals, deciding, judging, lines, plates
from passages.arrivals import Heard, Near
from passages.letters import ABANDONED
from passages.models import ClearRead, Gate, Letter, Passage, PlateRead, Reader
from passages.reads import MOST_IN_A_MESSAGE, Direction, Malformed, Message, Phase, Read
from passages.recommendation import Verdict
from passages.sources import DECODERS

logger = logging.getLogger(__name__)

KNOWN = dt.timedelta(minutes=5)
"""How long after its last read a passage is still known by its reader's key: a better read may come late."""
STEADY = dt.timedelta(seconds=30)
"""A clock that is wrong by the same as before is wrong; one that suddenly is behind tells of something kept through a cut."""


@dataclass(slots=True)
class _Taking:
    """What one letter brings about."""

    gate: Gate
    reader: Reader
    received: dt.datetime
    now: dt.datetime
    picture: bytes
    touched: dict[int, Passage] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set)


def take_in(letter_id: int, now: dt.datetime) -> list[int]:
    """Ids of the passages it was about; none when somebody else has it, or when nothing of it can be used."""
    with transaction.atomic():
        letter = Letter.objects.select_for_update(skip_locked=True).filter(pk=letter_id).first()
        if letter is None:
            return []
        reader = Reader.objects.get(pk=letter.reader_id)
        gate = Gate.objects.select_for_update(no_key=True, of=("self",)).select_related("site", "purpose", "asset").get(
            pk=reader.gate_id
        )  # fmt: skip
        message, refusal = _read(reader, gate, letter)
        letter.delete()
        reader.heard_at = letter.received_at
        taking = _Taking(gate, reader, letter.received_at, now, message.picture)
        for read in message.reads[:MOST_IN_A_MESSAGE]:
            _bring(taking, read)
        if refusal:
            reader.refused, reader.refusal = reader.refused + 1, refusal[:200]
        reader.save(update_fields=["heard_at", "clock_off", "refused", "refusal"])
        by_themselves = _judge_all(taking) if taking.touched else []
    for passage in by_themselves:  # should this be cut short, the sweep sees that it is to be done
        deciding.decide(passage, Verdict.OPEN, by=SYSTEM, role=None, now=now)
    return sorted(taking.touched)


def fail(letter_id: int) -> None:
    """Note that a letter could not be taken in for a defect of ours; the others go on."""
    for letter in Letter.objects.filter(pk=letter_id):
        letter.attempts += 1
        letter.save(update_fields=["attempts"])
        if letter.attempts == ABANDONED:
            logger.error("letter %s of reader %s is given up; it stays until a day is over", letter.pk, letter.reader_id)


def _read(reader: Reader, gate: Gate, letter: Letter) -> tuple[Message, str]:
    """The message, and why nothing of it is used."""
    if gate.purpose is None or gate.purpose.withdrawn_at is not None:
        return Message(), "no purpose is stated for this gate: its plates are not read"
    try:
        return DECODERS[reader.source](bytes(letter.body), letter.media_type), ""
    except Malformed as error:
        return Message(), str(error)


def _bring(taking: _Taking, read: Read) -> None:
    """One read to its passage."""
    gate, reader = taking.gate, taking.reader
    if gate.zones and read.zone and read.zone not in gate.zones:
        return  # the kerb, the neighbour's drive
    if read.direction is Direction.UNKNOWN:
        read = replace(read, direction=Direction(reader.direction))
    read = _dated(taking, read)
    heard = Heard(read, reader.pk, microseconds(taking.received), plates.normalised(read.raw))
    if not heard.plate and read.phase is Phase.END and not read.arrival:
        return
    if (found := arrivals.of(heard, _near(taking))) is None:
        passage = _begin(taking, heard)
    else:
        passage = taking.touched.get(found) or Passage.objects.select_for_update(no_key=True, of=("self",)).get(pk=found)
        passage.gate = gate
    _store(taking, passage, heard)
    taking.touched[passage.pk] = passage


def _dated(taking: _Taking, read: Read) -> Read:
    """A read of a minute ago or more was kept, whether it says so or not, unless its reader's clock always is so far off."""
    off = judging.off_by(read, microseconds(taking.received))
    if off is None or read.retransmitted:
        return read
    before, taking.reader.clock_off = taking.reader.clock_off, round(off.total_seconds())
    if off > -judging.BELIEVED:
        return read
    steady = before is not None and abs(dt.timedelta(seconds=before) - off) <= STEADY
    return read if steady else replace(read, retransmitted=True)


def _near(taking: _Taking) -> list[Near]:
    rows = Passage.objects.filter(gate=taking.gate, last_at__gt=taking.received - KNOWN, erased_at=None)
    return [
        Near(
            row.pk, frozenset(_key(key) for key in row.keys), row.plate, microseconds(row.last_at), Direction(row.direction)
        )
        for row in rows
        if row.closed_at is None or row.keys
    ]  # fmt: skip


def _key(written: str) -> tuple[int, str]:
    reader, _, arrival = written.partition(":")
    return int(reader), arrival


def _begin(taking: _Taking, heard: Heard) -> Passage:
    """A vehicle that was not there before; of one that was kept through a cut only its history is begun."""
    gate, past = taking.gate, heard.read.retransmitted
    assert gate.purpose is not None  # without one nothing is taken in
    at = taking.received if heard.read.at is None or not past else instant(heard.read.at)
    passage = Passage.objects.create(
        site_id=gate.site_id, gate=gate, purpose=gate.purpose, first_at=taking.received, last_at=taking.received, happened_at=at,
        state=Passage.State.LEFT if past else Passage.State.WAITING, closed_at=taking.received if past else None,
        plate=heard.plate, direction=heard.read.direction,
    )  # fmt: skip
    taking.fresh.add(passage.pk)
    return passage


def _store(taking: _Taking, passage: Passage, heard: Heard) -> None:
    read = heard.read
    told = (heard.reader, read.at, heard.plate, read.confidence, read.phase, read.retransmitted, read.arrival)
    row, fresh = PlateRead.objects.get_or_create(
        passage=passage, digest=hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest(),
        defaults={
            "reader_id": heard.reader, "at": None if read.at is None else instant(read.at), "received_at": taking.received,
            "arrival": read.arrival, "confidence": read.confidence, "direction": read.direction, "phase": read.phase,
            "retransmitted": read.retransmitted, "preview": read.preview, "parked": read.parked, "zone": read.zone,
            "listed": read.listed,
        },
    )  # fmt: skip
    if fresh:
        ClearRead.objects.create(
            read=row, raw=read.raw[:80], plate=heard.plate, country=read.country, chars=list(read.chars)[: plates.LONGEST],
            guesses=list(read.guesses), link=read.picture, picture=taking.picture,
        )  # fmt: skip
    key = f"{heard.reader}:{read.arrival}"[:100]
    if read.arrival and key not in passage.keys:
        passage.keys = [*passage.keys, key]
    if not read.retransmitted or passage.pk in taking.fresh:
        passage.last_at = max(passage.last_at, taking.received)
    passage.vehicle, passage.colour = read.vehicle or passage.vehicle, read.colour or passage.colour


def _judge_all(taking: _Taking) -> list[int]:
    """Judge what was touched; ids of the passages that an automatic gate opens for."""
    notes = lines.Notes(taking.now)
    passages = [taking.touched[pk] for pk in sorted(taking.touched)]
    for passage in passages:
        before = (passage.verdict, passage.token, passage.match)
        warned = _goes_wrong_way(passage)
        judging.judge(passage, taking.now)
        if passage.pk in taking.fresh:
            notes.add(passage, "arrived", *_arrived(passage), read=bool(passage.plate))
        elif before != (passage.verdict, passage.token, passage.match):
            notes.add(passage, "judged", *_judged(passage))
        if _goes_wrong_way(passage) and not warned:
            notes.add(passage, "wrong_way", "véhicule à contresens", "vehicle going the wrong way")
        passage.save()
    notes.tell(taking.gate.site_id)
    for passage in passages:
        passage.save(update_fields=["seq"])
    return [passage.pk for passage in passages if deciding.opens_by_itself(passage)]


def _goes_wrong_way(passage: Passage) -> bool:
    return any(fact["code"] == "wrong_way" for fact in passage.facts)


def _arrived(passage: Passage) -> tuple[str, str]:
    if passage.state == Passage.State.LEFT:
        return "passage reçu après coup", "a passage told after the fact"
    fr, en = lines.VERDICTS[Verdict(passage.verdict)]
    return f"véhicule présent, {fr}", f"vehicle there, {en}"


def _judged(passage: Passage) -> tuple[str, str]:
    fr, en = lines.VERDICTS[Verdict(passage.verdict)]
    return f"lecture revue, {fr}", f"read again, {en}"
