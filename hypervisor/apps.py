"""Registers the room that shows: people, pages, sockets."""

from django.apps import AppConfig


class HypervisorConfig(AppConfig):
    name = "hypervisor"
    verbose_name = "Control room"

    def ready(self) -> None:
        from hypervisor import admin_words, checks  # noqa: F401  checks registers its own

        admin_words.translate()
