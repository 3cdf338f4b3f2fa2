"""Erases plates when they are not needed any more, with proof.

The only writer of Erasure. What is erased is counted, and the ids of the rows are hashed into the proof and into the journal: an
auditor can tell which rows it was about, and the plates are nowhere. The token that is left names nobody once the key of its
month is destroyed.
"""

import datetime as dt
import hashlib

from django.db import transaction
from django.db.models import F, Q, QuerySet

from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line
from passages.models import ClearRead, Decision, Erasure, Passage, Permit, PermitImport, PermitPlate, Purpose, Stay

BATCH = 500
AFTER_PERMIT = dt.timedelta(days=30)
"""After a permit ended, its plates are not needed any more."""
FILE = dt.timedelta(days=1)
"""How long a compared file of permits waits for its confirmation."""

REASONS = {
    "time": ("fin de leur conservation", "their time is over"),
    "person": ("à la demande d’une personne", "at a person’s request"),
    "purpose": ("finalité retirée", "their purpose is withdrawn"),
}


def sweep(site: int, now: dt.datetime) -> None:
    """Erase what is over, drop what is old, a batch of each at a time; the next sweep goes on."""
    for purpose in Purpose.objects.filter(site_id=site):
        over = Passage.objects.filter(purpose=purpose, closed_at__lte=now - dt.timedelta(hours=purpose.clear_hours))
        erase(over, site, "time", now)
        _drop(Passage.objects.filter(purpose=purpose, closed_at__lte=now - dt.timedelta(days=purpose.history_days)), now)
    _erase_permits(site, now)
    PermitImport.objects.filter(site_id=site, started_at__lt=now - FILE).exclude(content=b"").update(content=b"")


def erase(passages: QuerySet[Passage], site: int, why: str, now: dt.datetime, by: Actor = SYSTEM) -> int:
    """Erase the plates of the next batch of these passages; how many that was. One transaction with its proof."""
    with transaction.atomic():
        rows = passages.filter(erased_at=None).select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk")
        ids = [passage.pk for passage in rows[:BATCH]]
        if not ids:
            return 0
        clear = ClearRead.objects.filter(read__passage_id__in=ids)
        reads = sorted(clear.values_list("pk", flat=True))
        pictures = clear.exclude(picture=b"").count()
        clear.delete()
        Passage.objects.filter(pk__in=ids).update(plate="", candidates=[], keys=[], erased_at=now)
        digest = hashlib.sha256(repr((ids, reads)).encode()).hexdigest()
        with live.writing(site) as page:
            fr = f"Plaques effacées : passages {len(ids)}, lectures {len(reads)}, images {pictures} ({REASONS[why][0]})"
            en = f"Plates erased: passages {len(ids)}, reads {len(reads)}, pictures {pictures} ({REASONS[why][1]})"
            details = {"passages": len(ids), "reads": len(reads), "pictures": pictures, "digest": digest, "why": why}
            seq = page.write(Line("plates.erased", now, fr, en, (), by, details))
            Erasure.objects.create(
                site_id=site, at=now, why=why, passages=len(ids), reads=len(reads), pictures=pictures, digest=digest, seq=seq
            )  # fmt: skip
    return len(ids)


def _drop(passages: QuerySet[Passage], now: dt.datetime) -> None:
    """Delete passages whose history is over; a vehicle that is still inside is kept until it leaves."""
    old = passages.exclude(erased_at=None).exclude(Q(entry_of__isnull=False, entry_of__left_at=None))
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    with transaction.atomic():
        Decision.objects.filter(passage_id__in=ids).delete()
        Stay.objects.filter(entry_id__in=ids).delete()
        Passage.objects.filter(pk__in=ids).delete()


def _erase_permits(site: int, now: dt.datetime) -> None:
    """Delete the plates and the contacts of permits that ended long ago."""
    ended = Permit.objects.filter(
        Q(valid_until__lte=now - AFTER_PERMIT) | Q(state=Permit.State.ENDED, changed_at__lte=now - AFTER_PERMIT)
    )
    with transaction.atomic():
        ids = list(ended.filter(site_id=site, plates__isnull=False).distinct().values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        number = PermitPlate.objects.filter(permit_id__in=ids).delete()[0]
        Permit.objects.filter(pk__in=ids).update(contact="", changed_at=F("changed_at"))
        with live.writing(site) as page:
            fr, en = f"Plaques de {len(ids)} autorisations terminées effacées", f"Plates of {len(ids)} ended permits erased"
            page.write(Line("plates.erased", now, fr, en, (), SYSTEM, {"permits": len(ids), "plates": number, "why": "time"}))
