"""Contractors, contracts and work orders for tests."""

import datetime as dt
import struct
import zlib

from assets.models import Asset, Site
from journal.actors import Actor
from response.models import Contract, Contractor, OrderPlan, WorkOrder
from response.orders import contracts, moves, plans
from tests.factories import NOON

BY = Actor("person", "operateur", "Poste 1")
DAY = dt.date(2026, 1, 1)
OFFICE = {"weekly": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "08:00", "to": "18:00"}]}
TERMS = {
    "urgent": {"accept": 15, "arrive": 60, "restore": 240, "at_all_hours": True},
    "normal": {"accept": 60, "arrive": 480, "restore": 960},
}


def make_contractor(site: Site, slug: str = "citelux", **told: object) -> Contractor:
    values = {
        "name": slug.title(),
        "email": f"astreinte@{slug}.example",
        "phone": "01 02 03 04 05",
        "contact": "",
        "retired": False,
    }
    return contracts.keep_contractor(site.pk, slug, **{**values, **told}, by=BY, now=NOON)


def make_contract(contractor: Contractor, reference: str = "ECL-26", **told: object) -> Contract:
    values = {"reference": reference, "terms": TERMS, "starts_on": DAY, **told}
    return contracts.keep_contract(contractor, contracts.Wanted(**values), by=BY, now=NOON)


def make_order(asset: Asset | None, contract: Contract, now: dt.datetime = NOON, **told: object) -> WorkOrder:
    values = {
        "fault": "Éclairage éteint",
        "contractor": contract.contractor,
        "contract": contract,
        "priority": "urgent",
        "asset": asset,
    }
    site = contract.contractor.site_id
    return moves.order(site, moves.Draft(**{**values, **told}), by=BY, now=now)


def make_plan(contract: Contract, now: dt.datetime = NOON, **told: object) -> OrderPlan:
    values = {
        "name": "Curage", "contract": contract, "work": "Curer l’avaloir", "every": 3, "unit": "months",
        "starts_on": dt.date(2026, 3, 31), **told,
    }  # fmt: skip
    return plans.keep(contract.contractor.site, plans.Wanted(**values), by=BY, now=now)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A picture of one dot, with more chunks before its end."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        *chunks,
        (b"IDAT", zlib.compress(b"\0\xff")),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
