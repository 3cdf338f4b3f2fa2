"""Rules, alarms, incidents, and how far the correlator of each site has come."""

from alarms.models.alarm import Alarm, SilenceLimit
from alarms.models.backtest import Backtest, WouldBeAlarm
from alarms.models.correlation import Position, SetAside
from alarms.models.incident import Incident
from alarms.models.maintenance import MaintenanceWindow
from alarms.models.person import PersonalAttribute, PersonalValue, PseudonymKey
from alarms.models.profile import Profile, ProfileSet
from alarms.models.rule import Rule, RuleSetAside, RuleVersion
from alarms.models.severity import SEVERITY_NAMES, SEVERITY_NUMBERS, STAKE_NAMES, STAKE_NUMBERS, Severity, Stake

__all__ = [
    "SEVERITY_NAMES",
    "SEVERITY_NUMBERS",
    "STAKE_NAMES",
    "STAKE_NUMBERS",
    "Alarm",
    "Backtest",
    "Incident",
    "MaintenanceWindow",
    "PersonalAttribute",
    "PersonalValue",
    "Position",
    "Profile",
    "ProfileSet",
    "PseudonymKey",
    "Rule",
    "RuleSetAside",
    "RuleVersion",
    "SetAside",
    "Severity",
    "SilenceLimit",
    "Stake",
    "WouldBeAlarm",
]
