"""Celery tasks of the inventory, the feeds and the history: each a few calls, none on the hot path."""

from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from assets import partitions, retention
from assets.feeds.ways import pull
from assets.inventory import mapping, proposals, runs
from assets.models import ImportRun
from assets.periodic import Round

UPLOADS_KEPT = timedelta(days=31)
LIMIT = int(runs.LONGEST.total_seconds() / 2)
"""Seconds that one comparison or import may take; the rest of `runs.LONGEST` is for its wait in the queue."""


@shared_task
def pull_due_feeds() -> None:
    """Every second: start the pulls that are due."""
    with Round() as pieces:
        pieces.do("due_pulls", None, _start_pulls)


def _start_pulls() -> None:
    for feed_id in pull.due_feeds(pull.now_seconds()):
        pull_feed.apply_async(kwargs={"feed_id": feed_id}, expires=60)


@shared_task
def pull_feed(*, feed_id: int) -> None:
    """Ask one supervisor and append what is new."""
    pull.pull_feed(feed_id, pull.now_seconds())


@shared_task
def close_chunks() -> None:
    """Every minute: index the chunks whose time is over."""
    with Round() as pieces:
        pieces.do("close_chunks", None, partitions.close_chunks, timezone.now())


@shared_task
def drop_expired_readings() -> None:
    """Every hour: drop what is older than the site keeps."""
    now = timezone.now()
    with Round() as pieces:
        pieces.do("drop_expired", None, partitions.drop_expired, retention.readings_end(now), retention.minutes_end(now))


@shared_task
def drop_old_uploads() -> None:
    """Every hour: files sent for an import more than a month ago, and the changes they proposed; the ImportRun stays."""
    with Round() as pieces:
        oldest = timezone.now() - UPLOADS_KEPT
        pieces.do("drop_uploads", None, _drop_uploads, oldest.timestamp())
        pieces.do("drop_changes", None, proposals.drop, oldest)


def _drop_uploads(oldest: float) -> None:
    for path in Path(settings.MEDIA_ROOT).glob("imports/*/*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


@shared_task
def end_lost_imports() -> None:
    """Every ten minutes: say of an import whose worker was killed that it failed, as its page waits for an end."""
    with Round() as pieces:
        pieces.do("lost_imports", None, runs.end_lost, timezone.now)


@shared_task(soft_time_limit=LIMIT)
def compare_import(*, run_id: int) -> None:
    """Dry run of an inventory file somebody sent."""
    run = ImportRun.objects.select_related("site").get(pk=run_id)
    runs.comparing(run, order_of(run), clock=timezone.now)


def order_of(run: ImportRun) -> runs.Order:
    """What a recorded run asks for."""
    use = mapping.check(run.mapping) if run.content == ImportRun.Content.ASSETS else None
    return runs.Order(run.site, Path(run.file_path), use, by=run.started_by)
