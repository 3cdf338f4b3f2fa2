"""Tables of what people do about it, by subject; each is written by one module."""

from response.models.daylog import Attachment, DaySignature, Note
from response.models.procedures import Procedure, ProcedureVersion, Run, StepRun

__all__ = ["Attachment", "DaySignature", "Note", "Procedure", "ProcedureVersion", "Run", "StepRun"]
