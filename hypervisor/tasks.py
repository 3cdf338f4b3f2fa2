"""What happens by itself to accounts: sessions that ended are removed."""

from celery import shared_task

from hypervisor.sessions import SessionStore


@shared_task
def clear_sessions() -> None:
    SessionStore.clear_expired()
