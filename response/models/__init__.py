"""Tables of what people do about it, by subject; each is written by one module."""

from response.models.daylog import Attachment, DaySignature, Note
from response.models.orders import Contract, Contractor, OrderEntry, OrderLink, OrderPhoto, OrderPlan, WorkOrder
from response.models.procedures import Procedure, ProcedureVersion, Run, StepRun

__all__ = [
    "Attachment", "Contract", "Contractor", "DaySignature", "Note", "OrderEntry", "OrderLink", "OrderPhoto", "OrderPlan",
    "Procedure", "ProcedureVersion", "Run", "StepRun", "WorkOrder",
]  # fmt: skip
