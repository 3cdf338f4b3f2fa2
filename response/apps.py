"""Registers the room of what people do about an alarm."""

from django.apps import AppConfig


class ResponseConfig(AppConfig):
    name = "response"
    verbose_name = "Procedures"
