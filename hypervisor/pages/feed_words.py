"""How a feed does, in words: the name of its state, and one sentence that says why."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from alarms.engine.sentence import duration
from hypervisor.pages.failure_words import failure

STATES = {
    "ok": gettext_lazy("well"),
    "impaired": gettext_lazy("impaired"),
    "unusable": gettext_lazy("unusable"),
    "clock": gettext_lazy("clock wrong"),
    "late": gettext_lazy("silent"),
    "failing": gettext_lazy("failing"),
    "never": gettext_lazy("never heard"),
    "maintenance": gettext_lazy("under maintenance"),
    "disabled": gettext_lazy("switched off"),
}


def reason(feed: Mapping[str, object], now: datetime) -> str:
    """Why a feed (a row of the interface) is in its state; empty when it is well."""
    health = feed["health"]
    match health["state"]:
        case "disabled":
            return _("An administrator has switched it off.")
        case "failing":
            return _failing(health)
        case "never":
            return _("Nothing has come from it yet.")
        case "late":
            quiet = _lasting((now - health["last_message_at"]).total_seconds())
            return _("Nothing for {quiet}; expected rhythm: a message in {interval}.").format(
                quiet=quiet, interval=_lasting(feed["expected_interval"])
            )
        case "clock":
            ahead = health["clock_ahead"]
            told = _("Its clock is {time} ahead of ours: it speaks, its readings cannot be used.")
            if ahead < 0:
                told = _("Its clock is {time} behind ours: it speaks, its readings cannot be used.")
            return told.format(time=_lasting(abs(ahead)))
        case "unusable":
            return _("It speaks, but nothing it sends can be used.")
        case "impaired":
            return _("Only the first {n} pages of its last answer were read; it named more.").format(n=health["pages_left"])
        case "ok":
            return clock(health["lag"], feed["expected_interval"])
    return ""


AHEAD, BEHIND = 5.0, 120.0
"""Seconds from which a clock is named: nothing is measured before it is; what is behind may only be delivered late."""


def clock(lag: float | None, interval: float) -> str:
    """What the times of a feed say of its clock; empty while they are as they should be."""
    if lag is None or -AHEAD < lag < max(BEHIND, 3 * interval):
        return ""
    told = _("Its times are {time} ahead of ours (median of its last messages): its clock is wrong.")
    if lag > 0:
        told = _("Its times are {time} behind ours (median of its last messages): its clock is wrong, or it delivers late.")
    return told.format(time=_lasting(abs(lag)))


def _failing(health: Mapping[str, object]) -> str:
    """With the error where the reader may see it: it may name the address."""
    told = _("The connection to its broker is cut.") if health["connected"] is False else _("It cannot be asked.")
    if health["failures"] > 1:
        told = _("It could not be asked {n} times in a row.").format(n=health["failures"])
    return f"{told} {failure(str(health['last_error']))}".strip()


def _lasting(seconds: float) -> str:
    return duration(round(seconds * 1_000_000), (get_language() or "fr")[:2])
