"""Weather, air and noise as an NGSI-LD context broker tells its subscribers: normalized entities in a notification."""

from demo.city.pulls import iso
from demo.city.senders import Item
from demo.city.world import World


def entities(world: World, rows: list[int], values: list[float], instants: list[float]) -> list[Item]:
    """One entity per asset with the attributes that are new."""
    found: dict[str, Item] = {}
    for row, value, at in zip(rows, values, instants, strict=True):
        identity, _, attribute = world.address[row].rpartition("/")
        asset = world.assets[world.code[row]]
        entity = found.setdefault(
            identity,
            {
                "id": identity,
                "type": identity.split(":")[2],
                "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [asset.longitude, asset.latitude]}},
            },
        )
        entity[attribute] = {"type": "Property", "value": value, "observedAt": iso(at)}
    return list(found.values())


def notification(items: list[Item]) -> Item:
    """The body of a notification; `notifiedAt` is that of the newest attribute."""
    attributes = [part for entity in items for part in entity.values() if isinstance(part, dict)]
    told = [str(part["observedAt"]) for part in attributes if "observedAt" in part]
    return {
        "id": f"urn:ngsi-ld:Notification:{max(told)}-{len(items)}",
        "type": "Notification",
        "subscriptionId": "urn:ngsi-ld:Subscription:vigie-environment",
        "notifiedAt": max(told),
        "data": items,
    }
