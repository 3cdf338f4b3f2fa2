"""The chief's signature under a day, over the journal's chain; the only writer of DaySignature.

A signature holds the hash of the last line it covers. Every line before it is under that hash, so whoever altered, added or
removed one since would have to sign anew.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.db import transaction

from assets.models import Site
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.models import JournalEntry
from journal.page import Line, open_page
from journal.reading import number_at, verify_between
from response.models import DaySignature, Note

SIGNED = "daylog.signed"
"""Kind of the line that tells of a signature."""


def bounds(site: Site, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The instants at which a day begins and ends on the site's clocks."""
    zone = ZoneInfo(site.timezone)
    return dt.datetime.combine(day, dt.time(), zone), dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)


def sign(site: Site, day: dt.date, *, by: Actor, now: dt.datetime) -> DaySignature:
    """Sign what is written of a day so far. Again, while nothing was written since, is the signature there is. Raises Refused."""
    begins, ends = bounds(site, day)
    if begins > now:
        fr, en = "Ce jour est à venir.", "This day is yet to come."
        raise Refused("day_ahead", fr, en, meaning=Meaning.INVALID, field="day")
    with transaction.atomic():
        page = open_page(site.pk)
        first, last = number_at(site.pk, begins), number_at(site.pk, ends) - 1
        newest = DaySignature.objects.filter(site=site, day=day).last()
        since = JournalEntry.objects.filter(site=site, seq__gt=newest.last if newest else first - 1, seq__lte=last)
        if not since.exclude(kind=SIGNED).exists():
            if newest is not None:
                return newest
            raise Refused("empty_day", "Rien n’a été écrit ce jour-là.", "Nothing was written on that day.")
        made = DaySignature.objects.create(
            site=site, day=day, signed_at=now, signed_by=by.name, first=first, last=last,
            root=JournalEntry.objects.values_list("hash", flat=True).get(site=site, seq=last),
            notes=Note.objects.filter(site=site, written_at__gte=begins, written_at__lt=ends).count(),
        )  # fmt: skip
        date = day.isoformat()
        fr, en = f"Main courante du {date} signée, lignes {first} à {last}", f"Day log of {date} signed, lines {first} to {last}"
        details: dict[str, object] = {"day": date, "first": first, "last": last, "root": made.root}
        page.write(Line(SIGNED, now, fr, en, (), by, details))
        live.publish(page)
    return made


def holds(signature: DaySignature) -> bool:
    """Whether the lines it covers are what was signed, each read and reckoned again."""
    last = JournalEntry.objects.filter(site_id=signature.site_id, seq=signature.last).first()
    if last is None or last.hash != signature.root:
        return False
    return next(verify_between(signature.site_id, signature.first, signature.last), None) is None
