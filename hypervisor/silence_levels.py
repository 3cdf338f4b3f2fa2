"""Which of the limits of silences a role is held to."""

from alarms.lifecycle.limits import Level
from hypervisor.models import Role
from hypervisor.rights import Right


def level_of(right: Right) -> Level:
    return Level.OPERATOR if right.role == Role.OPERATOR else Level.SUPERVISOR


def planning_level_of(right: Right) -> Level:
    """Which limits of a maintenance."""
    return Level.PLANNED_BY_ADMINISTRATOR if right.role == Role.ADMINISTRATOR else Level.PLANNED_BY_SUPERVISOR
