"""What Celery does for passages: takes in what is left over, judges, closes, erases, pulls permits. Each piece stands alone."""

import datetime as dt

from celery import shared_task
from django.utils import timezone

from assets.models import Site
from assets.periodic import Round
from passages import closing, erasure, letters, stays, taking_in
from passages.permits import imports

LEFT_OVER = dt.timedelta(seconds=1)
"""A letter this old was left by a process that ended before it took it in."""
KEPT = dt.timedelta(days=1)


@shared_task
def take_in(letter: int) -> None:
    """One letter; a defect of ours is noted on it, and the sweep tries again."""
    take_in_now(letter)


def take_in_now(letter: int) -> list[int]:
    """For whoever has it in hand: ids of the passages it was about."""
    try:
        return taking_in.take_in(letter, timezone.now())
    except Exception:
        taking_in.fail(letter)
        raise


@shared_task
def sweep_passages() -> None:
    now = timezone.now()
    with Round() as pieces:
        pieces.do("letters_back", None, letters.bring_back)
        for letter in letters.waiting(now, LEFT_OVER):
            pieces.do("letters", None, take_in_now, letter)
        for site in _sites():
            pieces.do("passages", site, closing.sweep, site, now)
            pieces.do("stays", site, stays.sweep, site, now)


@shared_task
def erase_plates() -> None:
    now = timezone.now()
    with Round() as pieces:
        pieces.do("letters_thrown_away", None, letters.throw_away, now, KEPT)
        for site in _sites():
            pieces.do("plates", site, erasure.sweep, site, now)


@shared_task
def pull_permits() -> None:
    with Round() as pieces:
        for site in _sites():
            pieces.do("permits", site, imports.pull_due, site, timezone.now())


def _sites() -> list[int]:
    return list(Site.objects.order_by("id").values_list("id", flat=True))
