"""Registers the room that decides: engine, correlator, life cycle, journal, live channel."""

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "alarms"
    verbose_name = "Alarms and rules"
