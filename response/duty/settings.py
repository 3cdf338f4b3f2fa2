"""What a site says of its duty: how long a critical alarm may wait, whose holidays count, when closures are announced; the only
writer of DutySettings."""

import datetime as dt

from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from response.models import DutySettings
from response.rota import REGIONS, Holidays, holidays_of

LONGEST_PATIENCE, LONGEST_ANNOUNCEMENT = 120, 10_080
"""Minutes."""


def of_site(site: int) -> DutySettings:
    """As they stand, or as they are before anybody set them."""
    return DutySettings.objects.filter(site_id=site).first() or DutySettings(site_id=site)


def holidays_on(site: int) -> Holidays:
    """The public holidays by which the rota of its positions goes."""
    return holidays_of(of_site(site).region)


def write(site: int, patience_minutes: int, announce_minutes: int, region: str, *, by: Actor, now: dt.datetime) -> DutySettings:
    """Raises Refused."""
    if not 1 <= patience_minutes <= LONGEST_PATIENCE:
        fr = f"Une alarme critique attend de 1 à {LONGEST_PATIENCE} minutes."
        en = f"A critical alarm waits from 1 to {LONGEST_PATIENCE} minutes."
        raise Refused("bad_patience", fr, en, meaning=Meaning.INVALID, field="patience_minutes")
    if not 1 <= announce_minutes <= LONGEST_ANNOUNCEMENT:
        fr, en = "Une fermeture est annoncée au plus une semaine avant.", "A closure is announced a week before at most."
        raise Refused("announced_too_early", fr, en, meaning=Meaning.INVALID, field="announce_minutes")
    if region and region not in REGIONS:
        fr, en = "Cette région n’a pas de jours fériés à elle.", "This region has no public holidays of its own."
        raise Refused("unknown_region", fr, en, meaning=Meaning.INVALID, field="region")
    told: dict[str, object] = {"patience_minutes": patience_minutes, "announce_minutes": announce_minutes, "region": region}
    with transaction.atomic():
        DutySettings.objects.get_or_create(site_id=site)
        row = DutySettings.objects.select_for_update(no_key=True).get(site_id=site)
        if all(getattr(row, name) == value for name, value in told.items()):
            return row
        for name, value in told.items():
            setattr(row, name, value)
        row.save(update_fields=list(told))
        with live.writing(site) as page:
            where = REGIONS.get(region, "France")
            fr = f"Réglages du service : une alarme critique attend {patience_minutes} min, jours fériés : {where}"
            en = f"Duty settings: a critical alarm waits {patience_minutes} min, public holidays: {where}"
            page.write(Line("duty.settings_changed", now, fr, en, (), by, told))
    return row
