"""Tables of what people do about it, by subject; each is written by one module."""

from response.models.daylog import Attachment, DaySignature, Note
from response.models.duty import DutySettings, Holding, Position, RotaTurn, Watchfulness
from response.models.entities import Entity, EntityAnswer, EntityMessage, Recipient
from response.models.handover import HandOver
from response.models.instruction import Instruction, InstructionRead
from response.models.notification import (
    Canary,
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
from response.models.orders import Contract, Contractor, OrderEntry, OrderLink, OrderMail, OrderPhoto, OrderPlan, WorkOrder
from response.models.procedures import Procedure, ProcedureVersion, Run, StepRun
from response.models.siren import Siren

__all__ = [
    "Attachment", "Canary", "Contact", "Contract", "Contractor", "DaySignature", "DutySettings", "Entity", "EntityAnswer",
    "EntityMessage", "Escalation", "EscalationPolicy", "Gateway", "HandOver", "Holding", "Instruction", "InstructionRead",
    "Means", "Message", "Note", "NotificationRules", "OnCallOverride", "OnCallRota", "OrderEntry", "OrderLink",
    "OrderMail", "OrderPhoto", "OrderPlan", "Position", "Procedure", "ProcedureVersion", "Recipient", "RotaTurn", "Run",
    "Siren", "StepRun", "Watchfulness", "WorkOrder",
]  # fmt: skip
