"""What happens by itself to accounts: sessions that ended are removed."""

from celery import shared_task

from assets.periodic import Round
from hypervisor.sessions import SessionStore


@shared_task
def clear_sessions() -> None:
    with Round() as pieces:
        pieces.do("sessions", None, SessionStore.clear_expired)
