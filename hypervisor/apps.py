"""Registers the room that shows: people, pages, sockets."""

from django.apps import AppConfig


class HypervisorConfig(AppConfig):
    name = "hypervisor"
    verbose_name = "Control room"

    def ready(self) -> None:
        from hypervisor import checks  # noqa: F401  registers them
