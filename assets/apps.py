"""Registers the room that listens: inventory, feeds, log, history."""

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "assets"
    verbose_name = "Inventory and feeds"
