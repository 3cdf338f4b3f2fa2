"""How severe an alarm is shown: its worst since somebody last acknowledged it, and beside it how severe it is now.

`severity` is what is shown, sorted, counted and never hidden; `eased_to` says how severe it is now where that is less. What is
acknowledged follows what the readings say, both ways. The sentence and the evidence are those of the worst moment: an alarm that
eases keeps them, and only its journal tells the values on the way down.
"""

from dataclasses import dataclass

from alarms.engine.evidence import Evidence
from alarms.engine.phrases import SEVERITIES
from alarms.engine.transitions import SubjectKind
from alarms.engine.wording import Bilingual
from alarms.lifecycle.table import ACKNOWLEDGED, NORMAL
from alarms.models import Severity
from alarms.verdicts.drafts import Draft


@dataclass(frozen=True, slots=True)
class Revision:
    """An open alarm as the version of its rule that runs now, or its point's new limits, put it. An administrator's act: it may
    lower what is shown.

    rule      version id; `subject_kind` and `subject` as in a transition
    shown     how severe it is shown; `severity` how severe it is now, which is not more
    at        when it was raised, µs
    why       what it follows
    """

    rule: int
    subject_kind: SubjectKind
    subject: int | str
    shown: str
    severity: str
    at: int
    evidence: Evidence
    why: Bilingual


def revised(draft: Draft, before: int, why: Bilingual) -> Bilingual:
    """The line of a revision; `before`: how severe it was shown."""
    fr, en = why.fr, why.en
    if draft.severity != before:
        shown = Severity(draft.severity).label
        fr, en = f"{fr}, désormais {SEVERITIES['fr'][shown]}", f"{en}, {SEVERITIES['en'][shown]} from now on"
    return Bilingual(f"{fr} : {draft.sentence_fr}", f"{en}: {draft.sentence_en}")


def follow(draft: Draft, before: str, severity: int) -> bool:
    """Take in how severe a draft that was in state `before` is now; tells whether this is its worst moment."""
    if before == NORMAL or severity <= draft.severity:
        draft.severity, draft.eased_to = severity, None
        return True
    if before == ACKNOWLEDGED:
        draft.severity, draft.eased_to = severity, None
    else:
        draft.eased_to = severity
    return False


def eased(draft: Draft, move: str) -> Bilingual:
    """The line of a move to less than its worst moment, whose sentence the alarm keeps."""
    now, verb = Severity(draft.current).label, _VERBS[move]
    fr, en = f"{verb.fr} : {SEVERITIES['fr'][now]}", f"{verb.en}: {SEVERITIES['en'][now]}"
    if draft.eased_to is not None:
        worst = Severity(draft.severity).label
        fr = f"{fr}, affichée {SEVERITIES['fr'][worst]} jusqu'à l'acquittement"
        en = f"{en}, shown as {SEVERITIES['en'][worst]} until it is acknowledged"
    return Bilingual(f"{fr} — {draft.sentence_fr}", f"{en} — {draft.sentence_en}")


_VERBS = {
    "raise": Bilingual("De nouveau là", "Back"),
    "worsen": Bilingual("Aggravée", "Worsened"),
    "ease": Bilingual("Abaissée", "Eased"),
}
