"""Tokens: a plate under the key of a month, as rules and history may keep it. When the key is destroyed nobody can undo them.

The keys, and when each is destroyed, are those of all pseudonyms of the site (alarms/pseudonyms.py, docs/privacy.md).
"""

import datetime as dt

from alarms.models import PseudonymKey
from alarms.pseudonyms import Pseudonyms, month_of
from assets.instants import microseconds

ATTRIBUTE = "plate"


def token(site: int, plate: str, at: dt.datetime) -> str:
    """The token of a normalised plate in the month of an instant; of a month whose key is destroyed, one that stands alone."""
    kept = Pseudonyms(site, {}).kept("plate_read", {ATTRIBUTE: plate}, microseconds(at)) if plate else None
    return "" if kept is None else str(kept[ATTRIBUTE])


def tokens(site: int, plate: str, now: dt.datetime) -> list[str]:
    """All tokens that a plate can still be found by: one for each month whose key is there."""
    if not plate:
        return []
    months = PseudonymKey.objects.filter(site_id=site).order_by("month").values_list("month", flat=True)
    return [token(site, plate, dt.datetime.combine(month, dt.time(12), dt.UTC)) for month in months if month <= month_of(now)]
