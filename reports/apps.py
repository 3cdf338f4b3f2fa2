"""Registers the room that counts what happened and says whether it was bearable."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Reports"
