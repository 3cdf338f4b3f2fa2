"""How severe an alarm is, and what is at stake: numbers in the database, names everywhere else."""

from django.db import models


class Severity(models.IntegerChoices):
    """Stored as a number so that the worst sorts first; its name is what the interface says."""

    CRITICAL = 1, "critical"
    HIGH = 2, "high"
    MEDIUM = 3, "medium"
    LOW = 4, "low"


class Stake(models.IntegerChoices):
    """What is lost when nobody answers; stored as a number so that the gravest sorts first."""

    LIFE = 1, "life"
    ENVIRONMENT = 2, "environment"
    CONTINUITY = 3, "continuity"
    GOODS = 4, "goods"


SEVERITY_NAMES = {severity.value: severity.label for severity in Severity}
SEVERITY_NUMBERS = {name: number for number, name in SEVERITY_NAMES.items()}
STAKE_NAMES = {stake.value: stake.label for stake in Stake}
STAKE_NUMBERS = {name: number for number, name in STAKE_NAMES.items()}
"""What rows of the database hold, and what everybody else says. The greater the number the less it matters; the rank of the
engine (`alarms.engine.wording.RANK`) grows with what matters."""
