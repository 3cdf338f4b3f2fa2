"""Silences what the correlator raises while a maintenance window covers it, in the same transaction."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator

import numpy as np

from alarms.lifecycle import quiet
from alarms.lifecycle.service import restored, silenced
from alarms.maintenance.windows import Running, running
from alarms.models import Severity
from alarms.site.survey import Survey
from alarms.verdicts.causes import Dependencies
from alarms.verdicts.drafts import Draft
from alarms.verdicts.outages import ways
from journal.page import Page


class Cover:
    """One batch's look at the windows under way."""

    def __init__(self, survey: Survey, now: dt.datetime) -> None:
        self._survey = survey
        self._now = now
        self._windows = running(survey.site.id, now)

    def apply(self, drafts: Collection[Draft], page: Page) -> None:
        """Silence what came under a window, and bring back what became critical under one that is not for that."""
        critical = {window.id: window.critical for window in self._windows}
        for draft in drafts:
            if (
                draft.maintenance_id is not None
                and draft.severity == Severity.CRITICAL
                and not critical.get(draft.maintenance_id)
            ):
                self._restore(draft, "Aggravée pendant une maintenance", "Worsened during maintenance", page)
        coming = [draft for draft in drafts if draft.came and draft.stands]
        if not self._windows or not coming:
            return
        for draft, covers in self._covering(coming):
            window = next((window for window in self._windows if covers(window)), None)
            if window is not None:
                self._silence(draft, window, page)

    def uncover(self, drafts: Collection[Draft], page: Page) -> None:
        """Bring back what a window under way silenced and is about no longer: its asset has moved."""
        windows = {window.id: window for window in self._windows}
        held = [draft for draft in drafts if draft.maintenance_id in windows]
        for draft, covers in self._covering(held):
            if not covers(windows[draft.maintenance_id]):
                self._restore(draft, "N'est plus sous la maintenance", "No longer under maintenance", page)

    def _covering(self, drafts: Collection[Draft]) -> Iterator[tuple[Draft, Callable[[Running], bool]]]:
        """Drafts whose asset or feed is known, each with what tells whether a window covers it."""
        yield from self._covering_assets([draft for draft in drafts if draft.asset_id is not None])
        about_feeds = [draft for draft in drafts if draft.feed is not None]
        if about_feeds and any(window.of_feeds for window in self._windows):
            known = ways({draft.feed for draft in about_feeds})
            for draft in about_feeds:
                if draft.feed in known:
                    told = draft.severity, draft.feed, known[draft.feed].supervisor
                    yield draft, lambda window, told=told: window.covers_feed(*told)

    def _covering_assets(self, drafts: Collection[Draft]) -> Iterator[tuple[Draft, Callable[[Running], bool]]]:
        register = self._survey.register
        above = Dependencies(register).above({draft.asset_id for draft in drafts})
        rows = register.asset_rows(np.array([draft.asset_id for draft in drafts], np.int64))
        for draft, row in zip(drafts, rows.tolist(), strict=True):
            if row >= 0:
                sector, kind = (column.words[column.code[row]] for column in (register.sector, register.kind))
                about = draft.severity, draft.asset_id, above[draft.asset_id], sector, kind
                yield draft, lambda window, about=about: window.covers(*about)

    def _silence(self, draft: Draft, window: Running, page: Page) -> None:
        if draft.out_of_service_until is not None and draft.out_of_service_until >= window.until:
            return
        quiet.take_out(draft, window.until, window.reason, window.by, self._now, window.id)
        fr, en, zone = draft.sentence_fr, draft.sentence_en, self._survey.site.timezone
        line = silenced(draft.id, fr, en, window.id, window.reason, window.until, zone, self._now, alone=window.alone)
        draft.tell(page, line)

    def _restore(self, draft: Draft, fr: str, en: str, page: Page) -> None:
        quiet.put_back(draft)
        draft.tell(page, restored(draft.id, draft.sentence_fr, draft.sentence_en, fr, en, self._now))
