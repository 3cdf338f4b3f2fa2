"""A gate with everything it has, in the city of the interface's tests: one of each thing that has an address."""

import datetime as dt
import json

from django.utils import timezone

from assets.models import Latest
from commands import catalogue
from journal.actors import Actor
from passages import gates, letters, purposes, taking_in
from passages.models import Gate, Passage, PermitImport, Purpose, Reader, Stay
from passages.permits import changes, imports
from passages.permits.table import Described, Plate
from tests.factories import make_asset, make_kind, make_point

ADMIN = Actor("person", "administrator")
PLATE = "AB123CD"


def settle_gate(city) -> tuple[Gate, Reader, Purpose]:
    """A gate in the sector `sud`, which reads plates for deliveries; its barrier is closed."""
    make_kind("barrier", name_fr="Barrière", name_en="Barrier", domain="access")
    barrier = make_asset(city.site, "B-1", "barrier", sector=city.sectors["sud"], supervisor=city.feed.supervisor)
    point = make_point(barrier, city.feed, "barrier_state", unit="", interval=30)
    now = timezone.now()
    Latest.objects.create(point=point, at=now, received_at=now, value=0)
    catalogue.load(catalogue.read())
    purpose = purposes.state(
        city.site, use="deliveries", basis="public_task", statement="Ouvrir aux livraisons autorisées.", assessment="AIPD 1",
        contact="dpo@ville", clear_hours=24, history_days=30, not_policing=True, by=ADMIN, now=now,
    )  # fmt: skip
    wanted = {"slug": "sud", "name": "Accès sud", "asset": barrier, "area": "dalle", "direction": "in", "purpose": purpose}
    gate = gates.save_gate(city.site, wanted, by=ADMIN, now=now)
    said = {"slug": "lapi-sud", "name": "LAPI sud", "source": "plain"}
    return gate, gates.save_reader(gate, said, by=ADMIN, now=now), purpose


def arrive(reader: Reader, plate: str = PLATE) -> int:
    """A vehicle that was read twice alike; its passage."""
    for at in range(2):
        now = timezone.now() + dt.timedelta(seconds=at / 10)
        body = json.dumps({"plate": plate, "at": now.isoformat(), "confidence": 0.97})
        (passage,) = taking_in.take_in(letters.keep(reader.pk, "application/json", body.encode(), now), now)
    return passage


def settle(city) -> dict[str, object]:
    """One of each, by the names that addresses give them."""
    gate, reader, purpose = settle_gate(city)
    now = timezone.now()
    permit, _ = changes.write(
        city.site, Described("A-1", "Dupont", (Plate(PLATE),), ("sud",), None, now + dt.timedelta(days=9)), by=ADMIN, now=now
    )  # fmt: skip
    passage = arrive(reader)
    stay = Stay.objects.create(site=city.site, area="dalle", tokens=[], entry=Passage.objects.get(pk=passage), entered_at=now)
    gates.save_source(city.site, {"slug": "acces", "name": "Accès"}, by=ADMIN, now=now)
    text = b"reference,company,plates,gates,valid_until\nA-2,Martin,AB124CD,sud,2040-01-01\n"
    run: PermitImport = imports.compare_file(city.site, text, "x.csv", by=ADMIN, now=now)
    return {
        "gate": gate.pk, "reader": reader.slug, "purpose": purpose.pk, "permit": permit.pk, "passage": passage, "stay": stay.pk,
        "source": "acces", "permit_import": run.pk,
    }  # fmt: skip
