"""Looks every hour whether each step would reach somebody, and journals when what would not has changed. Its last line is all it
remembers."""

import datetime as dt

import msgspec

from assets.models import Site
from journal import live
from journal.models import JournalEntry
from journal.page import Line
from response.notification import reach

UNREACHABLE, REACHABLE = "notification.unreachable", "notification.reachable"
MOST_NAMED = 10


def sweep(site: Site, now: dt.datetime) -> bool:
    """Whether there was something to say."""
    gaps = reach.gaps(site, now)
    found = sorted({f"{gap.plan or gap.name}:{gap.step}" for gap in gaps})
    if found == _known(site.pk):
        return False
    with live.writing(site.pk) as page:
        if not gaps:
            page.write(Line(REACHABLE, now, "Chaque étape joint quelqu’un", "Every step reaches somebody", details={"steps": []}))
            return True
        fr = ", ".join(f"« {gap.name} » étape {gap.step}" if gap.step else f"annonce « {gap.name} »" for gap in gaps[:MOST_NAMED])
        en = ", ".join(f"“{gap.name}” step {gap.step}" if gap.step else f"announcement “{gap.name}”" for gap in gaps[:MOST_NAMED])
        text = f"Ne joindrait personne d’ici 24 h : {fr}"[:600], f"Would reach nobody within 24 h: {en}"[:600]
        page.write(Line(UNREACHABLE, now, *text, details={"steps": found}))
    return True


def _known(site: int) -> list[str]:
    """What the last line said."""
    line = JournalEntry.objects.filter(site_id=site, kind__in=(UNREACHABLE, REACHABLE)).order_by("-seq").first()
    steps: list[str] = msgspec.json.decode(line.details)["steps"] if line is not None else []
    return steps
