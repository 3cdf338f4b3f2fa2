"""Alarms over MQTT: what is retained at a broker says at every instant how each open alarm of a site is."""

from alarms.publication.following import of_site

__all__ = ["of_site"]
