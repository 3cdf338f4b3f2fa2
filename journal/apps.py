"""Registers the room with Django."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from journal import compiled  # noqa: F401 - listens for connections, from the first on
