"""Orders a worker to send a command, once what asked for it is committed."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

TASK = "commands.tasks.deliver"


def dispatch(command: int) -> None:
    """Let a worker send a command that is to leave. Should that be lost, the sweep of every second orders it again."""
    try:
        current_app.send_task(TASK, args=[command], expires=30, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("command %s waits for the sweep: %s", command, error)
