"""Hands commands to supervisors: over HTTP or MQTT, once, and again only where that does no harm."""
