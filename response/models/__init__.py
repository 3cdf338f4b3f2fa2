"""Tables of what people do about it, by subject; each is written by one module."""

from response.models.daylog import Attachment, DaySignature, Note
from response.models.notification import (
    Contact,
    Escalation,
    EscalationPolicy,
    Gateway,
    Means,
    Message,
    NotificationRules,
    OnCallOverride,
    OnCallRota,
)
from response.models.orders import Contract, Contractor, OrderEntry, OrderLink, OrderPhoto, OrderPlan, WorkOrder
from response.models.procedures import Procedure, ProcedureVersion, Run, StepRun

__all__ = [
    "Attachment", "Contact", "Contract", "Contractor", "DaySignature", "Escalation", "EscalationPolicy", "Gateway", "Means",
    "Message", "Note", "NotificationRules", "OnCallOverride", "OnCallRota", "OrderEntry", "OrderLink", "OrderPhoto", "OrderPlan",
    "Procedure", "ProcedureVersion", "Run", "StepRun", "WorkOrder",
]  # fmt: skip
