"""Celery tasks of the inventory, the feeds and the history: each a few calls, none on the hot path."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from assets import partitions
from assets.feeds import pull


@shared_task
def pull_due_feeds() -> None:
    """Every second: start the pulls that are due."""
    for feed_id in pull.due_feeds(pull.now_seconds()):
        pull_feed.apply_async(kwargs={"feed_id": feed_id}, expires=60)


@shared_task
def pull_feed(*, feed_id: int) -> None:
    """Ask one supervisor and append what is new."""
    pull.pull_feed(feed_id, pull.now_seconds())


@shared_task
def close_chunks() -> None:
    """Every minute: index the chunks whose time is over."""
    partitions.close_chunks(timezone.now())


@shared_task
def drop_expired_readings() -> None:
    """Every hour: drop what is older than the site keeps."""
    partitions.drop_expired(timezone.now() - timedelta(days=settings.RETENTION_DAYS))
