"""Registers the room that decides at the gate with Django."""

from django.apps import AppConfig


class PassagesConfig(AppConfig):
    name = "passages"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Passages and permits"
