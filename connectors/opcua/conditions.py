"""Alarms and conditions of an OPC UA server: each change as the server tells it, and after a gap what has become of them."""

import datetime as dt
import logging

from asyncua import Client, ua
from asyncua.common.events import Event

from connectors.delivery import Delivery

logger = logging.getLogger(__name__)

CONDITION_TYPE = ua.NodeId.from_string(f"i={ua.ObjectIds.ConditionType}")
ALARM_TYPE = ua.NodeId.from_string(f"i={ua.ObjectIds.AlarmConditionType}")
REFRESH = ua.NodeId.from_string(f"i={ua.ObjectIds.ConditionType_ConditionRefresh}")
_FIELDS = {
    "severity": "Severity", "message": "Message", "enabled": "EnabledState/Id", "active": "ActiveState/Id",
    "acknowledged": "AckedState/Id", "confirmed": "ConfirmedState/Id",
}  # fmt: skip
LONGEST = 300


class Conditions:
    """What one server's conditions say, over all sessions with it. A handler of asyncua's subscriptions."""

    def __init__(self, name: str, delivery: Delivery) -> None:
        self._name, self._delivery = name, delivery
        self._active: dict[str, dict[str, object]] = {}
        self._again: set[str] | None = None

    async def subscribe(self, client: Client) -> None:
        """Hear them from now on, and have the server tell what they are now. Raises UaError and what a lost connection raises."""
        self._again = None
        subscription = await client.create_subscription(500, self)
        await subscription.subscribe_alarms_and_conditions(evtypes=[CONDITION_TYPE, ALARM_TYPE])
        try:
            identity = ua.Variant(subscription.subscription_id, ua.VariantType.UInt32)
            await client.get_node(CONDITION_TYPE).call_method(REFRESH, identity)
        except ua.UaStatusCodeError as error:
            logger.warning("%s does not tell again what its conditions are: %s", self._name, str(error).split("\n")[0])

    def event_notification(self, event: Event) -> None:
        """Called by the subscription."""
        said = event.get_event_props_as_fields_dict()
        kind = _plain(said.get("EventType"))
        if kind == f"i={ua.ObjectIds.RefreshStartEventType}":
            self._again = set()
        elif kind == f"i={ua.ObjectIds.RefreshEndEventType}":
            self._missed(dt.datetime.now(dt.UTC))
        elif said.get("ConditionName") is not None:
            self._take({name: _plain(value) for name, value in said.items()}, dt.datetime.now(dt.UTC))

    def _take(self, said: dict[str, object], now: dt.datetime) -> None:
        source, condition = str(said.get("SourceName") or "")[:60], str(said.get("ConditionName") or "")[:60]
        key, active = f"{source}/{condition}", said.get("ActiveState/Id")
        told: dict[str, object] = {"source": source, "condition": condition}
        told |= {name: said[field] for name, field in _FIELDS.items() if said.get(field) is not None}
        at = said.get("Time")
        at = at.astimezone(dt.UTC) if isinstance(at, dt.datetime) else now
        if self._again is not None:
            self._again.add(key)
            if key in self._active:
                return  # it is as it was told
        if active is True:
            self._active[key] = told
        else:
            self._active.pop(key, None)
        self._tell(key, told, at, active)

    def _missed(self, now: dt.datetime) -> None:
        """Of what was active before a gap, the server tells again what still matters; the rest ended meanwhile."""
        again, self._again = self._again, None
        for key in [key for key in self._active if key not in (again or set())]:
            self._tell(key, self._active.pop(key) | {"active": False, "ended_in_a_gap": True}, now, False)

    def _tell(self, key: str, told: dict[str, object], at: dt.datetime, active: object) -> None:
        kind = "condition" if not isinstance(active, bool) else "condition_active" if active else "condition_inactive"
        self._delivery.event(kind, f"{self._name}/online", at, **told)
        if isinstance(active, bool):
            self._delivery.reading(f"{self._name}/condition/{key}", float(active), at)


def _plain(value: object) -> object:
    """A text, a number, a truth value or a time; None for everything else."""
    found = value.Value if isinstance(value, ua.Variant) else value
    if isinstance(found, ua.LocalizedText):
        return (found.Text or "")[:LONGEST]
    if isinstance(found, ua.NodeId):
        return found.to_string()
    if isinstance(found, str):
        return found[:LONGEST]
    return found if isinstance(found, bool | int | float | dt.datetime) else None
