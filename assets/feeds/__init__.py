"""Feeds: how supervisors reach us, one module per protocol, all through the same intake into the site's log."""
