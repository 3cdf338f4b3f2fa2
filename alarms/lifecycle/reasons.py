"""Why an alarm is in its incident: a code and what it refers to, kept with the alarm as "code:reference". Pure.

first              it is the one the incident began with
root               it explains the others
cause:ALARM        that alarm explains it
asset:ALARM        it is about the same asset as that alarm
dependency:ALARM   its asset depends on that of that alarm
building:ALARM     an asset of the same kind, supervisor and building as that alarm's
system:ALARM       an asset of the same kind and supervisor, which depends on the same asset as that alarm's
rule:ALARM         the same rule, near that alarm
supervisor:ALARM   a feed of the same supervisor as that alarm's
host:ALARM         a feed that is asked at the same host as that alarm's
hand:USERNAME      that person put it there
before             it was there before reasons were kept
"""

from typing import NamedTuple

from alarms.engine.wording import Bilingual


class Reason(NamedTuple):
    """`reference` is the number of an alarm, or a user name; "" where the code says it all."""

    code: str
    reference: int | str = ""

    def text(self) -> str:
        """As it is kept."""
        return f"{self.code}:{self.reference}" if self.reference != "" else self.code

    @property
    def alarm(self) -> int | None:
        """The alarm it refers to."""
        return int(self.reference) if self.code in OF_ALARMS else None


OF_ALARMS = frozenset({"cause", "asset", "dependency", "building", "system", "rule", "supervisor", "host"})
FIRST, ROOT, BEFORE = Reason("first"), Reason("root"), Reason("before")

WORDS = {
    "first": Bilingual("la première", "the first"),
    "root": Bilingual("cause des autres", "cause of the others"),
    "cause": Bilingual("même cause", "same cause"),
    "asset": Bilingual("même équipement", "same asset"),
    "dependency": Bilingual("en dépend", "depends on it"),
    "building": Bilingual("même bâtiment, même superviseur", "same building, same supervisor"),
    "system": Bilingual("même alimentation, même superviseur", "same feeding asset, same supervisor"),
    "rule": Bilingual("même règle, même lieu", "same rule, same place"),
    "supervisor": Bilingual("même superviseur", "same supervisor"),
    "host": Bilingual("même adresse", "same address"),
    "hand": Bilingual("à la main", "by hand"),
    "before": Bilingual("avant les motifs", "before reasons were kept"),
}
"""Short, and of no asset or place: a line of the journal is read by whoever sees its alarm."""


def reason(text: str) -> Reason:
    """What `text()` wrote; what was never said is from before reasons were kept."""
    code, _, reference = text.partition(":")
    return Reason(code, reference) if code else BEFORE


def by_hand(username: str) -> Reason:
    return Reason("hand", username)
