"""Brings the open alarms in line with an engine that was built anew: what it holds is open, and as its rules now put it.

The engine may have been built because rules or inventory changed. What stands follows: an alarm takes the severity, the limit and
the sentence of the version that runs, and is where its asset is; what nothing holds up any more is cleared.
"""

from collections.abc import Collection, Iterable

import msgspec
from django.db import transaction

from alarms.correlation import rule_aside, set_aside, shadow
from alarms.correlation.rebuild import SiteState
from alarms.engine.accounts import Accounts, key_of
from alarms.engine.evidence import Evidence
from alarms.engine.transitions import Active, Transition
from alarms.engine.wording import Bilingual
from alarms.lifecycle.table import ACKNOWLEDGED, UNACKNOWLEDGED
from alarms.models import SEVERITY_NUMBERS, Alarm, RuleVersion, Severity
from alarms.site.survey import Survey, limit_names
from alarms.verdicts import places
from alarms.verdicts.batch import Verdicts, close_orphans, lock_open, orphans
from alarms.verdicts.open_alarms import OpenAlarms
from alarms.verdicts.severity import Revision
from assets.instants import instant, microseconds
from journal.page import open_page

_evidence = msgspec.json.Decoder(Evidence).decode
LIMIT = Bilingual("Suit la nouvelle limite de son point", "Follows its point's new limit")
FOUND = Bilingual("Remise en accord avec les mesures", "Brought in line with the readings")


def reconcile(site: Survey, before: Survey | None, state: SiteState, now: int) -> tuple[int, int]:
    """In one transaction; returns the journal's (first, last) or (0, 0). `before`: what the site was, if it was known."""
    moment = instant(now)
    active, shadowed = shadow.apart(site, state.engine.active())
    shadow.reconcile(site, shadowed, _raises(state, shadowed), now)
    with transaction.atomic():
        lock_open(site.site.id)
        alarms = Alarm.objects.filter(site=site.site, is_open=True, state__in=[UNACKNOWLEDGED, ACKNOWLEDGED])
        standing = {(alarm.rule_id, alarm.subject): alarm for alarm in alarms.defer("evidence")}
        missing = [each for each in active if _open_key(site, each) not in standing]
        # A change is told as the raise it stands for: the database has nothing to change.
        raises = [_as_raise(each) for each in _raises(state, missing)]
        state.pseudonyms.keep(raises)
        known = [(each, standing[key]) for each in active if (key := _open_key(site, each)) in standing]
        verdicts = Verdicts(site, OpenAlarms(site.site.id), raises, moment, _Revisions(site, state).of(known))
        verdicts.lock()
        held = {_open_key(site, each) for each in active} | set_aside.standing(site) | rule_aside.standing(site)
        gone = [alarm for alarm in orphans(site.site.id, held) if alarm.rule_id not in site.unjudged]
        page = open_page(site.site.id)
        close_orphans(gone, page, moment, site.rules)
        verdicts.forget([alarm.pk for alarm in gone])
        verdicts.write(page)
        places.follow(site, before, page, moment)
        page.close()
    return (page.first, page.seq) if len(page) else (0, 0)


def _open_key(site: Survey, alarm: Active) -> tuple[int, str]:
    return site.rules[alarm.rule].rule, f"{alarm.subject_kind}:{alarm.subject}"


def _raises(state: SiteState, alarms: Iterable[Active]) -> list[Transition]:
    """What the replay told last of these, where it told something."""
    return [found for found in (state.found.get(key_of(alarm)) for alarm in alarms) if found is not None]


def _as_raise(transition: Transition) -> Transition:
    return Transition(
        "raise", transition.rule, transition.subject_kind, transition.subject, transition.severity, None, transition.at,
        transition.since, transition.learned, transition.evidence,
    )  # fmt: skip


class _Revisions:
    """What open alarms that stand must be put anew, and how."""

    def __init__(self, site: Survey, state: SiteState) -> None:
        self._site, self._state = site, state
        self._accounts: Accounts | None = None
        self._of_points = {version for version, rule in site.rules.items() if limit_names([rule])}
        """Versions that read limits of their points: these change without the version."""

    def of(self, known: Collection[tuple[Active, Alarm]]) -> list[Revision]:
        asked = [
            (active, alarm) for active, alarm in known
            if alarm.version_id != active.rule or active.rule in self._of_points or self._differs(active, alarm)
        ]  # fmt: skip
        if not asked:
            return []
        self._accounts = self._state.engine.accounts()
        evidences = dict(Alarm.objects.filter(pk__in=[alarm.pk for _, alarm in asked]).values_list("pk", "evidence"))
        whys = self._whys({active.rule for active, alarm in asked if alarm.version_id != active.rule})
        accounts = self._accounts.of([active for active, _ in asked])
        made = []
        for active, alarm in asked:
            told = _evidence(msgspec.json.encode(evidences[alarm.pk]))
            why = whys.get(active.rule) if alarm.version_id != active.rule else None
            if why is None and not self._accounts.quotes(active.rule, active.subject, told):
                why = LIMIT
            if why is None and self._differs(active, alarm):
                why = FOUND
            if why is not None:
                found = self._state.found.get(key_of(active))
                account = accounts.get(key_of(active))
                if found is not None and found.severity == active.severity:
                    account = found
                    self._state.pseudonyms.keep([found])
                made.append(self._revision(active, alarm, told, account, why))
        return made

    @staticmethod
    def _differs(active: Active, alarm: Alarm) -> bool:
        return SEVERITY_NUMBERS[active.severity] != (alarm.severity if alarm.eased_to is None else alarm.eased_to)

    @staticmethod
    def _whys(versions: set[int]) -> dict[int, Bilingual]:
        numbers = RuleVersion.objects.filter(pk__in=versions).values_list("pk", "number")
        return {
            version: Bilingual(f"Suit la version {number} de sa règle", f"Follows version {number} of its rule")
            for version, number in numbers
        }

    def _revision(self, active: Active, alarm: Alarm, told: Evidence, account: Transition | None, why: Bilingual) -> Revision:
        """Shown is the worse of what it is now and what its worst moment is by the limits that hold now; once somebody has
        acknowledged it, what it is now. The moment is told that explains it: the worst one where it does.
        """
        again = self._accounts.restated(active.rule, active.subject, told)
        shown, evidence = active.severity, told
        if why is FOUND:
            again = None
            shown = active.severity
            if alarm.state == UNACKNOWLEDGED and alarm.severity < SEVERITY_NUMBERS[shown]:
                shown = Severity(alarm.severity).label
        elif again is not None and alarm.state == UNACKNOWLEDGED and SEVERITY_NUMBERS[again[0]] < SEVERITY_NUMBERS[shown]:
            shown = again[0]
        if again is not None and again[0] == shown:
            evidence = again[1]
        elif account is not None and shown == active.severity and (why is not FOUND or SEVERITY_NUMBERS[shown] < alarm.severity):
            evidence = account.evidence
        return Revision(
            active.rule, active.subject_kind, active.subject, shown, active.severity, microseconds(alarm.raised_at), evidence, why
        )
